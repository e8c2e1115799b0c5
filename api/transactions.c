/* /iclock/api/transactions/: punches as lists, single rows and files; they are never written. */
#include "transactions.h"

#include <string.h>

#include "errors.h"
#include "fatal.h"
#include "page.h"
#include "punch_list.h"

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
	char separator;
};

static void export_row(struct out *o, const struct punch_row *row, const void *arg)
{
	const struct export *e = arg;

	punch_cells_row(o, &e->cells, e->separator, row);
}

static void export_end(struct out *o)
{
}

static void export_begin(struct out *o, struct req *r, const struct punch_form *form,
	const struct page *page, int64_t count, bool more)
{
	const struct export *e = form->arg;

	req_add_header(r, "Content-Disposition",
		e->separator == ',' ? "attachment; filename=\"transactions.csv\""
				    : "attachment; filename=\"transactions.txt\"");
	punch_cells_header(o, &e->cells, e->separator);
}

static const struct {
	const char *name, *type;
	char separator;
} kinds[] = {
	{ "csv", "text/csv", ',' },
	{ "txt", "text/plain", '\t' },
};

static int kind_read(struct req *r)
{
	const char *type = req_param(r, "export_type");

	if (!type || !*type) {
		error_field(r, "export_type", "This field is required.");
		return -1;
	}
	for (size_t i = 0; i < LEN(kinds); i++)
		if (str_same_word(type, kinds[i].name))
			return (int)i;
	if (!str_is_utf8(type, strlen(type)) || strlen(type) > 100)
		type = "";
	error_field(r, "export_type",
		arena_printf(req_arena(r), "\"%s\" is not a valid choice.", type));
	return -1;
}

static bool param_given(struct req *r, const char *name)
{
	const char *value = req_param(r, name);
	return value && *value;
}

void transactions_export(struct req *r, const struct rows *rows)
{
	struct punch_form *form = arena_alloc(req_arena(r), sizeof(*form));
	struct export *e = arena_alloc(req_arena(r), sizeof(*e));
	int kind = kind_read(r);
	struct page page;

	if (kind < 0 || !page_read(r, &page))
		return;
	e->cells = punch_cells_read(req_param(r, "export_headers"));
	e->separator = kinds[kind].separator;
	*form = (struct punch_form){
		.type = kinds[kind].type,
		.begin = export_begin,
		.row = export_row,
		.end = export_end,
		.arg = e,
		.all = !param_given(r, "page_size") && !param_given(r, "limit"),
	};
	punch_list(r, form, &page);
}
