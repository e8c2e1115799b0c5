/* What the files of this directory share about libpq: parameters of a connection, its errors. */
#include <stdio.h>
#include <string.h>

#include "pg.h"

static void params_add(struct pg_params *p, const char *keyword, const char *value)
{
	if (!value || !*value)
		return;
	p->keywords[p->n] = keyword;
	p->values[p->n++] = value;
}

/* libpq lets later keywords win over earlier ones: what stands before dbname is a default that
 * the conninfo may change, what stands after it is ours. */
struct pg_params pg_params(const char *conninfo, const char *name, const struct pg_target *target)
{
	struct pg_params p = { .n = 0 };

	params_add(&p, "connect_timeout", "10");
	params_add(&p, "gssencmode", "disable"); /* would look for tickets, blocking */
	params_add(&p, "keepalives_idle", "30");
	params_add(&p, "keepalives_interval", "10");
	params_add(&p, "keepalives_count", "3");
	params_add(&p, "tcp_user_timeout", "30000");
	params_add(&p, "target_session_attrs", "read-write");
	params_add(&p, "dbname", conninfo);
	params_add(&p, "client_encoding", "UTF8");
	params_add(&p, "application_name", name);
	if (target) {
		params_add(&p, "host", target->host);
		params_add(&p, "hostaddr", target->address);
		params_add(&p, "port", target->port);
	}
	return p;
}

void pg_params_any(struct pg_params *p)
{
	params_add(p, "target_session_attrs", "any");
}

/* What is acknowledged is on the disk, and on the standbys that PostgreSQL waits for, whatever the
 * server's default. The last three keep values of parameters and rows out of the server's log. */
const char pg_setup_sql[] =
	"select set_config(s.name, v.value, false)"
	" from (values ('TimeZone', $1::text),"
	" ('standard_conforming_strings', 'on'),"
	" ('DateStyle', 'ISO, YMD'),"
	" ('IntervalStyle', 'postgres'),"
	" ('bytea_output', 'hex'),"
	" ('default_transaction_isolation', 'read committed'),"
	" ('synchronous_commit', case when current_setting('synchronous_commit') <> 'remote_apply'"
	" then 'on' end),"
	" ('jit', 'off'),"
	" ('idle_session_timeout', '0'),"
	" ('idle_in_transaction_session_timeout', '0'),"
	" ('log_parameter_max_length_on_error', '0'),"
	" ('log_parameter_max_length', '0'),"
	" ('log_error_verbosity', 'terse')) v(name, value)"
	" join pg_catalog.pg_settings s on s.name = v.name"
	" where v.value <> '' and (s.context = 'user' or s.context = 'superuser' and"
	" (select rolsuper from pg_catalog.pg_roles where rolname = current_user))";

struct rows *pg_rows(PGresult *res)
{
	return (struct rows *)res;
}

void pg_error(const PGresult *res, struct db_error *error)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
	bool lost = !state || (severity && strcmp(severity, "ERROR") != 0) || pg_is_read_only(res);

	memset(error, 0, sizeof *error);
	snprintf(error->state, sizeof error->state, "%s", lost ? "08006" : state);
	error->message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	if (!error->message)
		error->message = "connection to the database lost";
	error->detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
	error->constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
	error->table = PQresultErrorField(res, PG_DIAG_TABLE_NAME);
	error->column = PQresultErrorField(res, PG_DIAG_COLUMN_NAME);
}

const char *pg_one_line(const char *message, char *out, size_t size)
{
	size_t n = 0;

	for (; *message && n + 1 < size; message++) {
		if (message[0] == '\n' && message[1] == '\t') { /* a hint */
			message += 1 + strcspn(message + 1, "\n");
			message--;
			continue;
		}
		bool space = *message == '\n' || *message == ' ';
		if (!space || (n > 0 && out[n - 1] != ' '))
			out[n++] = space ? ' ' : *message;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return out;
}

/* libpq's own complaint quotes the text, and with it perhaps a password. */
bool pg_conninfo_valid(const char *conninfo)
{
	char *complaint = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &complaint);

	PQconninfoFree(options);
	PQfreemem(complaint);
	return options;
}

bool pg_is_stale(const PGresult *failure)
{
	const char *state = PQresultErrorField(failure, PG_DIAG_SQLSTATE);
	const char *function = PQresultErrorField(failure, PG_DIAG_SOURCE_FUNCTION);

	if (!state)
		return false;
	if (strcmp(state, "26000") == 0)
		return true;
	return strcmp(state, "0A000") == 0 && function &&
	       strcmp(function, "RevalidateCachedQuery") == 0;
}

bool pg_is_read_only(const PGresult *failure)
{
	const char *state = PQresultErrorField(failure, PG_DIAG_SQLSTATE);
	return state && strcmp(state, "25006") == 0;
}

bool pg_is_alone(const PGresult *notice)
{
	const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
	return function && strcmp(function, "SyncRepWaitForLSN") == 0;
}

bool pg_is_a_clash(const PGresult *failure)
{
	const char *state = PQresultErrorField(failure, PG_DIAG_SQLSTATE);
	return state && (strcmp(state, "40P01") == 0 || strcmp(state, "40001") == 0);
}
