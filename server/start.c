/* The way from settings to a database that is in order. */
#include "start.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fatal.h"
#include "log.h"
#include "migrate.h"
#include "password.h"
#include "password_rule.h"
#include "secret_text.h"

/* PostgreSQL's default of max_connections less what it keeps and what we use beside the pool. */
enum { DEFAULT_CONNECTIONS = 100, SPARE_CONNECTIONS = 40 };

/* Any number that no other program locks in the same database. */
#define PROBE_LOCK "8100711200327716971"

/* The server's in the embedded cluster, whose owner is punchd. */
#define APP_ROLE "punchd_app"

static bool start_failed(
	struct start *s, const char *what, const struct db_error *failed, const char **error)
{
	*error = arena_printf(s->arena, "%s: %s", what, failed->message);
	return false;
}

/* --- the database ---------------------------------------------------------------------------- */

/* One value as text on the arena; NULL: *error is set. */
static const char *value_of(struct start *s, struct sync *sync, const char *sql, const char **error)
{
	struct db_error failed;
	struct rows *rows = sync_query(sync, sql, NULL, 0, false, &failed);
	if (!rows) {
		start_failed(s, "the database cannot be used", &failed, error);
		return NULL;
	}
	const char *text = rows_count(rows) ? rows_text(rows, 0, 0) : "";
	text = arena_strdup(s->arena, text ? text : "");
	rows_free(rows);
	return text;
}

/* That each of our connections is a session of its own, which LISTEN and locks need; behind a
 * pooler in transaction mode a second connection would find itself in the first one's session. */
static bool sessions_check(struct start *s, const char **error)
{
	const char *lock = value_of(s, s->sync, "select pg_advisory_lock(" PROBE_LOCK ")", error);
	if (!lock || !value_of(s, s->sync, "listen punchd_probe", error))
		return false;
	struct sync *second = sync_open(s->arena, s->conninfo, s->config->timezone, error);
	if (!second)
		return false;
	const char *shared = value_of(s, second,
		"select pg_try_advisory_lock(" PROBE_LOCK ") "
		"or 'punchd_probe' in (select pg_listening_channels())",
		error);
	if (shared && *shared == 't')
		*error =
			"database_url must lead to PostgreSQL itself or to a pooler in session mode: "
			"LISTEN and advisory locks do not work over this one";
	sync_close(second);
	/* unlisten and unlock; a pooler that shares sessions may have locked twice */
	const char *end = value_of(s, s->sync, "select pg_advisory_unlock_all()", error);
	return shared && *shared == 'f' && end && value_of(s, s->sync, "unlisten *", error);
}

static bool server_check(struct start *s, const char **error)
{
	const char *version = value_of(s, s->sync,
		"select current_setting('server_version_num')::int "
		">= 140000",
		error);
	const char *encoding = version ? value_of(s, s->sync, "show server_encoding", error) : NULL;
	const char *standby =
		encoding ? value_of(s, s->sync, "select pg_is_in_recovery()", error) : NULL;
	if (!standby)
		return false;
	if (*version != 't')
		*error = "the database is older than PostgreSQL 14: move it to a newer one";
	else if (strcmp(encoding, "UTF8") != 0)
		*error = arena_printf(s->arena,
			"the database has encoding %s: make one with encoding "
			"UTF8",
			encoding);
	else if (*standby == 't')
		*error = "the database is a standby: set database_url to the primary";
	else
		return true;
	s->waits = *standby == 't';
	return false;
}

static void durability_warn(struct start *s)
{
	/* the server's own, not this session's */
	static const char sql[] = "select reset_val from pg_settings where name = '%s'";
	static const char *const names[] = { "fsync", "synchronous_commit" };
	const char *ignored;
	for (size_t i = 0; i < LEN(names); i++) {
		const char *value =
			value_of(s, s->sync, arena_printf(s->arena, sql, names[i]), &ignored);
		if (value && strcmp(value, "off") == 0)
			log_warn("database_not_durable", "setting", names[i], "value", "off", NULL);
	}
}

bool start_database(struct start *s, struct arena *a, const struct config *config,
	enum embedded_for who, const char **error)
{
	bool server = who == EMBEDDED_SERVER;
	*s = (struct start){ .arena = a, .config = config, .conninfo = config->database_url };
	bool embedded = !*config->database_url;
	if (!embedded && !*config->master_key && server) {
		/* before anything is changed there */
		*error = keys_how_to_make();
		return false;
	}
	if (embedded) {
		int wanted = (int)config->db_pool_size + SPARE_CONNECTIONS;
		s->embedded = embedded_start(
			a, config->data_dir, who, wanted > DEFAULT_CONNECTIONS ? wanted : 0, error);
		if (!s->embedded)
			return false;
		s->conninfo = embedded_conninfo(s->embedded);
		s->data_dir = embedded_data_dir(s->embedded);
	}
	s->sync = sync_open(a, s->conninfo, config->timezone, error);
	if (!s->sync) {
		s->waits = server && !embedded && sync_waits(s->conninfo);
		*error = arena_printf(a, "cannot reach the database: %s", *error);
		return false;
	}
	if (embedded)
		return true;
	if (!server_check(s, error) || !sessions_check(s, error))
		return false;
	if (server)
		durability_warn(s);
	return true;
}

/* --- the schema ------------------------------------------------------------------------------ */

/* The role that database_url logs in as has rows, and nothing of the schema. */
static bool role_limit(struct start *s, struct sync *owner, const char *role, const char **error)
{
	struct db_error failed;
	const struct db_arg args[] = { db_text(role) };
	struct rows *rows =
		sync_query(owner, "select grants_give($1::text)", args, LEN(args), false, &failed);
	if (!rows)
		return start_failed(
			s, "cannot give database_url's role its rights", &failed, error);
	if (!rows_null(rows, 0, 0))
		*error = arena_printf(s->arena,
			"with database_owner_url the role of database_url must not be able to alter "
			"the schema, but %s %s: give database_url an ordinary role",
			role, rows_text(rows, 0, 0));
	bool good = rows_null(rows, 0, 0);
	rows_free(rows);
	return good;
}

/* Whoever reads the views by SQL begins in the server's zone. Where the schema's owner may not say so
 * for the database, whoever may has to. */
static bool readers_zone_set(struct start *s, struct sync *owner, const char **error)
{
	const char *zone = s->config->timezone;
	struct db_error failed;
	const struct db_arg args[] = { db_text(zone) };
	struct rows *rows =
		sync_query(owner, "select readers_zone($1::text)", args, LEN(args), false, &failed);
	if (!rows)
		return start_failed(s, "cannot set the time zone of readers", &failed, error);
	if (!rows_null(rows, 0, 0))
		log_warn("readers_zone_not_set", "reason", rows_text(rows, 0, 0), "remedy",
			arena_printf(s->arena, "alter database ... set timezone = '%s'", zone),
			NULL);
	rows_free(rows);
	return true;
}

/* The embedded cluster has a second role, so that the server cannot touch what it must not. What
 * only a superuser may set for a session is set for the role. */
static bool role_make(struct start *s, const char **error)
{
	static const char sql[] =
		"do $$ begin create role " APP_ROLE " login; exception when duplicate_object then"
		" null; end $$; alter role " APP_ROLE " set log_parameter_max_length = 0;"
		" alter role " APP_ROLE " set log_error_verbosity = terse";
	struct db_error failed;
	if (!sync_script(s->sync, sql, &failed))
		return start_failed(s, "cannot make the server's role", &failed, error);
	return role_limit(s, s->sync, APP_ROLE, error);
}

static bool role_become(struct start *s, const char **error)
{
	if (!role_make(s, error))
		return false;
	s->conninfo = arena_printf(s->arena, "%s user=" APP_ROLE, s->conninfo);
	sync_close(s->sync);
	s->sync = sync_open(s->arena, s->conninfo, s->config->timezone, error);
	return s->sync != NULL;
}

static bool owner_migrate(struct start *s, int *applied, const char **error)
{
	const char *role = value_of(s, s->sync, "select current_user", error);
	struct sync *owner = role ? sync_open(s->arena, s->config->database_owner_url,
					    s->config->timezone, error)
				  : NULL;
	if (!owner) {
		*error = arena_printf(
			s->arena, "cannot reach the database as its owner: %s", *error);
		return false;
	}
	bool good = migrate_up(owner, s->arena, applied, error) &&
		    role_limit(s, owner, role, error) && readers_zone_set(s, owner, error);
	sync_close(owner);
	return good;
}

bool start_schema(struct start *s, int *applied, const char **error)
{
	*applied = 0;
	if (*s->config->database_owner_url && !s->embedded)
		return owner_migrate(s, applied, error);
	/* a role that may not migrate need not, where the schema is at head */
	return (migrate_check(s->sync, s->arena, error) ||
		       migrate_up(s->sync, s->arena, applied, error)) &&
	       readers_zone_set(s, s->sync, error);
}

/* What the commands are about, for an operator who may have meant another one. */
static const char *database_said(struct start *s)
{
	const char *ignored;
	if (s->data_dir)
		return arena_printf(s->arena, "the database in %s", s->data_dir);
	const char *name = value_of(s, s->sync, "select current_database()", &ignored);
	return arena_printf(s->arena, "the database %s of database_url, on %s,", name ? name : "",
		sync_host(s->sync));
}

bool start_schema_check(struct start *s, const char **error)
{
	const char *empty =
		value_of(s, s->sync, "select to_regclass('schema_migration') is null", error);
	if (!empty)
		return false;
	if (*empty == 'f')
		return migrate_check(s->sync, s->arena, error);
	*error = arena_printf(s->arena,
		"%s has no schema: set %s to your server's, or run punchd serve or punchd migrate "
		"first",
		database_said(s), s->data_dir ? "data_dir" : "database_url");
	return false;
}

bool start_keys(struct start *s, const char **error)
{
	s->seal = keys_open(s->arena, s->config, s->data_dir, s->sync, error);
	return s->seal && keys_secrets(s->arena, s->sync, s->seal, &s->secrets, error);
}

/* --- the zone -------------------------------------------------------------------------------- */

/* The database knows the rules of zones. */
static bool start_zone(struct start *s, const char **error)
{
	struct db_error failed;
	const struct db_arg args[] = { db_text(s->config->timezone) };
	struct rows *rows =
		sync_query(s->sync, "select utc_from, utc_offset from zone_changes($1::text)", args,
			LEN(args), true, &failed);
	if (!rows)
		return start_failed(s, "cannot read the rules of timezone", &failed, error);
	int n = rows_count(rows);
	struct zone_step *steps = arena_array(s->arena, (size_t)n + 1, sizeof(*steps));
	for (int i = 0; i < n; i++)
		steps[i] =
			(struct zone_step){ rows_int(rows, i, 0), (int32_t)rows_int(rows, i, 1) };
	s->zone = (struct zone){ .steps = steps, .nsteps = n };
	rows_free(rows);
	return true;
}

/* --- the first superuser --------------------------------------------------------------------- */

/* Judged where it is put to use only: an installation that has a superuser starts with any. */
static bool admin_password_is_good(struct start *s, const char **error)
{
	const struct password_name name = { "name", s->config->admin_user };
	const char *password = s->config->admin_password;
	const char *flaw = *password ? password_flaw(s->arena, password, &name, 1) : NULL;

	if (flaw)
		*error = arena_printf(s->arena, "admin_password: %s", flaw);
	return !flaw;
}

static bool start_admin(struct start *s, const char **error)
{
	const char *name = s->config->admin_user, *password = s->config->admin_password;
	const char *there =
		value_of(s, s->sync, "select exists (select from account where superuser)", error);
	if (!there || *there == 't')
		return there != NULL;
	char made[SECRET_TEXT_SIZE], hash[PASSWORD_HASH_SIZE];
	if (!admin_password_is_good(s, error))
		return false;
	secret_text_make(made);
	if (!password_hash(*password ? password : made, hash)) {
		*error = "admin_password is too long";
		return false;
	}
	struct db_error failed;
	const struct db_arg args[] = { db_text(name), db_text(hash) };
	struct rows *rows = sync_query(s->sync,
		"insert into account (name, password_hash, superuser) select $1, $2, true "
		"where not exists (select from account where superuser) on conflict do nothing",
		args, LEN(args), false, &failed);
	if (!rows)
		return start_failed(s, "cannot create the first superuser", &failed, error);
	bool created = rows_affected(rows) == 1;
	rows_free(rows);
	if (created && !*password) {
		printf("admin user: %s\nadmin password: %s\n", name, made);
		fflush(stdout);
	} else if (!created) {
		log_warn("no_superuser", "reason",
			"an account named like admin_user exists and is none", NULL);
	}
	explicit_bzero(made, sizeof(made));
	return true;
}

/* --- without biometrics ------------------------------------------------------------------------ */

/* What is stored from before goes by a command, not by a slip of a setting. */
static bool biometrics_check(struct start *s, const char **error)
{
	if (s->config->store_biometrics)
		return true;
	const char *n = value_of(s, s->sync, "select biometrics_count()", error);
	if (n && strcmp(n, "0") != 0)
		*error = arena_printf(s->arena,
			"store_biometrics is off, but the database holds templates or photos of "
			"people: remove them with punchd biometrics remove, or set it to on");
	return n && strcmp(n, "0") == 0;
}

/* What approving a terminal asks it for is said by the database. */
static bool setting_tell(struct start *s, const char **error)
{
	const char *said = s->config->store_biometrics ? "on" : "off";
	return value_of(s, s->sync,
		       arena_printf(s->arena,
			       "select server_setting_tell('store_biometrics', '%s')", said),
		       error) != NULL;
}

/* --- all of it ------------------------------------------------------------------------------- */

/* Before the loop there is nothing in flight to wait for. */
static void interrupted(int signal)
{
	_exit(0);
}

bool start_server(struct start *s, struct arena *a, const struct config *config, const char **error)
{
	int applied = 0;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* until there is something to read again */
	signal(SIGTERM, interrupted);
	signal(SIGINT, interrupted);
	bool good = start_database(s, a, config, EMBEDDED_SERVER, error) &&
		    start_schema(s, &applied, error) && (!s->embedded || role_become(s, error)) &&
		    start_keys(s, error) && biometrics_check(s, error) && start_zone(s, error) &&
		    setting_tell(s, error) && start_admin(s, error);
	start_disconnect(s);
	if (applied)
		log_info("schema_migrated", "migrations", log_num(applied), NULL);
	if (good)
		log_info("started", "version", PUNCHD_VERSION, "schema", log_num(migrate_head()),
			NULL);
	else
		start_end(s);
	return good;
}

/* --- the end --------------------------------------------------------------------------------- */

void start_disconnect(struct start *s)
{
	sync_close(s->sync);
	s->sync = NULL;
}

void start_end(struct start *s)
{
	start_disconnect(s);
	seal_free(s->seal);
	explicit_bzero(&s->secrets, sizeof(s->secrets));
	embedded_stop(s->embedded);
	s->seal = NULL;
	s->embedded = NULL;
}
