/*
 * Lists of resources. A small page is one statement, which counts and reads, and one reply; a big
 * one is counted, then fixes the ids of its rows and is streamed piece by piece, so that no
 * connection is held while the client does not read, and no row comes twice.
 */
#include <string.h>

#include "errors.h"
#include "fatal.h"
#include "page.h"
#include "resource_private.h"

enum { SMALL_PAGE = 500, PIECE = 500 };

static req_step list_counted, list_rows, list_ids, list_more, list_piece;

struct list {
	const struct resource *res;
	struct page page;
	int64_t count; /* -1: not known yet */
	bool tallied; /* nothing is filtered, and all rows are counted already */
	int64_t *ids; /* those of commands and rejects are wider than others */
	int nids, at;
	bool open; /* the envelope has begun */
	bool comma; /* of the writer, over pieces */
};

void resource_rows(struct sql *sql, const struct resource *res, bool joined)
{
	if (res->count_from && joined)
		sql_addf(sql, " from %s", res->count_from);
	else
		sql_addf(sql, " from %s t", res->table);
}

void resource_order(struct sql *sql, struct req *r, const struct resource *res)
{
	struct arena *a = req_arena(r);
	int n = 0;

	for (const struct field *f = res->fields; f->json; f++)
		n++;
	struct order *orders = arena_array(a, (size_t)n + 1, sizeof(*orders));
	n = 0;
	for (const struct field *f = res->fields; f->json; f++)
		if (f->flags & F_ORDER)
			orders[n++] = (struct order){ f->json, f->expr };
	order_add(sql, r, orders, res->fallback ? res->fallback : "id", "t.id");
}

/* "select id ..." of the rows on the page. Of a first page PostgreSQL is told the most it can be:
 * then one plan serves all, and it need not plan each time. */
static void page_ids_add(struct sql *sql, struct req *r, const struct list *l)
{
	bool first = page_offset(&l->page) == 0 && l->page.size <= SMALL_PAGE;

	sql_add(sql, first ? "select id from (select t.id" : "select t.id");
	resource_rows(sql, l->res, !l->tallied || req_param(r, "ordering") || l->res->fallback);
	resource_where(sql, r, l->res);
	resource_order(sql, r, l->res);
	if (first)
		sql_addf(sql, " limit %d) first", SMALL_PAGE);
	sql_arg(sql, " limit $$::int8", db_int(req_arena(r), l->page.size));
	if (!first)
		sql_arg(sql, " offset $$::int8", db_int(req_arena(r), page_offset(&l->page)));
}

static void count_add(struct sql *sql, struct req *r, const struct list *l)
{
	if (l->tallied) {
		sql_addf(sql, "select sum(n)::int8 from tally where name = '%s'", l->res->table);
		return;
	}
	sql_add(sql, "select count(*)");
	resource_rows(sql, l->res, true);
	resource_where(sql, r, l->res);
}

static void small_page(struct req *r, struct list *l)
{
	struct sql *sql = sql_new(req_arena(r));

	sql_add(sql, "select (");
	count_add(sql, r, l);
	sql_add(sql, ")");
	resource_select_behind(sql, r, l->res, 1);
	sql_add(sql, " where t.id in (");
	page_ids_add(sql, r, l);
	sql_add(sql, ")");
	resource_order(sql, r, l->res);
	sql_run(sql, r, list_rows);
}

static void list_count(struct req *r, struct list *l)
{
	struct sql *sql = sql_new(req_arena(r));

	count_add(sql, r, l);
	sql_run(sql, r, list_counted);
}

void resource_list(struct req *r, const struct rows *rows)
{
	struct list *l = arena_alloc(req_arena(r), sizeof(*l));
	struct sql *where = sql_new(req_arena(r));

	*l = (struct list){ .res = resource_of(r), .count = -1 };
	req_set_data(r, l);
	if (!page_read(r, &l->page))
		return;
	if (!resource_where(where, r, l->res)) {
		page_reply_empty(r, &l->page);
		return;
	}
	l->tallied = l->res->tallied && strcmp(str_text(&where->text), RESOURCE_WHERE_ALL) == 0;
	if (l->page.number > 0 && l->page.size <= SMALL_PAGE)
		small_page(r, l);
	else
		list_count(r, l);
}

static void list_counted(struct req *r, const struct rows *rows)
{
	struct list *l = req_data(r);
	struct sql *sql = sql_new(req_arena(r));

	l->count = rows_int(rows, 0, 0);
	if (!page_fit(r, &l->page, l->count))
		return;
	if (l->count == 0) {
		page_reply_empty(r, &l->page);
	} else if (page_rows(&l->page, l->count) <= SMALL_PAGE) {
		small_page(r, l);
	} else {
		sql_add(sql, "select array_agg(id) from (");
		page_ids_add(sql, r, l);
		sql_add(sql, ") page");
		sql_run(sql, r, list_ids);
	}
}

static void list_rows(struct req *r, const struct rows *rows)
{
	struct list *l = req_data(r);
	struct out out;

	if (rows_count(rows) > 0) {
		l->count = rows_int(rows, 0, 0);
	} else if (l->count < 0) { /* none at all, or the page is past the end */
		list_count(r, l);
		return;
	}
	out_init(&out);
	page_open(&out, r, &l->page, l->count);
	for (int i = 0; i < rows_count(rows); i++)
		resource_write_row_behind(&out, r, l->res, rows, i, 1);
	page_close(&out);
	req_reply(r, 200, "application/json", out.bytes, out.len);
	out_free(&out);
}

/* --- big pages ------------------------------------------------------------------------------ */

static void list_ids(struct req *r, const struct rows *rows)
{
	struct list *l = req_data(r);
	int64_t want = page_rows(&l->page, l->count);

	l->ids = arena_array(req_arena(r), (size_t)want + 1, sizeof(*l->ids));
	if (!rows_null(rows, 0, 0))
		l->nids = rows_ints(rows, 0, 0, l->ids, (int)want);
	if (l->nids > want)
		l->nids = (int)want;
	req_stream(r, 200, "application/json", list_more);
}

static void list_more(struct req *r, const struct rows *rows)
{
	struct list *l = req_data(r);
	struct out *out = req_stream_out(r);
	int left = l->nids - l->at, n = left < PIECE ? left : PIECE;

	if (!l->open) {
		page_open(out, r, &l->page, l->count);
		l->comma = out->comma;
		l->open = true;
	}
	if (n == 0) {
		page_close(out);
		req_stream_end(r);
		return;
	}
	struct sql *sql = sql_new(req_arena(r));
	resource_select(sql, r, l->res);
	sql_arg(sql,
		" join unnest($$::bigint[]) with ordinality piece (id, place) on piece.id = t.id"
		" order by piece.place",
		db_int8_array(req_arena(r), l->ids + l->at, NULL, n));
	l->at += n;
	sql_run(sql, r, list_piece);
}

static void list_piece(struct req *r, const struct rows *rows)
{
	struct list *l = req_data(r);
	struct out *out = req_stream_out(r);

	out->comma = l->comma;
	for (int i = 0; i < rows_count(rows); i++)
		resource_write_row(out, r, l->res, rows, i);
	l->comma = out->comma;
	req_stream_flush(r);
}
