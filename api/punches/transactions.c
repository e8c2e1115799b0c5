/* /iclock/api/transactions/: punches as lists, single rows and files; they are never written. */
#include "transactions.h"

#include "about.h"
#include "errors.h"
#include "page.h"
#include "punch_list.h"
#include "report_file.h"

/* --- lists ---------------------------------------------------------------------------------- */

static void json_row(struct out *o, const struct punch_row *row, const void *arg)
{
	punch_row_json(o, row);
}

static void json_begin(struct out *o, struct req *r, const struct punch_form *form,
	const struct page *page, int64_t count, bool more)
{
	page_begin(o, r, page, count, more);
}

static const struct punch_form json_form = {
	.type = "application/json",
	.begin = json_begin,
	.row = json_row,
	.end = page_close,
	.walks = true,
};

void transactions_list(struct req *r, const struct rows *rows)
{
	struct page page;

	if (page_read(r, &page))
		punch_list(r, &json_form, &page);
}

/* --- one ------------------------------------------------------------------------------------ */

static req_step transaction_found, transaction_deleted;

/* False: no such row, replied. */
static bool id_read(struct req *r, int64_t *id)
{
	if (str_to_int(req_arg(r, "id"), 1, INT64_MAX, id))
		return true;
	error_not_found(r);
	return false;
}

void transactions_read(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t id;

	if (!id_read(r, &id))
		return;
	punch_sql_one(sql, id);
	sql_run(sql, r, transaction_found);
}

static void transaction_found(struct req *r, const struct rows *rows)
{
	struct punch_row row;
	struct out o;

	if (rows_count(rows) == 0) {
		error_not_found(r);
		return;
	}
	punch_row_read(&row, rows, 0, 0);
	punch_row_read_names(&row, rows, 0, 0);
	out_init(&o);
	punch_row_json(&o, &row);
	req_reply(r, 200, "application/json", o.bytes, o.len);
	out_free(&o);
}

void transactions_delete(struct req *r, const struct rows *rows)
{
	int64_t id;

	if (!id_read(r, &id))
		return;
	const struct db_arg args[] = { db_int(req_arena(r), id) };
	req_query(r, transaction_deleted, "select punch_delete(array[$1::bigint])", 1, args);
}

static void transaction_deleted(struct req *r, const struct rows *rows)
{
	if (rows_int(rows, 0, 0) == 0)
		error_not_found(r);
	else
		req_empty(r, 204);
}

/* --- files ---------------------------------------------------------------------------------- */

struct export
{
	struct punch_cells cells;
	const struct report_file *file;
};

static void export_row(struct out *o, const struct punch_row *row, const void *arg)
{
	const struct export *e = arg;

	punch_cells_row(o, &e->cells, e->file->separator, row);
}

static void export_end(struct out *o)
{
}

static void export_begin(struct out *o, struct req *r, const struct punch_form *form,
	const struct page *page, int64_t count, bool more)
{
	const struct export *e = form->arg;

	report_file_named(r, e->file, "transactions");
	report_file_begin(o, e->file);
	punch_cells_header(o, &e->cells, e->file->separator);
}

void transactions_export(struct req *r, const struct rows *rows)
{
	struct punch_form *form = arena_alloc(req_arena(r), sizeof(*form));
	struct export *e = arena_alloc(req_arena(r), sizeof(*e));
	struct report_file *file = report_file_read(r);
	struct page page;

	if (!file || !page_read(r, &page))
		return;
	e->cells = punch_cells_read(req_param(r, "export_headers"));
	e->file = file;
	*form = (struct punch_form){
		.type = file->type,
		.begin = export_begin,
		.row = export_row,
		.end = export_end,
		.file = file,
		.arg = e,
		.all = report_file_is_whole(r),
	};
	punch_list(r, form, &page);
}

/* --- described ------------------------------------------------------------------------------ */

void transactions_about(const struct route *route, struct arena *a, struct about *about)
{
	bool one = route->handler == transactions_read;

	about->summary = one ? "Read one" : "List";
	about->reply = one ? ABOUT_ROW : ABOUT_LIST;
	about->shape = punch_members;
	about->optional = punch_optional;
	if (one)
		return;
	about->orders = punch_orders;
	about_filters(about, page_filters);
	punch_filter_about(about);
	if (route->handler == transactions_export) {
		about->summary = "The list as a file";
		about->reply = ABOUT_FILE;
		about_filters(about, report_file_filters);
	}
}
