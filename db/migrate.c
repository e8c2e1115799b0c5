/* Brings the schema to head, or says why not. */
#include "migrate.h"

#include <string.h>

#include "log.h"
#include "seal.h"
#include "str.h"

/* Any number will do that no other program locks in the same database. */
static const char try_lock_sql[] = "select pg_try_advisory_lock(8100711200327716970)";
static const char lock_sql[] = "select pg_advisory_lock(8100711200327716970)";
static const char unlock_sql[] = "select pg_advisory_unlock(8100711200327716970)";

static const char bootstrap_sql[] =
	"create table if not exists schema_migration ("
	" number int primary key, name text not null, checksum text not null,"
	" applied_at timestamptz not null default now());"
	"create table if not exists schema_functions ("
	" checksum text not null, applied_at timestamptz not null default now())";

struct schema {
	struct sync *sync;
	struct arena *arena;
	int applied; /* migrations the database has */
	bool functions; /* are those of this binary */
};

static const char *checksum(struct arena *arena, const char *text)
{
	unsigned char digest[SEAL_KEY_SIZE];
	char *hex = arena_alloc(arena, 2 * sizeof digest + 1);

	seal_sha256(text, strlen(text), digest);
	str_hex(digest, sizeof digest, hex);
	return hex;
}

int migrate_head(void)
{
	int head = 0;

	for (const struct migration *m = migrations; m->number; m++)
		head = m->number;
	return head;
}

static bool failed(struct schema *s, const char *what, const struct db_error *e, const char **error)
{
	*error = arena_printf(s->arena, "%s: %s (SQLSTATE %s%s%s)", what, e->message, e->state,
		e->detail ? "; " : "", e->detail ? e->detail : "");
	return false;
}

/* The nth row of schema_migration against the nth migration we know. */
static bool row_fits(struct schema *s, const struct rows *rows, int n, const char **error)
{
	int number = (int)rows_int(rows, n, 0);
	const char *name = rows_text(rows, n, 1);
	const struct migration *m = &migrations[n];

	if (number > migrate_head())
		*error = arena_printf(s->arena,
			"the database has schema %04d (%s), newer than this punchd knows (%04d): "
			"run a newer punchd",
			number, name, migrate_head());
	else if (number != n + 1)
		*error = arena_printf(s->arena,
			"the database lacks migration %04d but has %04d (%s): restore a backup",
			n + 1, number, name);
	else if (strcmp(rows_text(rows, n, 2), checksum(s->arena, m->sql)) != 0)
		*error = arena_printf(s->arena,
			"migration %s is not the one that was applied to this database, its text "
			"has changed: run a punchd with the original file",
			m->name);
	else
		return true;
	return false;
}

static bool schema_read_functions(struct schema *s, const char **error)
{
	struct db_error e;
	const struct db_arg args[] = { db_text(checksum(s->arena, migration_functions)) };
	struct rows *rows = sync_query(s->sync,
		"select count(*) filter (where checksum = $1), count(*) from schema_functions",
		args, 1, false, &e);

	if (!rows)
		return failed(s, "cannot read schema_functions", &e, error);
	s->functions = rows_int(rows, 0, 0) == 1 && rows_int(rows, 0, 1) == 1;
	rows_free(rows);
	return true;
}

static bool schema_read(struct schema *s, const char **error)
{
	struct db_error e;
	bool fits = true;
	struct rows *rows = sync_query(s->sync,
		"select number, name, checksum from schema_migration order by number desc limit 1",
		NULL, 0, false, &e);

	if (!rows)
		return failed(s, "cannot read schema_migration", &e, error);
	/* a newer schema first: its older rows need not be those we know */
	if (rows_count(rows) > 0 && rows_int(rows, 0, 0) > migrate_head())
		fits = row_fits(s, rows, 0, error);
	rows_free(rows);
	if (!fits)
		return false;
	rows = sync_query(s->sync,
		"select number, name, checksum from schema_migration order by number", NULL, 0,
		false, &e);
	if (!rows)
		return failed(s, "cannot read schema_migration", &e, error);
	s->applied = rows_count(rows);
	for (int i = 0; fits && i < s->applied; i++)
		fits = row_fits(s, rows, i, error);
	rows_free(rows);
	return fits && schema_read_functions(s, error);
}

/* begin; sql; then one statement that records it; commit. Rolled back as a whole. */
static bool step_run(struct schema *s, const char *what, const char *sql, const char *record,
	const struct db_arg *args, int nargs, const char **error)
{
	struct db_error e;
	struct rows *rows = NULL;

	if (sync_script(s->sync, "begin", &e) && sync_script(s->sync, sql, &e) &&
		(rows = sync_query(s->sync, record, args, nargs, false, &e)) &&
		sync_script(s->sync, "commit", &e)) {
		rows_free(rows);
		return true;
	}
	rows_free(rows);
	failed(s, arena_printf(s->arena, "%s failed", what), &e, error);
	sync_script(s->sync, "rollback", &e);
	return false;
}

static bool migration_run(struct schema *s, const struct migration *m, const char **error)
{
	const struct db_arg args[] = { db_int(s->arena, m->number), db_text(m->name),
		db_text(checksum(s->arena, m->sql)) };
	char *what = arena_printf(s->arena, "migration %s", m->name);

	if (!step_run(s, what, m->sql,
		    "insert into schema_migration (number, name, checksum)"
		    " values ($1::int, $2, $3)",
		    args, 3, error))
		return false;
	log_info("migrated", "name", m->name, NULL);
	return true;
}

static bool functions_run(struct schema *s, const char **error)
{
	const struct db_arg args[] = { db_text(checksum(s->arena, migration_functions)) };

	return step_run(s, "migrations/functions", migration_functions,
		"with gone as (delete from schema_functions)"
		" insert into schema_functions (checksum) values ($1)",
		args, 1, error);
}

static bool schema_raise(struct schema *s, int *applied, const char **error)
{
	struct db_error e;

	if (!sync_script(s->sync, bootstrap_sql, &e))
		return failed(s, "cannot create schema_migration", &e, error);
	if (!schema_read(s, error))
		return false;
	while (migrations[s->applied].number) {
		if (!migration_run(s, &migrations[s->applied], error))
			return false;
		s->applied++;
		++*applied;
	}
	/* a migration may have dropped a view to change what is under it */
	return (s->functions && *applied == 0) || functions_run(s, error);
}

static bool schema_lock(struct schema *s, const char **error)
{
	struct db_error e;
	struct rows *rows = sync_query(s->sync, try_lock_sql, NULL, 0, false, &e);
	bool locked = rows && rows_bool(rows, 0, 0);

	rows_free(rows);
	if (rows && !locked)
		log_info("migration_waits", "reason", "another process migrates this database",
			NULL);
	if (!rows || (!locked && !sync_script(s->sync, lock_sql, &e)))
		return failed(s, "cannot lock the schema", &e, error);
	return true;
}

bool migrate_up(struct sync *sync, struct arena *arena, int *applied, const char **error)
{
	struct schema s = { .sync = sync, .arena = arena };
	struct db_error e;
	bool raised;

	*applied = 0;
	if (!schema_lock(&s, error))
		return false;
	raised = schema_raise(&s, applied, error);
	sync_script(sync, unlock_sql, &e);
	return raised;
}

bool migrate_check(struct sync *sync, struct arena *arena, const char **error)
{
	struct schema s = { .sync = sync, .arena = arena };
	struct db_error e;
	struct rows *rows = sync_query(
		sync, "select to_regclass('schema_migration') is null", NULL, 0, false, &e);
	bool empty = rows && rows_bool(rows, 0, 0);

	rows_free(rows);
	if (!rows)
		return failed(&s, "cannot read the schema", &e, error);
	if (empty) {
		*error = "the database has no schema: run punchd migrate";
		return false;
	}
	if (!schema_read(&s, error))
		return false;
	if (s.applied == migrate_head() && s.functions)
		return true;
	*error =
		s.applied == migrate_head()
			? "the functions of the schema are of another version: run punchd migrate"
			: arena_printf(arena, "the schema is at %04d, not %04d: run punchd migrate",
				  s.applied, migrate_head());
	return false;
}
