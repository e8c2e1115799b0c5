/* Blocking PostgreSQL, for before the loop and for the administrative commands. */
#include "sync.h"

#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "log.h"
#include "pg.h"
#include "resolve.h"

struct sync {
	PGconn *pg;
	PGresult *failed; /* what the texts of the last error belong to */
};

static void notice_ignore(void *arg, const PGresult *res)
{
}

static struct sync *open_failed(
	struct sync *s, struct arena *arena, const char *why, const char **error)
{
	char line[512];

	*error = arena_strdup(arena, pg_one_line(why, line, sizeof line));
	sync_close(s);
	return NULL;
}

/* Each address for itself, as the pools do: libpq would not go on to the next after a refusal, by a
 * standby that does not know the role or the database yet. */
static PGconn *target_connect(const char *conninfo)
{
	struct resolved found;
	struct pg_params params;
	PGconn *pg = NULL;
	int i = 0;

	resolve_conninfo(conninfo, &found);
	do {
		params = pg_params(conninfo, "punchd", i < found.n ? &found.targets[i] : NULL);
		PQfinish(pg);
		pg = PQconnectdbParams(params.keywords, params.values, 1);
		if (!pg)
			fatal("out of memory");
	} while (PQstatus(pg) != CONNECTION_OK && ++i < found.n);
	free(found.targets);
	return pg;
}

struct sync *sync_open(
	struct arena *arena, const char *conninfo, const char *timezone, const char **error)
{
	struct sync *s = xcalloc(1, sizeof *s);
	PGresult *res;

	if (conninfo && !pg_conninfo_valid(conninfo))
		return open_failed(s, arena, "the connection string is malformed", error);
	s->pg = target_connect(conninfo ? conninfo : "");
	if (PQstatus(s->pg) != CONNECTION_OK)
		return open_failed(s, arena, PQerrorMessage(s->pg), error);
	PQsetNoticeReceiver(s->pg, notice_ignore, NULL);
	res = PQexecParams(s->pg, pg_setup_sql, 1, NULL, &timezone, NULL, NULL, 0);
	s->failed = res;
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		return open_failed(s, arena, PQerrorMessage(s->pg), error);
	return s;
}

void sync_close(struct sync *s)
{
	if (!s)
		return;
	PQclear(s->failed);
	PQfinish(s->pg);
	free(s);
}

const char *sync_host(const struct sync *s)
{
	const char *host = PQhost(s->pg);

	return host && *host ? host : "localhost";
}

static bool target_read_only(const struct pg_params *params)
{
	PGconn *pg = PQconnectdbParams(params->keywords, params->values, 1);
	bool read_only = false;

	if (PQstatus(pg) == CONNECTION_OK) {
		PGresult *res = PQexec(pg, "show transaction_read_only");
		read_only = PQntuples(res) == 1 && strcmp(PQgetvalue(res, 0, 0), "on") == 0;
		PQclear(res);
	}
	PQfinish(pg);
	return read_only;
}

bool sync_waits(const char *conninfo)
{
	struct resolved found;
	bool waits = false;

	resolve_conninfo(conninfo, &found);
	for (int i = 0; i < found.n && !waits; i++) {
		struct pg_params params = pg_params(conninfo, "punchd", &found.targets[i]);
		PGPing ping = PQpingParams(params.keywords, params.values, 1);
		pg_params_any(&params);
		waits = ping == PQPING_REJECT || (ping == PQPING_OK && target_read_only(&params));
	}
	free(found.targets);
	return waits;
}

/* True when res is a success, which then is the caller's. */
static bool sync_succeeded(struct sync *s, PGresult *res, struct db_error *error)
{
	ExecStatusType status = PQresultStatus(res);

	PQclear(s->failed);
	s->failed = NULL;
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY)
		return true;
	s->failed = res;
	pg_error(res, error);
	return false;
}

static PGresult *sync_exec(
	struct sync *s, const char *sql, const struct db_arg *args, int nargs, bool binary)
{
	size_t n = (size_t)nargs + 1;
	const char **values = xcalloc(n, sizeof *values);
	int *lens = xcalloc(n, sizeof *lens);
	int *formats = xcalloc(n, sizeof *formats);
	Oid *types = xcalloc(n, sizeof *types);
	PGresult *res;

	for (int i = 0; i < nargs; i++) {
		values[i] = args[i].value;
		lens[i] = args[i].len;
		formats[i] = args[i].binary;
		types[i] = args[i].type;
	}
	res = PQexecParams(s->pg, sql, nargs, types, values, lens, formats, binary);
	free(values);
	free(lens);
	free(formats);
	free(types);
	return res;
}

struct rows *sync_query(struct sync *s, const char *sql, const struct db_arg *args, int nargs,
	bool binary, struct db_error *error)
{
	PGresult *res = sync_exec(s, sql, args, nargs, binary);

	return sync_succeeded(s, res, error) ? pg_rows(res) : NULL;
}

bool sync_script(struct sync *s, const char *sql, struct db_error *error)
{
	PGresult *res = PQexec(s->pg, sql);

	if (!sync_succeeded(s, res, error))
		return false;
	PQclear(res);
	return true;
}
