/* Where keys come from. The master key never enters the database. */
#include "keys.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datadir.h"
#include "fatal.h"
#include "log.h"
#include "str.h"

static const char select_sql[] = "select id, wrapped, current from data_key order by id";

/* --- the master key -------------------------------------------------------------------------- */

const char *keys_how_to_make(void)
{
	return "with a database_url punchd needs a master key: make one with "
	       "(umask 077; openssl rand -hex 32 > master.key), set "
	       "PUNCHD_MASTER_KEY_FILE to that file, and keep a copy";
}

const char *keys_master_path(struct arena *a, const char *data_dir)
{
	return arena_printf(a, "%s/master.key", data_dir);
}

const char *keys_next_path(struct arena *a, const char *data_dir)
{
	return arena_printf(a, "%s/master.key.next", data_dir);
}

int keys_master_read(
	struct arena *a, const char *path, unsigned char key[SEAL_KEY_SIZE], const char **error)
{
	char text[128] = "";
	FILE *f = fopen(path, "re");
	if (!f && errno == ENOENT)
		return 0;
	bool good = f && fgets(text, sizeof(text), f);
	const char *reason = good ? "not 64 hexadecimal digits" : strerror(errno);
	if (f)
		fclose(f);
	text[strcspn(text, "\r\n")] = '\0';
	good = good && str_unhex(text, key, SEAL_KEY_SIZE);
	explicit_bzero(text, sizeof(text));
	if (!good)
		*error = arena_printf(a, "cannot read the master key %s: %s", path, reason);
	return good ? 1 : -1;
}

void keys_master_text(
	const unsigned char key[SEAL_KEY_SIZE], char out[static 2 * SEAL_KEY_SIZE + 2])
{
	str_hex(key, SEAL_KEY_SIZE, out);
	strcat(out, "\n");
}

static bool master_file_make(
	struct arena *a, const char *path, unsigned char key[SEAL_KEY_SIZE], const char **error)
{
	char text[2 * SEAL_KEY_SIZE + 2];
	seal_random(key, SEAL_KEY_SIZE);
	keys_master_text(key, text);
	bool good = datadir_file_make(a, path, text);
	explicit_bzero(text, sizeof(text));
	if (!good)
		*error = arena_printf(
			a, "cannot write the master key %s: %s", path, strerror(errno));
	else
		log_info("master_key_made", "path", path, NULL);
	return good;
}

/* fresh: the database has no data key yet. */
static bool master_find(struct arena *a, const struct config *config, const char *data_dir,
	bool fresh, unsigned char key[SEAL_KEY_SIZE], const char **error)
{
	if (*config->master_key)
		return str_unhex(config->master_key, key, SEAL_KEY_SIZE);
	if (!data_dir) {
		*error = keys_how_to_make();
		return false;
	}
	const char *path = keys_master_path(a, data_dir);
	int found = keys_master_read(a, path, key, error);
	if (found)
		return found > 0;
	if (fresh)
		return master_file_make(a, path, key, error);
	*error = arena_printf(a,
		"the master key %s is missing: restore it from a backup; what it "
		"sealed cannot be read without it",
		path);
	return false;
}

/* --- data keys ------------------------------------------------------------------------------- */

static bool keys_failed(struct arena *a, const struct db_error *failed, const char **error)
{
	*error = arena_printf(a, "cannot read the keys: %s", failed->message);
	return false;
}

static struct rows *keys_select(struct arena *a, struct sync *sync, const char **error)
{
	struct db_error failed;
	struct rows *rows = sync_query(sync, select_sql, NULL, 0, true, &failed);
	if (!rows)
		keys_failed(a, &failed, error);
	return rows;
}

/* How many of the rows the master key does not open; *missing of them are not known from before. */
static int rows_add(const struct rows *rows, struct seal *seal, int *missing)
{
	int bad = 0;
	*missing = 0;
	for (int i = 0; i < rows_count(rows); i++) {
		uint32_t id = (uint32_t)rows_int(rows, i, 0);
		bool current = rows_bool(rows, i, 2);
		if (seal_add_key(seal, id, rows_text(rows, i, 1), rows_len(rows, i, 1), current))
			continue;
		bad++;
		if (current ? !seal_use_key(seal, id) : !seal_knows_key(seal, id))
			++*missing;
	}
	return bad;
}

bool keys_read(struct arena *a, struct sync *sync, struct seal *seal, const char **error)
{
	struct rows *rows = keys_select(a, sync, error);
	if (!rows)
		return false;
	int missing;
	bool good = rows_add(rows, seal, &missing) == 0;
	rows_free(rows);
	if (!good)
		*error = "the master key does not open this database's data keys: give punchd the "
			 "master key that belongs to it (PUNCHD_MASTER_KEY_FILE or "
			 "data_dir/master.key)";
	else if (!seal_ready(seal))
		*error =
			"the database has no current data key: restore table data_key from a backup";
	return good && seal_ready(seal);
}

/* Of two processes that start on a fresh database one wins; both read what is there then. */
static bool first_key_make(
	struct arena *a, struct sync *sync, struct seal *seal, const char **error)
{
	unsigned char *wrapped;
	size_t n;
	struct db_error failed;
	seal_make_key(seal, 1, a, &wrapped, &n);
	const struct db_arg args[] = { db_bytes(wrapped, n) };
	struct rows *rows = sync_query(sync,
		"insert into data_key (id, wrapped, current) values (1, $1, true) "
		"on conflict do nothing",
		args, LEN(args), false, &failed);
	bool good = rows || keys_failed(a, &failed, error);
	rows_free(rows);
	return good;
}

/* `punchd key master` was killed between the database and the file: the key it had put beside is the
 * one that opens. */
static bool next_take(struct arena *a, const struct config *config, const char *data_dir,
	struct sync *sync, struct seal *seal)
{
	unsigned char master[SEAL_KEY_SIZE];
	const char *ignored, *next = data_dir ? keys_next_path(a, data_dir) : NULL;
	if (!next || *config->master_key || keys_master_read(a, next, master, &ignored) != 1)
		return false;
	seal_set_master(seal, master);
	explicit_bzero(master, sizeof(master));
	if (!keys_read(a, sync, seal, &ignored))
		return false;
	const char *path = keys_master_path(a, data_dir);
	if (!datadir_file_replace(path, next))
		log_error("master_key_not_replaced", "path", path, "reason", strerror(errno), NULL);
	else
		log_warn("master_key_replaced", "path", path, NULL);
	return true;
}

/* A killed command may leave keys beside the one in force, whole or half written. Nobody is about to
 * put one of them in its place while the lock is ours, and none is needed when the one in force opens
 * everything: only then they go. */
static void leftovers_drop(
	struct arena *a, const char *data_dir, struct sync *sync, struct seal *seal)
{
	const char *next = keys_next_path(a, data_dir), *ignored;
	const char *const left[] = { next, arena_printf(a, "%s.new", next),
		arena_printf(a, "%s.new", keys_master_path(a, data_dir)) };
	struct db_error failed;
	size_t i = 0;
	while (i < LEN(left) && access(left[i], F_OK) != 0)
		i++;
	if (i == LEN(left))
		return;
	struct rows *rows = sync_query(
		sync, "select pg_try_advisory_lock(" KEYS_LOCK ")", NULL, 0, true, &failed);
	bool locked = rows && rows_bool(rows, 0, 0);
	rows_free(rows);
	if (!locked)
		return;
	if (keys_read(a, sync, seal, &ignored))
		for (i = 0; i < LEN(left); i++)
			if (unlink(left[i]) == 0)
				log_info("unused_master_key_removed", "path", left[i], NULL);
	sync_script(sync, "select pg_advisory_unlock(" KEYS_LOCK ")", &failed);
}

struct seal *keys_open(struct arena *a, const struct config *config, const char *data_dir,
	struct sync *sync, const char **error)
{
	unsigned char master[SEAL_KEY_SIZE];
	struct rows *rows = keys_select(a, sync, error);
	if (!rows)
		return NULL;
	bool fresh = rows_count(rows) == 0;
	rows_free(rows);
	if (!master_find(a, config, data_dir, fresh, master, error))
		return NULL;
	struct seal *seal = seal_new(master);
	explicit_bzero(master, sizeof(master));
	bool good =
		(!fresh || first_key_make(a, sync, seal, error)) && keys_read(a, sync, seal, error);
	if (!good && (fresh || !next_take(a, config, data_dir, sync, seal))) {
		seal_free(seal);
		return NULL;
	}
	if (data_dir && !*config->master_key)
		leftovers_drop(a, data_dir, sync, seal);
	return seal;
}

/* --- secrets --------------------------------------------------------------------------------- */

static bool secret_make(struct sync *sync, struct arena *a, struct seal *seal, const char *name,
	struct db_error *failed)
{
	unsigned char row_key[SEAL_ROW_KEY_SIZE], fresh[SEAL_KEY_SIZE];
	size_t n;
	seal_random(row_key, sizeof(row_key));
	seal_random(fresh, sizeof(fresh));
	unsigned char *sealed =
		seal_close(seal, a, "secret.sealed", row_key, fresh, sizeof(fresh), &n);
	explicit_bzero(fresh, sizeof(fresh));
	const struct db_arg args[] = { db_text(name), db_bytes(row_key, sizeof(row_key)),
		db_bytes(sealed, n) };
	struct rows *rows = sync_query(sync,
		"insert into secret (name, row_key, sealed) "
		"values ($1, $2, $3) on conflict do nothing",
		args, LEN(args), false, failed);
	rows_free(rows);
	return rows != NULL;
}

static bool secret_read(struct sync *sync, struct arena *a, struct seal *seal, const char *name,
	unsigned char out[SEAL_KEY_SIZE], const char **error)
{
	struct db_error failed;
	const struct db_arg args[] = { db_text(name) };
	const char *sql = "select row_key, sealed from secret where name = $1";
	struct rows *rows = sync_query(sync, sql, args, LEN(args), true, &failed);
	if (rows && rows_count(rows) == 0) {
		rows_free(rows);
		rows = secret_make(sync, a, seal, name, &failed)
			       ? sync_query(sync, sql, args, LEN(args), true, &failed)
			       : NULL;
	}
	if (!rows)
		return keys_failed(a, &failed, error);
	size_t n = 0;
	char *plain =
		rows_count(rows) && rows_len(rows, 0, 0) == SEAL_ROW_KEY_SIZE
			? seal_open(seal, a, "secret.sealed", (const void *)rows_text(rows, 0, 0),
				  rows_text(rows, 0, 1), rows_len(rows, 0, 1), &n)
			: NULL;
	bool good = plain && n == SEAL_KEY_SIZE;
	if (good)
		memcpy(out, plain, SEAL_KEY_SIZE);
	else
		*error = arena_printf(a,
			"the secret %s cannot be opened: restore table secret from a "
			"backup",
			name);
	rows_free(rows);
	return good;
}

/* "jwt", "jwt:2", ..., the newest first */
static const char jwt_sql[] =
	"select row_key, sealed, name = 'jwt' from secret where name = 'jwt' or name ~ '^jwt:[0-9]+$'"
	" order by coalesce(nullif(split_part(name, ':', 2), ''), '1')::int desc";

/* False, and all stays as it is: one does not open. A key that comes to a running server makes
 * tokens from the next look on, when others know it, too. */
static bool jwt_take(struct api_secrets *out, const struct rows *rows, const struct seal *seal)
{
	struct arena *scratch = arena_new();
	unsigned char jwt[API_JWT_KEYS][SEAL_KEY_SIZE];
	int n = 0, unnamed = -1;
	bool good = rows_count(rows) > 0 && rows_count(rows) <= API_JWT_KEYS;

	for (int i = 0; good && i < rows_count(rows); i++) {
		size_t len = 0;
		char *plain = rows_len(rows, i, 0) == SEAL_ROW_KEY_SIZE
				      ? seal_open(seal, scratch, "secret.sealed",
						(const void *)rows_text(rows, i, 0),
						rows_text(rows, i, 1), rows_len(rows, i, 1), &len)
				      : NULL;
		good = plain && len == SEAL_KEY_SIZE;
		if (good && rows_bool(rows, i, 2))
			unnamed = n;
		if (good)
			memcpy(jwt[n++], plain, SEAL_KEY_SIZE);
	}
	if (good) {
		bool known =
			out->njwt == 0 || n == 1 || memcmp(out->jwt[0], jwt[0], SEAL_KEY_SIZE) == 0;
		memcpy(out->jwt, jwt, (size_t)n * SEAL_KEY_SIZE);
		out->njwt = n;
		out->unnamed = unnamed;
		out->signing = known ? 0 : 1;
	}
	explicit_bzero(jwt, sizeof(jwt));
	arena_free(scratch);
	return good;
}

bool keys_secrets(struct arena *a, struct sync *sync, struct seal *seal, struct api_secrets *out,
	const char **error)
{
	struct db_error failed;
	struct rows *rows = sync_query(sync, jwt_sql, NULL, 0, true, &failed);
	bool none = rows && rows_count(rows) == 0;
	if (!rows)
		return keys_failed(a, &failed, error);
	bool good = !none && jwt_take(out, rows, seal);
	rows_free(rows);
	if (none) {
		good = secret_read(sync, a, seal, "jwt", out->jwt[0], error);
		out->njwt = good;
	} else if (!good) {
		*error = "a secret jwt cannot be opened: restore table secret from a backup";
	}
	return good && secret_read(sync, a, seal, "login_token", out->login_token, error) &&
	       secret_read(sync, a, seal, "lookup", out->lookup, error);
}

/* --- while the server runs ------------------------------------------------------------------- */

struct keys_watch {
	struct db *db;
	struct seal *seal;
	struct api_secrets *secrets;
	struct event *tick;
	struct db_ticket *ticket;
	const char *master_path; /* NULL: the key was given as text */
	int refused, missing; /* as told */
};

/* True when the file holds a key that opens all of the rows. */
static bool master_again(struct keys_watch *w, const struct rows *rows, int *missing)
{
	unsigned char master[SEAL_KEY_SIZE];
	const char *ignored;
	struct arena *a = arena_new();
	bool read = w->master_path && keys_master_read(a, w->master_path, master, &ignored) == 1;
	if (read)
		seal_set_master(w->seal, master);
	explicit_bzero(master, sizeof(master));
	arena_free(a);
	return read && rows_add(rows, w->seal, missing) == 0;
}

static void keys_judge(struct keys_watch *w, const struct rows *rows)
{
	int missing, refused = rows_add(rows, w->seal, &missing);
	if (refused && master_again(w, rows, &missing)) {
		log_info("master_key_read_again", "path", w->master_path, NULL);
		refused = 0;
	}
	seal_set_behind(w->seal, missing > 0);
	if (refused && (refused != w->refused || missing != w->missing))
		log_error("master_key_replaced", "reason",
			missing ? "data keys are missing: give punchd the new master key and "
				  "restart it"
				: "the next start needs the new master key",
			NULL);
	w->refused = refused;
	w->missing = missing;
}

static void keys_ask(struct keys_watch *w, const char *sql,
	void (*done)(void *, struct rows *, const struct db_error *))
{
	const struct db_statement statement = { .sql = sql };
	const struct db_query query = { .statements = &statement,
		.nstatements = 1,
		.binary = true,
		.deadline_ms = KEYS_WATCH_SECONDS * INT64_C(1000),
		.done = done,
		.arg = w };
	if (!w->ticket && db_up(w->db))
		w->ticket = db_query(w->db, &query);
}

static void jwt_selected(void *arg, struct rows *rows, const struct db_error *error)
{
	struct keys_watch *w = arg;
	w->ticket = NULL;
	if (rows && !jwt_take(w->secrets, rows, w->seal))
		log_error("jwt_keys_unreadable", NULL);
	rows_free(rows);
}

static void keys_selected(void *arg, struct rows *rows, const struct db_error *error)
{
	struct keys_watch *w = arg;
	w->ticket = NULL;
	if (rows)
		keys_judge(w, rows);
	rows_free(rows);
	keys_ask(w, jwt_sql, jwt_selected);
}

static void keys_look(int fd, short what, void *arg)
{
	keys_ask(arg, select_sql, keys_selected);
}

struct keys_watch *keys_watch_new(struct event_base *base, struct db *db, struct seal *seal,
	struct api_secrets *secrets, struct arena *a, const struct config *config,
	const char *data_dir)
{
	struct keys_watch *w = xcalloc(1, sizeof(*w));
	w->db = db;
	w->seal = seal;
	w->secrets = secrets;
	if (data_dir && !*config->master_key)
		w->master_path = keys_master_path(a, data_dir);
	else
		w->master_path = getenv("PUNCHD_MASTER_KEY_FILE");
	w->tick = event_new(base, -1, EV_PERSIST, keys_look, w);
	if (!w->tick || event_add(w->tick, &(struct timeval){ .tv_sec = KEYS_WATCH_SECONDS }) < 0)
		fatal("cannot watch the keys");
	return w;
}

void keys_watch_free(struct keys_watch *w)
{
	if (!w)
		return;
	if (w->ticket)
		db_forget(w->ticket);
	event_free(w->tick);
	free(w);
}
