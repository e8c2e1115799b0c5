/*
 * punchd key: the data-encryption keys.
 *
 * Rotation makes a key known before anybody uses it: it is stored, every running server reads it
 * within KEYS_WATCH_SECONDS, then it becomes current, and then what is sealed under older keys is
 * sealed again. Where it stands is in data_key alone, so that after a kill the next `rotate` goes on
 * with the same key. Older keys stay until they are retired.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fatal.h"
#include "key.h"
#include "keys.h"
#include "str.h"

enum { BATCH = 200, PASSES = 5 };

const struct sealed_table key_tables[] = {
	{ "secret", "name", "secret.sealed" },
	{ "employee", "id", "employee.sealed" },
	{ "reject", "id", "reject.sealed" },
	{ "raw_upload", "id", "raw_upload.sealed" },
	{ "held_upload", "id", "held_upload.sealed" },
	{ "template", "id", "template.sealed" },
	{ "photo", "id", "photo.sealed" },
	{ "punch_photo", "id", "punch_photo.sealed" },
	{ "fp_image", "id", "fp_image.sealed" },
	{ "id_card", "id", "id_card.sealed" },
	{ "error_log", "id", "error_log.sealed" },
	{ "terminal_message", "id", "terminal_message.sealed" },
	{ "private_message", "id", "private_message.sealed" },
	{ "bio_photo", "id", "bio_photo.sealed" },
	{ "person_key", "id", "person_key.sealed" },
	{ "person_claim", "id", NULL },
	{ 0 },
};

bool key_open(struct cli *cli, int *status)
{
	struct db_error failed;
	cli_open(cli, true);
	if (sync_script(cli->start.sync,
		    "set lock_timeout = '15s'; select pg_advisory_lock(" KEYS_LOCK ");"
		    "reset lock_timeout",
		    &failed))
		return true;
	*status = cli_fail(cli, strcmp(failed.state, "55P03") == 0
					? "another punchd key command is at work"
					: "cannot lock the keys");
	return false;
}

/* The id of the key that the expression `sealed` names, counted by table. */
static void uses_add(struct str *sql)
{
	for (const struct sealed_table *t = key_tables; t->table; t++)
		str_addf(sql,
			"%sselect substr(sealed, 2, 4) as id, '%s' as place, count(*) as n"
			" from %s group by 1",
			t == key_tables ? "" : " union all ", t->table, t->table);
	/* until a server has taken them into its chain */
	str_add(sql,
		" union all select substr(v, 2, 4), 'audit_pending', count(*) from audit_pending,"
		" unnest(array[old_sealed, new_sealed]) v where v is not null group by 1");
}

int64_t key_uses(struct cli *cli, int64_t id, const char **where)
{
	struct str sql = str_new(cli->arena);
	str_add(&sql, "select coalesce(sum(n), 0), string_agg(place || ' ' || n, ', ') from (");
	uses_add(&sql);
	str_add(&sql, ") u where id = decode(lpad(to_hex($1::int), 8, '0'), 'hex')");
	const struct db_arg args[] = { db_int(cli->arena, id) };
	const struct rows *rows = cli_query(cli, str_text(&sql), args, LEN(args), false);
	if (!rows)
		return -1;
	*where = rows_text(rows, 0, 1);
	return rows_int(rows, 0, 0);
}

int cli_key_status(struct cli *cli)
{
	static const char *const titles[] = { "key", "state", "created", "sealed values", "in",
		NULL };
	struct str sql = str_new(cli->arena);
	str_add(&sql,
		"select k.id, case when k.current then 'current' when k.retired is not null then"
		" 'being retired' when k.id > c.id then 'next' else 'older' end"
		" || case when k.current and k.rotated is null and exists (select from data_key o"
		" where o.id < k.id) then ', rotation not finished' else '' end,"
		" to_char(k.created, 'YYYY-MM-DD HH24:MI'), coalesce(sum(u.n), 0),"
		" coalesce(string_agg(u.place || ' ' || u.n, ', ' order by u.place), '')"
		" from data_key k left join data_key c on c.current left join (");
	uses_add(&sql);
	str_add(&sql, ") u on u.id = decode(lpad(to_hex(k.id), 8, '0'), 'hex')"
		      " group by k.id, c.id order by k.id");
	cli_open(cli, true);
	const struct rows *rows = cli_query(cli, str_text(&sql), NULL, 0, false);
	if (!rows)
		return cli_fail(cli, "cannot read the keys: %s", cli_error(cli));
	cli_table(rows, titles);
	cli_close(cli);
	return 0;
}

/* --- sealing again --------------------------------------------------------------------------- */

struct rewrite {
	struct cli *cli;
	const struct sealed_table *of;
	const char *select, *update;
	int64_t done, unreadable;
};

/* One value; false: the database failed. A row changed meanwhile has got a new seal by that. */
static bool value_rewrite(struct rewrite *w, struct arena *a, const struct rows *rows, int i)
{
	const struct seal *seal = w->cli->start.seal;
	const unsigned char *row_key = (const void *)rows_text(rows, i, 1);
	const char *place = rows_text(rows, i, 3);
	size_t n = 0, fresh_n;
	char *plain = rows_len(rows, i, 1) == SEAL_ROW_KEY_SIZE
			      ? seal_open(seal, a, place, row_key, rows_text(rows, i, 2),
					rows_len(rows, i, 2), &n)
			      : NULL;
	if (!plain) {
		w->unreadable++;
		return true;
	}
	unsigned char *fresh = seal_close(seal, a, place, row_key, plain, n, &fresh_n);
	explicit_bzero(plain, n);
	const struct db_arg args[] = { db_text(rows_text(rows, i, 0)),
		db_bytes(rows_text(rows, i, 2), rows_len(rows, i, 2)), db_bytes(fresh, fresh_n) };
	struct db_error failed;
	struct rows *updated =
		sync_query(w->cli->start.sync, w->update, args, LEN(args), false, &failed);
	w->done += rows_affected(updated);
	bool good = updated != NULL;
	rows_free(updated);
	return good;
}

/* Rows in the order of their key, so that one that cannot be read is passed. */
static bool table_rewrite(struct rewrite *w)
{
	char current[9];
	snprintf(current, sizeof(current), "%08x", seal_current_key(w->cli->start.seal));
	char last[512] = "";
	for (bool more = true, good = true; more && good;) {
		struct arena *a = arena_new();
		struct db_error failed;
		const struct db_arg args[] = { db_text(*last ? last : NULL), db_text(current) };
		struct rows *rows =
			sync_query(w->cli->start.sync, w->select, args, LEN(args), true, &failed);
		good = rows != NULL;
		for (int i = 0; i < rows_count(rows) && good; i++)
			good = value_rewrite(w, a, rows, i);
		more = rows_count(rows) == BATCH;
		if (more)
			snprintf(last, sizeof(last), "%s", rows_text(rows, BATCH - 1, 0));
		rows_free(rows);
		arena_free(a);
		if (!good)
			return false;
	}
	return true;
}

/* What one table still holds under older keys; -1: the database failed. */
static int64_t sealed_again(struct cli *cli, const struct sealed_table *t, bool first)
{
	const char *type = strcmp(t->key, "name") == 0 ? "text" : "bigint";
	struct rewrite w = { .cli = cli, .of = t };
	w.select = arena_printf(cli->arena,
		"select %s::text, row_key, sealed, %s from %s"
		" where ($1::text is null or %s > $1::%s)"
		" and substr(sealed, 2, 4) <> decode($2::text, 'hex') order by %s limit %d",
		t->key, t->place ? arena_printf(cli->arena, "'%s'::text", t->place) : "place",
		t->table, t->key, type, t->key, BATCH);
	w.update = arena_printf(cli->arena,
		"update %s set sealed = $3 where %s = $1::text::%s and sealed = $2", t->table,
		t->key, type);
	if (!table_rewrite(&w))
		return -1;
	if (first || w.done > 0) {
		printf("%s: %lld sealed again", t->table, (long long)w.done);
		if (w.unreadable)
			printf(", %lld cannot be opened and stay as they are",
				(long long)w.unreadable);
		printf("\n");
		fflush(stdout);
	}
	return w.done;
}

/* Until a walk over all tables finds nothing: a server that learned late of the key may have written
 * under an older one behind the first walk. */
static bool tables_rewrite(struct cli *cli)
{
	int64_t done = 1;
	for (int pass = 0; done > 0 && pass < PASSES; pass++) {
		done = 0;
		for (const struct sealed_table *t = key_tables; t->table; t++) {
			int64_t n = sealed_again(cli, t, pass == 0);
			if (n < 0)
				return false;
			done += n;
		}
	}
	return true;
}

/* A new key, stored but not current; 0: the database failed. */
static int64_t key_store(struct cli *cli)
{
	const struct rows *rows =
		cli_query(cli, "select coalesce(max(id), 0) + 1 from data_key", NULL, 0, true);
	if (!rows)
		return 0;
	int64_t id = rows_int(rows, 0, 0);
	unsigned char *wrapped;
	size_t n;
	seal_make_key(cli->start.seal, (uint32_t)id, cli->arena, &wrapped, &n);
	const struct db_arg args[] = { db_int(cli->arena, id), db_bytes(wrapped, n) };
	return cli_query(cli, "insert into data_key (id, wrapped, current) values ($1, $2, false)",
		       args, LEN(args), false)
		       ? id
		       : 0;
}

/* One statement would meet the old current key in the unique index. */
static bool key_make_current(struct cli *cli, int64_t id)
{
	struct db_error failed;
	return sync_script(cli->start.sync,
		arena_printf(cli->arena,
			"begin; lock table data_key in exclusive mode;"
			"update data_key set current = false where current;"
			"update data_key set current = true where id = %lld; commit",
			(long long)id),
		&failed);
}

/* The key that an interrupted rotation was about, 0: there was none. *stored: it is not current yet. */
static int64_t key_unfinished(struct cli *cli, bool *stored)
{
	const struct rows *rows = cli_query(cli,
		"select k.id, not k.current from data_key k, data_key c where c.current and (k.id > c.id"
		" or (k.current and k.rotated is null and exists (select from data_key o"
		" where o.id < k.id))) order by k.id desc limit 1",
		NULL, 0, true);
	*stored = rows_count(rows) > 0 && rows_bool(rows, 0, 1);
	return rows_count(rows) > 0 ? rows_int(rows, 0, 0) : 0;
}

/* False: the database failed. */
static bool rotation_end(struct cli *cli, int64_t id)
{
	const struct db_arg args[] = { db_int(cli->arena, id) };
	return cli_query(cli, "update data_key set rotated = now() where id = $1::int", args,
		       LEN(args), false) != NULL;
}

int cli_key_rotate(struct cli *cli)
{
	const char *error;
	bool stored;
	int status;
	if (!key_open(cli, &status))
		return status;
	int64_t id = key_unfinished(cli, &stored);
	if (id)
		printf("going on with key %lld, where a rotation was interrupted\n", (long long)id);
	else if ((id = key_store(cli)) != 0)
		printf("key %lld made\n", (long long)id);
	else
		return cli_fail(cli, "cannot store a key: %s", cli_error(cli));
	if (stored || seal_current_key(cli->start.seal) < id) {
		printf("waiting for running servers to learn of it\n");
		fflush(stdout);
		sleep(2 * KEYS_WATCH_SECONDS + 2);
		if (!key_make_current(cli, id))
			return cli_fail(cli, "cannot make key %lld current", (long long)id);
	}
	if (!keys_read(cli->arena, cli->start.sync, cli->start.seal, &error))
		return cli_fail(cli, "%s", error);
	printf("key %lld is current\n", (long long)id);
	fflush(stdout);
	sleep(KEYS_WATCH_SECONDS + 1); /* until nobody seals under an older one */
	if (!tables_rewrite(cli) || !rotation_end(cli, id))
		return cli_fail(cli, "sealing again stopped: run punchd key rotate again");
	printf("done; `punchd key retire` throws older keys away that nothing needs\n");
	cli_close(cli);
	return 0;
}
