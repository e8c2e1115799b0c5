/*
 * punchd key retire, punchd key master: what ends keys.
 *
 * A data key is retired in two steps: from the first on the database takes no value under it
 * (seal_guard); when every writer that may have looked before has ended and nothing is sealed under
 * it, its wrapped form is deleted, and backups that hold values under it need their own data_key.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "datadir.h"
#include "fatal.h"
#include "key.h"
#include "keys.h"
#include "str.h"

enum { LOCK_TRIES = 60 };

/* --- retire ---------------------------------------------------------------------------------- */

/* Waits until nobody writes any more who began before now: their locks are in the way of ours. One
 * table at a time and not for long, so that nobody waits behind it. */
static bool writers_wait(struct cli *cli)
{
	struct db_error failed;
	for (const struct sealed_table *t = key_tables; t->table; t++) {
		const char *sql = arena_printf(cli->arena,
			"begin; set local lock_timeout = '500ms'; lock table %s in share mode; commit",
			t->table);
		int tries = 0;
		while (!sync_script(cli->start.sync, sql, &failed)) {
			bool busy = strcmp(failed.state, "55P03") == 0;
			sync_script(cli->start.sync, "rollback", &failed);
			if (!busy || ++tries == LOCK_TRIES)
				return false;
			usleep(500000);
		}
	}
	return true;
}

static bool retired_set(struct cli *cli, int64_t id, bool retired)
{
	const struct db_arg args[] = { db_int(cli->arena, id), db_bool(retired) };
	return cli_query(cli,
		       "update data_key set retired = case when $2::bool then"
		       " coalesce(retired, now()) end where id = $1::int",
		       args, LEN(args), false) != NULL;
}

enum outcome { RETIRED, IN_USE, FAILED };

static enum outcome key_retire(struct cli *cli, int64_t id)
{
	const struct db_arg args[] = { db_int(cli->arena, id) };
	const char *where = NULL;
	int64_t uses = key_uses(cli, id, &where);
	if (uses == 0) {
		if (!retired_set(cli, id, true) || !writers_wait(cli))
			return FAILED;
		uses = key_uses(cli, id, &where);
	}
	if (uses < 0 || (uses > 0 && !retired_set(cli, id, false)))
		return FAILED;
	if (uses > 0) {
		printf("key %lld stays: %lld values are sealed under it (%s); punchd key rotate seals"
		       " them again\n",
			(long long)id, (long long)uses, where);
		return IN_USE;
	}
	if (!cli_query(cli, "delete from data_key where id = $1::int and not current", args,
		    LEN(args), false))
		return FAILED;
	printf("key %lld is retired and thrown away\n", (long long)id);
	return RETIRED;
}

int cli_key_retire(struct cli *cli)
{
	int64_t wanted = 0;
	int status;
	if (cli->words[0] && !str_to_int(cli->words[0], 1, INT32_MAX, &wanted)) {
		fprintf(stderr, "punchd: %s is no number of a key\n", cli->words[0]);
		return 1;
	}
	if (!key_open(cli, &status))
		return status;
	const struct db_arg args[] = { db_int(cli->arena, wanted) };
	const struct rows *rows = cli_query(cli,
		"select k.id from data_key k join data_key c on c.current and k.id < c.id"
		" where $1::int in (0, k.id) order by k.id",
		args, LEN(args), true);
	if (!rows)
		return cli_fail(cli, "cannot read the keys: %s", cli_error(cli));
	if (rows_count(rows) == 0 && wanted)
		return cli_fail(cli, "there is no older key %lld", (long long)wanted);
	if (rows_count(rows) == 0)
		printf("there is no older key\n");
	bool kept = false;
	for (int i = 0; i < rows_count(rows); i++) {
		enum outcome outcome = key_retire(cli, rows_int(rows, i, 0));
		if (outcome == FAILED)
			return cli_fail(cli, "retiring key %lld stopped: run it again",
				(long long)rows_int(rows, i, 0));
		kept = kept || outcome == IN_USE;
	}
	cli_close(cli);
	return kept;
}

/* --- the master key -------------------------------------------------------------------------- */

static bool key_rewrap(struct cli *cli, struct seal *fresh, int64_t id)
{
	unsigned char *wrapped;
	size_t n;
	if (!seal_wrap_key(cli->start.seal, fresh, (uint32_t)id, cli->arena, &wrapped, &n) ||
		!seal_add_key(fresh, (uint32_t)id, wrapped, n, false))
		return false;
	const struct db_arg args[] = { db_int(cli->arena, id), db_bytes(wrapped, n) };
	const struct rows *rows =
		cli_query(cli, "update data_key set wrapped = $2::bytea where id = $1::int", args,
			LEN(args), false);
	return rows_affected(rows) == 1;
}

/* All data keys in one transaction. */
static bool keys_rewrap(struct cli *cli, struct seal *fresh)
{
	struct db_error failed;
	const char *error;
	struct sync *sync = cli->start.sync;
	if (!sync_script(sync, "begin; lock table data_key in exclusive mode", &failed))
		return false;
	const struct rows *rows =
		cli_query(cli, "select id from data_key order by id", NULL, 0, true);
	bool good = rows && keys_read(cli->arena, sync, cli->start.seal, &error);
	for (int i = 0; i < rows_count(rows) && good; i++)
		good = key_rewrap(cli, fresh, rows_int(rows, i, 0));
	return sync_script(sync, good ? "commit" : "rollback", &failed) && good;
}

/* The new key, from the file or, for the embedded database, made; false: *error. */
static bool master_choose(
	struct cli *cli, bool own_file, unsigned char key[SEAL_KEY_SIZE], const char **error)
{
	const char *path = cli->new_key_file;
	if (path) {
		int found = keys_master_read(cli->arena, path, key, error);
		if (found == 0)
			*error = arena_printf(cli->arena, "there is no file %s", path);
		return found == 1;
	}
	if (!own_file) {
		*error = "make a new key with (umask 077; openssl rand -hex 32 > new.key) and give "
			 "it by --new-key-file new.key";
		return false;
	}
	seal_random(key, SEAL_KEY_SIZE);
	return true;
}

/* True when this master key is the one that wraps the data keys already. */
static bool master_is_same(struct cli *cli, struct seal *fresh)
{
	const struct rows *rows =
		cli_query(cli, "select id, wrapped from data_key limit 1", NULL, 0, true);
	struct arena *a = cli->arena;
	unsigned char *wrapped;
	size_t n;
	return rows_count(rows) == 0 ||
	       seal_add_key(fresh, (uint32_t)rows_int(rows, 0, 0), rows_text(rows, 0, 1),
		       rows_len(rows, 0, 1), false) ||
	       !seal_wrap_key(
		       cli->start.seal, fresh, (uint32_t)rows_int(rows, 0, 0), a, &wrapped, &n);
}

/* The embedded database's own file: the new key stands beside it before the database knows it, and takes
 * its place after. Whatever moment a kill comes at, the next start finds the one that opens. */
static int master_replace(struct cli *cli, struct seal *fresh, const char *text)
{
	const char *path = keys_master_path(cli->arena, cli->start.data_dir),
		   *next = keys_next_path(cli->arena, cli->start.data_dir);
	const char *error;
	/* what stands there is in force when a command was killed since we looked */
	if (!keys_read(cli->arena, cli->start.sync, cli->start.seal, &error))
		return cli_fail(cli, "%s", error);
	unlink(next);
	if (!datadir_file_make(cli->arena, next, text))
		return cli_fail(cli, "cannot write %s: %s", next, strerror(errno));
	if (!keys_rewrap(cli, fresh))
		return cli_fail(cli, "cannot wrap the keys again: %s", cli_error(cli));
	if (!datadir_file_replace(path, next))
		return cli_fail(cli, "cannot replace %s: %s; the next start of punchd does it",
			path, strerror(errno));
	printf("%s is replaced: keep a copy of it with your backups\n", path);
	return 0;
}

static int master_rewrap(struct cli *cli, struct seal *fresh)
{
	if (!keys_rewrap(cli, fresh))
		return cli_fail(cli, "cannot wrap the keys again: %s", cli_error(cli));
	printf("the new master key is in force: put it where PUNCHD_MASTER_KEY_FILE says, on every "
	       "machine; servers that run go on, and read that file again\n");
	return 0;
}

int cli_key_master(struct cli *cli)
{
	unsigned char key[SEAL_KEY_SIZE];
	char text[2 * SEAL_KEY_SIZE + 2];
	const char *error;
	int status;
	if (!key_open(cli, &status))
		return status;
	bool own_file = cli->start.data_dir && !*cli->config->master_key;
	if (!master_choose(cli, own_file, key, &error))
		return cli_fail(cli, "%s", error);
	struct seal *fresh = seal_new(key);
	keys_master_text(key, text);
	explicit_bzero(key, sizeof(key));
	if (master_is_same(cli, fresh))
		status = cli_fail(cli, "this is the master key in use");
	else
		status = own_file ? master_replace(cli, fresh, text) : master_rewrap(cli, fresh);
	explicit_bzero(text, sizeof(text));
	seal_free(fresh);
	if (status == 0)
		cli_close(cli);
	return status;
}
