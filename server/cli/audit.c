/*
 * punchd audit: the audit trail.
 *
 * What is checked is computed here and not by the database's own functions, which whoever altered
 * the rows might have altered, too.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "fatal.h"
#include "str.h"

enum { BATCH = 1000, LIST_DEFAULT = 50, LIST_MOST = 100000 };

struct walk {
	struct cli *cli;
	int64_t chain, seq;
	unsigned char hash[SEAL_KEY_SIZE]; /* of the row before */
	int64_t rows, expired;
	const char *broken; /* the first place */
};

static void broken(struct walk *w, const char *what)
{
	if (!w->broken)
		w->broken = arena_printf(w->cli->arena, "chain %lld, row %lld: %s",
			(long long)w->chain, (long long)w->seq, what);
}

/* --- one chain ------------------------------------------------------------------------------- */

enum { SEQ, CONTENT, CONTENT_HASH, HASH, HAPPENED, EXPIRED, MAY_EXPIRE };

/* The content's words are those of audit_content() in functions/audit.sql. */
static const char rows_sql[] =
	"select l.seq, jsonb_build_array(l.chain_id, l.seq, extract(epoch from l.happened)::text,"
	" l.actor_kind, l.actor_id, l.actor_name, l.token_id, l.address, l.request, l.action,"
	" l.resource, l.object_id, l.pin_id, l.before, l.after, l.person_key_id,"
	" encode(l.personal, 'hex'))::text, l.content_hash, l.hash,"
	" extract(epoch from l.happened)::text, l.expired,"
	" l.happened < (select max(before) from audit_expiry)"
	" from audit_log l where l.chain_id = $1::int and l.seq > $2::bigint order by l.seq limit"
	" $3::int";

static bool hash_is(const struct rows *rows, int i, int column, const unsigned char *hash)
{
	return rows_len(rows, i, column) == SEAL_KEY_SIZE &&
	       memcmp(rows_text(rows, i, column), hash, SEAL_KEY_SIZE) == 0;
}

/* hash before | seq, 8 bytes | happened | hash of the content */
static void link_hash(const struct walk *w, const struct rows *rows, int i, unsigned char *out)
{
	unsigned char bytes[SEAL_KEY_SIZE + 8 + 64 + SEAL_KEY_SIZE];
	size_t n = 0, len = rows_len(rows, i, HAPPENED);
	memcpy(bytes, w->hash, SEAL_KEY_SIZE);
	n += SEAL_KEY_SIZE;
	for (int b = 0; b < 8; b++)
		bytes[n++] = (unsigned char)((uint64_t)w->seq >> (56 - 8 * b));
	len = len < 64 ? len : 64;
	memcpy(bytes + n, rows_text(rows, i, HAPPENED), len);
	n += len;
	if (rows_len(rows, i, CONTENT_HASH) == SEAL_KEY_SIZE)
		memcpy(bytes + n, rows_text(rows, i, CONTENT_HASH), SEAL_KEY_SIZE);
	else
		memset(bytes + n, 0, SEAL_KEY_SIZE);
	seal_sha256(bytes, n + SEAL_KEY_SIZE, out);
}

static void row_check(struct walk *w, const struct rows *rows, int i)
{
	unsigned char hash[SEAL_KEY_SIZE];
	int64_t expected = w->seq + 1;
	w->seq = rows_int(rows, i, SEQ);
	w->rows++;
	if (w->seq != expected) {
		int64_t at = w->seq;
		w->seq = expected;
		broken(w, "it is missing");
		w->seq = at;
	}
	if (rows_bool(rows, i, EXPIRED)) {
		w->expired++;
		if (!rows_bool(rows, i, MAY_EXPIRE))
			broken(w, "its content was dropped before its time");
	} else {
		seal_sha256(rows_text(rows, i, CONTENT), rows_len(rows, i, CONTENT), hash);
		if (!hash_is(rows, i, CONTENT_HASH, hash))
			broken(w, "its content was altered");
	}
	link_hash(w, rows, i, hash);
	if (!hash_is(rows, i, HASH, hash))
		broken(w, "it does not follow from the row before");
	memcpy(w->hash, rows_text(rows, i, HASH),
		rows_len(rows, i, HASH) == SEAL_KEY_SIZE ? SEAL_KEY_SIZE : 0);
}

/* False: the database failed. */
static bool chain_walk(struct walk *w, const struct rows *chains, int c)
{
	w->chain = rows_int(chains, c, 0);
	w->seq = 0;
	seal_sha256(rows_text(chains, c, 1), rows_len(chains, c, 1), w->hash);
	for (bool more = true; more && !w->broken;) {
		struct arena *a = arena_new();
		const struct db_arg args[] = { db_int(a, w->chain), db_int(a, w->seq),
			db_int(a, BATCH) };
		struct rows *rows = sync_query(
			w->cli->start.sync, rows_sql, args, LEN(args), true, &w->cli->failed);
		for (int i = 0; i < rows_count(rows) && !w->broken; i++)
			row_check(w, rows, i);
		more = rows_count(rows) == BATCH;
		bool good = rows != NULL;
		rows_free(rows);
		arena_free(a);
		if (!good)
			return false;
	}
	if (!w->broken &&
		(w->seq < rows_int(chains, c, 2) ||
			(w->seq == rows_int(chains, c, 2) && !hash_is(chains, c, 3, w->hash))))
		broken(w, "the rows after it are missing");
	return true;
}

/* --- what anchors remember ------------------------------------------------------------------- */

/* Heads that were written down, and of which there is no row. */
static const char anchors_sql[] =
	"select h.chain::bigint, (h.head ->> 0)::bigint, l.chain_id, l.seq"
	" from audit_log l, jsonb_each(l.after) h (chain, head)"
	" where l.action = 'anchor' and not exists (select from audit_log x"
	" where x.chain_id = h.chain::int and x.seq = (h.head ->> 0)::bigint"
	" and encode(x.hash, 'hex') = h.head ->> 1) order by l.happened limit 1";

static bool anchors_check(struct walk *w)
{
	const struct rows *rows = cli_query(w->cli, anchors_sql, NULL, 0, true);
	if (!rows)
		return false;
	if (rows_count(rows) && !w->broken)
		w->broken = arena_printf(w->cli->arena,
			"chain %lld, row %lld: not as the anchor in chain %lld, row %lld remembers it",
			(long long)rows_int(rows, 0, 0), (long long)rows_int(rows, 0, 1),
			(long long)rows_int(rows, 0, 2), (long long)rows_int(rows, 0, 3));
	return true;
}

/* --- commands -------------------------------------------------------------------------------- */

int cli_audit_verify(struct cli *cli)
{
	struct walk w = { .cli = cli };
	cli_open(cli, false);
	const struct rows *chains = cli_query(
		cli, "select id, key, seq, hash from audit_chain order by id", NULL, 0, true);
	if (!chains)
		return cli_fail(cli, "cannot read the audit trail: %s", cli_error(cli));
	for (int c = 0; c < rows_count(chains) && !w.broken; c++)
		if (!chain_walk(&w, chains, c))
			return cli_fail(cli, "cannot read the audit trail: %s", cli_error(cli));
	const struct rows *lost = cli_query(cli,
		"select l.chain_id from audit_log l where not exists"
		" (select from audit_chain c where c.id = l.chain_id) limit 1",
		NULL, 0, true);
	const struct rows *last = cli_query(cli,
		"select (select count(*) from audit_pending), (select count(*) from audit_log where"
		" action = 'anchor'), to_char(max(happened), 'YYYY-MM-DD HH24:MI:SS') from audit_log"
		" where action = 'anchor'",
		NULL, 0, true);
	if (!lost || !last || !anchors_check(&w))
		return cli_fail(cli, "cannot read the audit trail: %s", cli_error(cli));
	if (!w.broken && rows_count(lost))
		w.broken = arena_printf(
			cli->arena, "chain %lld: it is missing", (long long)rows_int(lost, 0, 0));
	if (w.broken)
		return cli_fail(cli, "the audit trail is broken: %s", w.broken);
	printf("%lld rows in %d chains are whole (%lld without content, expired); %lld not yet in a "
	       "chain; anchors: %lld, the last %s\n",
		(long long)w.rows, rows_count(chains), (long long)w.expired,
		(long long)rows_int(last, 0, 0), (long long)rows_int(last, 0, 1),
		rows_null(last, 0, 2) ? "none" : rows_text(last, 0, 2));
	cli_close(cli);
	return 0;
}

int cli_audit_list(struct cli *cli)
{
	static const char *const titles[] = { "time", "who", "from", "request", "action", "what",
		"id", NULL };
	int64_t n = LIST_DEFAULT;
	if (cli->words[0] && !str_to_int(cli->words[0], 1, LIST_MOST, &n))
		return cli_fail(cli, "COUNT is a number from 1 to %d", LIST_MOST);
	cli_open(cli, false);
	const struct db_arg args[] = { db_int(cli->arena, n) };
	const struct rows *rows = cli_query(cli,
		"select to_char(happened, 'YYYY-MM-DD HH24:MI:SS'), case when expired then 'expired'"
		" else concat_ws(' ', actor_kind, coalesce(actor_name, actor_id::text),"
		" 'token ' || token_id) end, address, request, action, resource, object_id"
		" from (select * from audit_log order by happened desc, id desc limit $1::bigint) l"
		" order by happened, id",
		args, LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot read the audit trail: %s", cli_error(cli));
	cli_table(rows, titles);
	cli_close(cli);
	return 0;
}
