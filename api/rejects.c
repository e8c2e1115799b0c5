/*
 * /iclock/api/rejects/: lines that could not be stored, as they came; read-only. They lie sealed,
 * so each row is opened here.
 */
#include <openssl/evp.h>

#include "about.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "iclock.h"
#include "log.h"
#include "page.h"
#include "scope.h"

static req_step rejects_counted, rejects_rows, rejects_more, rejects_piece, reject_found;

enum { PIECE = 500 };

static const struct filter reject_filters[] = {
	{ "id", FILTER_INT, "t.id = $$" },
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "terminal_sn", FILTER_TEXT, "t.sn = $$" },
	{ "terminal_sn_icontains", FILTER_CONTAINS, "t.sn ilike $$" },
	{ "table", FILTER_TEXT, "t.table_name = $$" },
	{ "reason", FILTER_TEXT, "t.reason = $$" },
	{ "reason_icontains", FILTER_CONTAINS, "t.reason ilike $$" },
	{ "first_seen_start", FILTER_TIME, "t.first_seen >= $$" },
	{ "first_seen_end", FILTER_TIME, "t.first_seen < $$ + interval '1 second'" },
	{ "last_seen_start", FILTER_TIME, "t.last_seen >= $$" },
	{ "last_seen_end", FILTER_TIME, "t.last_seen < $$ + interval '1 second'" },
	{ "start_time", FILTER_TIME, "t.last_seen >= $$" },
	{ "end_time", FILTER_TIME, "t.last_seen < $$ + interval '1 second'" },
	{ "search", FILTER_CONTAINS,
		"t.sn ilike $$ or t.table_name ilike $$ or t.reason ilike $$" },
	{ 0 },
};

static const struct order reject_orders[] = {
	{ "id", "t.id" },
	{ "first_seen", "t.first_seen" },
	{ "last_seen", "t.last_seen" },
	{ "count", "t.seen_count" },
	{ 0 },
};

enum { ID, TERMINAL, SN, TABLE, REASON, FIRST_SEEN, LAST_SEEN, COUNT, ROW_KEY, SEALED };

/* As reject_write() writes them. */
static const struct field reject_fields[] = {
	{ "id", NULL, FT_INT },
	{ "terminal", NULL, FT_INT },
	{ "terminal_sn", NULL, FT_TEXT },
	{ "table", NULL, FT_TEXT },
	{ "reason", NULL, FT_TEXT },
	{ "raw", NULL, FT_TEXT },
	{ "raw_base64", NULL, FT_TEXT },
	{ "first_seen", NULL, FT_TIME },
	{ "last_seen", NULL, FT_TIME },
	{ "count", NULL, FT_INT },
	{ 0 },
};

static const char select_sql[] =
	"select t.id, t.terminal_id, t.sn, t.table_name, t.reason,"
	" to_char(t.first_seen, 'YYYY-MM-DD HH24:MI:SS'),"
	" to_char(t.last_seen, 'YYYY-MM-DD HH24:MI:SS'), t.seen_count, t.row_key, t.sealed"
	" from reject t";

/* --- one row -------------------------------------------------------------------------------- */

/* "raw" as text, or "raw_base64" where it is none. */
static void raw_write(struct out *o, const char *raw, size_t n)
{
	if (raw && !str_is_utf8(raw, n)) {
		struct arena *scratch = arena_new();
		char *text = arena_alloc(scratch, n / 3 * 4 + 5);
		EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)raw, (int)n);
		json_key(o, "raw");
		json_none(o);
		json_key(o, "raw_base64");
		json_text(o, text);
		arena_free(scratch);
		return;
	}
	json_key(o, "raw");
	if (raw)
		json_textn(o, raw, n);
	else
		json_none(o);
	json_key(o, "raw_base64");
	json_none(o);
}

static void raw_open(struct out *o, struct req *r, const struct rows *rows, int i)
{
	if (scope_limits(r)) { /* a line may be about anybody */
		raw_write(o, NULL, 0);
		return;
	}
	struct arena *scratch = arena_new();
	const char *raw = NULL;
	size_t n = 0;

	if (rows_len(rows, i, ROW_KEY) == SEAL_ROW_KEY_SIZE)
		raw = seal_open(api_of(r)->options.seal, scratch, "reject.sealed",
			(const unsigned char *)rows_text(rows, i, ROW_KEY),
			rows_text(rows, i, SEALED), rows_len(rows, i, SEALED), &n);
	if (!raw)
		log_error("sealed_record_unreadable", "place", "reject.sealed", NULL);
	raw_write(o, raw, n);
	arena_free(scratch);
}

static void member_text(struct out *o, const char *key, const struct rows *rows, int i, int column)
{
	json_key(o, key);
	json_text(o, rows_text(rows, i, column));
}

static void reject_write(struct out *o, struct req *r, const struct rows *rows, int i)
{
	json_open(o, '{');
	json_key(o, "id");
	json_int(o, rows_int(rows, i, ID));
	json_key(o, "terminal");
	if (rows_null(rows, i, TERMINAL))
		json_none(o);
	else
		json_int(o, rows_int(rows, i, TERMINAL));
	member_text(o, "terminal_sn", rows, i, SN);
	member_text(o, "table", rows, i, TABLE);
	member_text(o, "reason", rows, i, REASON);
	raw_open(o, r, rows, i);
	member_text(o, "first_seen", rows, i, FIRST_SEEN);
	member_text(o, "last_seen", rows, i, LAST_SEEN);
	json_key(o, "count");
	json_int(o, rows_int(rows, i, COUNT));
	json_close(o, '}');
}

/* --- lists ---------------------------------------------------------------------------------- */

struct rejects {
	struct page page;
	int64_t count, at, left; /* at: rows of the list already written or passed over */
	bool comma;
};

void rejects_list(struct req *r, const struct rows *rows)
{
	struct rejects *l = arena_alloc(req_arena(r), sizeof(*l));
	struct sql *sql = sql_new(req_arena(r));

	req_set_data(r, l);
	if (!page_read(r, &l->page))
		return;
	sql_add(sql, "select count(*) from reject t where true");
	scope_add(sql, r, "reject", "t");
	if (filter_add(sql, r, reject_filters))
		sql_run(sql, r, rejects_counted);
	else
		page_reply_empty(r, &l->page);
}

static void rejects_ask(struct req *r, struct rejects *l, req_step *next)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t n = l->left < PIECE ? l->left : PIECE;

	sql_add(sql, select_sql);
	sql_add(sql, " where true");
	scope_add(sql, r, "reject", "t");
	filter_add(sql, r, reject_filters);
	order_add(sql, r, reject_orders, "id", "t.id");
	sql_arg(sql, " limit $$::int8", db_int(req_arena(r), n));
	sql_arg(sql, " offset $$::int8", db_int(req_arena(r), l->at));
	l->at += n;
	l->left -= n;
	sql_run(sql, r, next);
}

static void rejects_counted(struct req *r, const struct rows *rows)
{
	struct rejects *l = req_data(r);

	l->count = rows_int(rows, 0, 0);
	if (!page_fit(r, &l->page, l->count))
		return;
	l->at = page_offset(&l->page);
	l->left = page_rows(&l->page, l->count);
	rejects_ask(r, l, rejects_rows);
}

static void rejects_rows(struct req *r, const struct rows *rows)
{
	struct rejects *l = req_data(r);
	struct out o;

	out_init(&o);
	page_open(&o, r, &l->page, l->count);
	for (int i = 0; i < rows_count(rows); i++)
		reject_write(&o, r, rows, i);
	if (l->left > 0) {
		l->comma = o.comma;
		req_stream(r, 200, "application/json", rejects_more);
		out_addn(req_stream_out(r), o.bytes, o.len);
		req_stream_flush(r);
	} else {
		page_close(&o);
		req_reply(r, 200, "application/json", o.bytes, o.len);
	}
	out_free(&o);
}

static void rejects_more(struct req *r, const struct rows *rows)
{
	struct rejects *l = req_data(r);

	if (l->left > 0) {
		rejects_ask(r, l, rejects_piece);
		return;
	}
	req_stream_out(r)->comma = true;
	page_close(req_stream_out(r));
	req_stream_end(r);
}

static void rejects_piece(struct req *r, const struct rows *rows)
{
	struct rejects *l = req_data(r);
	struct out *o = req_stream_out(r);

	o->comma = l->comma;
	for (int i = 0; i < rows_count(rows); i++)
		reject_write(o, r, rows, i);
	l->comma = o->comma;
	req_stream_flush(r);
}

/* --- one ------------------------------------------------------------------------------------ */

void rejects_read(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t id;

	if (!str_to_int(req_arg(r, "id"), 0, INT64_MAX, &id)) {
		error_not_found(r);
		return;
	}
	sql_add(sql, select_sql);
	sql_arg(sql, " where t.id = $$::bigint", db_int(req_arena(r), id));
	sql_run(sql, r, reject_found);
}

static void reject_found(struct req *r, const struct rows *rows)
{
	struct out o;

	if (rows_count(rows) == 0) {
		error_not_found(r);
		return;
	}
	out_init(&o);
	reject_write(&o, r, rows, 0);
	req_reply(r, 200, "application/json", o.bytes, o.len);
	out_free(&o);
}

void rejects_about(const struct route *route, struct arena *a, struct about *about)
{
	bool list = route->handler == rejects_list;

	about->summary = list ? "List" : "Read one";
	about->reply = list ? ABOUT_LIST : ABOUT_ROW;
	about->shape = reject_fields;
	if (!list)
		return;
	about->orders = reject_orders;
	about_filters(about, page_filters);
	about_filters(about, reject_filters);
}
