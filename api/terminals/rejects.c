/*
 * /iclock/api/rejects/: lines that could not be stored, as they came; read-only. They lie sealed,
 * so each row is opened here.
 */
#include "rejects.h"

#include <openssl/evp.h>

#include "about.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "log.h"
#include "page.h"
#include "report_file.h"
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

/* As text, or in base64 where it is none; both NULL: not to be shown, or not to be read. */
struct raw {
	const char *text, *base64;
	size_t n;
};

static struct raw raw_open(struct arena *a, struct req *r, const struct rows *rows, int i)
{
	struct raw raw = { NULL };

	if (scope_limits(r)) /* a line may be about anybody */
		return raw;
	if (rows_len(rows, i, ROW_KEY) == SEAL_ROW_KEY_SIZE)
		raw.text = seal_open(api_of(r)->options.seal, a, "reject.sealed",
			(const unsigned char *)rows_text(rows, i, ROW_KEY),
			rows_text(rows, i, SEALED), rows_len(rows, i, SEALED), &raw.n);
	if (!raw.text)
		log_error("sealed_record_unreadable", "place", "reject.sealed", NULL);
	if (raw.text && !str_is_utf8(raw.text, raw.n)) {
		char *text = arena_alloc(a, raw.n / 3 * 4 + 5);
		EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)raw.text, (int)raw.n);
		raw = (struct raw){ .base64 = text };
	}
	return raw;
}

static void raw_members(struct out *o, struct req *r, const struct rows *rows, int i)
{
	struct arena *scratch = arena_new();
	struct raw raw = raw_open(scratch, r, rows, i);

	json_key(o, "raw");
	if (raw.text)
		json_textn(o, raw.text, raw.n);
	else
		json_none(o);
	json_key(o, "raw_base64");
	json_text(o, raw.base64);
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
	raw_members(o, r, rows, i);
	member_text(o, "first_seen", rows, i, FIRST_SEEN);
	member_text(o, "last_seen", rows, i, LAST_SEEN);
	json_key(o, "count");
	json_int(o, rows_int(rows, i, COUNT));
	json_close(o, '}');
}

/* The members in the order of reject_fields. */
static void file_row(struct out *o, const struct report_file *file, struct req *r,
	const struct rows *rows, int i)
{
	struct arena *scratch = arena_new();
	struct raw raw = raw_open(scratch, r, rows, i);

	report_file_number(o, file, true, rows_int(rows, i, ID));
	if (rows_null(rows, i, TERMINAL))
		report_file_text(o, file, false, NULL);
	else
		report_file_number(o, file, false, rows_int(rows, i, TERMINAL));
	for (int c = SN; c <= REASON; c++)
		report_file_text(o, file, false, rows_text(rows, i, c));
	report_file_text(o, file, false, raw.text);
	report_file_text(o, file, false, raw.base64);
	report_file_text(o, file, false, rows_text(rows, i, FIRST_SEEN));
	report_file_text(o, file, false, rows_text(rows, i, LAST_SEEN));
	report_file_number(o, file, false, rows_int(rows, i, COUNT));
	report_file_end_row(o, file);
	arena_free(scratch);
}

static void file_header(struct out *o, const struct report_file *file)
{
	report_file_begin(o, file);
	for (int c = 0; reject_fields[c].json; c++)
		report_file_text(o, file, c == 0, reject_fields[c].json);
	report_file_end_row(o, file);
}

/* --- lists ---------------------------------------------------------------------------------- */

struct rejects {
	struct page page;
	struct report_file *file; /* NULL: a list */
	int64_t count, at, left; /* at: rows of the list already written or passed over */
	bool comma, begun;
};

static void rejects_start(struct req *r, struct rejects *l)
{
	struct sql *sql = sql_new(req_arena(r));

	req_set_data(r, l);
	if (!page_read(r, &l->page))
		return;
	sql_add(sql, "select count(*) from reject t where true");
	scope_add(sql, r, "reject", "t");
	bool possible = filter_add(sql, r, reject_filters);
	if (!possible && !l->file) {
		page_reply_empty(r, &l->page);
		return;
	}
	if (!possible)
		sql_add(sql, " and false");
	sql_run(sql, r, rejects_counted);
}

void rejects_list(struct req *r, const struct rows *rows)
{
	rejects_start(r, arena_alloc(req_arena(r), sizeof(struct rejects)));
}

/* ?page_size= asks for a page of it. */
void rejects_export(struct req *r, const struct rows *rows)
{
	struct rejects *l = arena_alloc(req_arena(r), sizeof(*l));

	l->file = report_file_read(r);
	if (l->file)
		rejects_start(r, l);
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
	bool whole = l->file && report_file_is_whole(r);
	l->at = whole ? 0 : page_offset(&l->page);
	l->left = whole ? l->count : page_rows(&l->page, l->count);
	if (!l->file) {
		rejects_ask(r, l, rejects_rows);
		return;
	}
	report_file_named(r, l->file, "rejects");
	req_stream(r, 200, l->file->type, rejects_more);
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

	if (l->file && !l->begun)
		file_header(req_stream_out(r), l->file);
	l->begun = true;
	if (l->left > 0) {
		rejects_ask(r, l, rejects_piece);
		return;
	}
	if (!l->file) {
		req_stream_out(r)->comma = true;
		page_close(req_stream_out(r));
	}
	report_file_end(r, l->file);
}

static void rejects_piece(struct req *r, const struct rows *rows)
{
	struct rejects *l = req_data(r);
	struct out *o = req_stream_out(r);

	o->comma = l->comma;
	for (int i = 0; i < rows_count(rows); i++) {
		if (l->file)
			file_row(o, l->file, r, rows, i);
		else
			reject_write(o, r, rows, i);
	}
	l->comma = o->comma;
	report_file_flush(r, l->file, rejects_more);
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
	bool one = route->handler == rejects_read;

	about->summary = one ? "Read one" : "List";
	about->reply = one ? ABOUT_ROW : ABOUT_LIST;
	about->shape = reject_fields;
	if (one)
		return;
	about->orders = reject_orders;
	about_filters(about, page_filters);
	about_filters(about, reject_filters);
	if (route->handler == rejects_export) {
		about->summary = "The list as a file";
		about->reply = ABOUT_FILE;
		about_filters(about, report_file_filters);
	}
}
