/*
 * Lists of resources: count, then the rows of the page. Small pages are one statement and one
 * reply; big ones fix the ids of their rows first and are streamed piece by piece, so that no
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
	int64_t count;
	int64_t *ids; /* those of commands and rejects are wider than others */
	int nids, at;
	bool open; /* the envelope has begun */
	bool comma; /* of the writer, over pieces */
};

static void rows_from(struct sql *sql, const struct resource *res)
{
	if (res->count_from)
		sql_addf(sql, " from %s", res->count_from);
	else
		sql_addf(sql, " from %s t", res->table);
}

static void list_order(struct sql *sql, struct req *r, const struct resource *res)
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

/* "select t.id ..." of the rows on the page */
static void page_ids_add(struct sql *sql, struct req *r, const struct list *l)
{
	sql_add(sql, "select t.id");
	rows_from(sql, l->res);
	resource_where(sql, r, l->res);
	list_order(sql, r, l->res);
	sql_arg(sql, " limit $$::int8", db_int(req_arena(r), l->page.size));
	sql_arg(sql, " offset $$::int8", db_int(req_arena(r), page_offset(&l->page)));
}

void resource_list(struct req *r, const struct rows *rows)
{
	struct list *l = arena_alloc(req_arena(r), sizeof(*l));
	struct sql *sql = sql_new(req_arena(r));

	l->res = resource_of(r);
	req_set_data(r, l);
	if (!page_read(r, &l->page))
		return;
	sql_add(sql, "select count(*)");
	rows_from(sql, l->res);
	if (!resource_where(sql, r, l->res))
		page_reply_empty(r, &l->page);
	else
		sql_run(sql, r, list_counted);
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
		resource_select(sql, l->res);
		sql_add(sql, " where t.id in (");
		page_ids_add(sql, r, l);
		sql_add(sql, ")");
		list_order(sql, r, l->res);
		sql_run(sql, r, list_rows);
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

	out_init(&out);
	page_open(&out, r, &l->page, l->count);
	for (int i = 0; i < rows_count(rows); i++)
		resource_write_row(&out, r, l->res, rows, i);
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
	resource_select(sql, l->res);
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
