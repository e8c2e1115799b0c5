/*
 * punchd key: the data-encryption keys.
 *
 * Rotation makes a key known before anybody uses it: it is stored, every running server reads it
 * within KEYS_WATCH_SECONDS, then it becomes current, and then what is sealed under older keys is
 * sealed again. Older keys stay, for backups and for values written meanwhile.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "fatal.h"
#include "keys.h"
#include "str.h"

enum { BATCH = 200 };

/* Every table with a sealed column: what its row is found by, and what its values are bound to. */
static const struct sealed {
	const char *table;
	const char *key; /* a column, compared as text */
	const char *place;
} sealed_tables[] = {
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
};

int cli_key_status(struct cli *cli)
{
	static const char *const titles[] = { "key", "state", "created", "sealed values", NULL };
	struct str sql = str_new(cli->arena);
	str_add(&sql,
		"select k.id, case when k.current then 'current' else 'older' end,"
		" to_char(k.created, 'YYYY-MM-DD HH24:MI'), coalesce(sum(u.n), 0) from data_key k"
		" left join (");
	for (size_t i = 0; i < LEN(sealed_tables); i++)
		str_addf(&sql,
			"%sselect substr(sealed, 2, 4) as id, count(*) as n from %s group by 1",
			i ? " union all " : "", sealed_tables[i].table);
	str_add(&sql, ") u on u.id = decode(lpad(to_hex(k.id), 8, '0'), 'hex')"
		      " group by k.id order by k.id");
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
	const struct sealed *of;
	const char *select, *update;
	int64_t done, unreadable;
};

/* One value; false: the database failed. A row changed meanwhile has got a new seal by that. */
static bool value_rewrite(struct rewrite *w, struct arena *a, const struct rows *rows, int i)
{
	const struct seal *seal = w->cli->start.seal;
	const unsigned char *row_key = (const void *)rows_text(rows, i, 1);
	size_t n = 0, fresh_n;
	char *plain = rows_len(rows, i, 1) == SEAL_ROW_KEY_SIZE
			      ? seal_open(seal, a, w->of->place, row_key, rows_text(rows, i, 2),
					rows_len(rows, i, 2), &n)
			      : NULL;
	if (!plain) {
		w->unreadable++;
		return true;
	}
	unsigned char *fresh = seal_close(seal, a, w->of->place, row_key, plain, n, &fresh_n);
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

static bool tables_rewrite(struct cli *cli)
{
	for (size_t i = 0; i < LEN(sealed_tables); i++) {
		const struct sealed *t = &sealed_tables[i];
		const char *type = strcmp(t->key, "name") == 0 ? "text" : "bigint";
		struct rewrite w = { .cli = cli, .of = t };
		w.select = arena_printf(cli->arena,
			"select %s::text, row_key, sealed from %s where ($1::text is null or %s > $1::%s)"
			" and substr(sealed, 2, 4) <> decode($2::text, 'hex') order by %s limit %d",
			t->key, t->table, t->key, type, t->key, BATCH);
		w.update = arena_printf(cli->arena,
			"update %s set sealed = $3 where %s = $1::text::%s and sealed = $2",
			t->table, t->key, type);
		if (!table_rewrite(&w))
			return false;
		printf("%s: %lld sealed again", t->table, (long long)w.done);
		if (w.unreadable)
			printf(", %lld cannot be opened and stay as they are",
				(long long)w.unreadable);
		printf("\n");
		fflush(stdout);
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

int cli_key_rotate(struct cli *cli)
{
	const char *error;
	cli_open(cli, true);
	int64_t id = key_store(cli);
	if (!id)
		return cli_fail(cli, "cannot store a key: %s", cli_error(cli));
	printf("key %lld made; waiting for running servers to learn of it\n", (long long)id);
	fflush(stdout);
	sleep(2 * KEYS_WATCH_SECONDS + 2);
	if (!key_make_current(cli, id))
		return cli_fail(cli, "cannot make key %lld current", (long long)id);
	if (!keys_read(cli->arena, cli->start.sync, cli->start.seal, &error))
		return cli_fail(cli, "%s", error);
	printf("key %lld is current\n", (long long)id);
	sleep(KEYS_WATCH_SECONDS + 1); /* until nobody seals under an older one */
	if (!tables_rewrite(cli))
		return cli_fail(cli, "sealing again stopped: run punchd key rotate again");
	cli_close(cli);
	return 0;
}
