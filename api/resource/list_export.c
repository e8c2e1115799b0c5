/*
 * Lists of resources as files: the rows that the list has, with its filters, order and limits. A
 * member that is an object becomes a column for each of its members. Pieces go by id where the order
 * does; in another order the ids of the rows are fixed first. No connection is held while the client
 * does not read.
 */
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "errors.h"
#include "fatal.h"
#include "page.h"
#include "report_file.h"
#include "resource_private.h"
#include "route.h"

enum {
	PIECE = 500,
	IDS_MOST = 1000000, /* in an order of their own */
	CELLS_MOST = 256,
	DEADLINE_MS = 600000 /* of a piece: filters may find its rows far apart */
};

/* --- columns -------------------------------------------------------------------------------- */

struct cell {
	const char *name;
	const struct field *field; /* NULL: a custom attribute */
	int column; /* of the result; -1: in the sealed record */
	const char *key; /* of the objects that a list holds; NULL: their ids */
	const json_t *attribute;
};

struct export
{
	const struct resource *res;
	struct report_file *file;
	struct cell cells[CELLS_MOST]; /* all that there are */
	int ncells;
	unsigned char shown[CELLS_MOST]; /* those asked for, in their order */
	int nshown;
	json_t *attributes;
	bool begun;

	bool down; /* by falling ids */
	int64_t last; /* id written */
	bool over;
	struct page page;
	int64_t *ids; /* NULL: rows go by id */
	int64_t nids, at;
	struct sql *sql; /* of every piece; its last parameter says which */
	struct arena *arena; /* of the piece under way */
};

static struct cell *cell_add(struct export *e, const char *name, const struct field *f, int column)
{
	if (e->ncells == CELLS_MOST)
		fatal("more than %d columns of %s", CELLS_MOST, e->res->name);
	struct cell *c = &e->cells[e->ncells++];
	*c = (struct cell){ .name = name, .field = f, .column = column };
	return c;
}

static bool member_is_top(const struct resource *res, const char *name)
{
	for (const struct field *f = res->fields; f->json; f++)
		if (strcmp(f->json, name) == 0)
			return true;
	return false;
}

/* department: {id, dept_code} -> department, dept_code; what a parent has is called parent_... .
 * NULL: the row has it by this name anyway. */
static const char *member_name(
	struct arena *a, const struct resource *res, const struct field *of, const char *name)
{
	if (strcmp(name, "id") == 0)
		return of->type == FT_REF ? of->json : NULL;
	if (of->flags & F_PARENT)
		name = arena_printf(a, "parent_%s", name);
	else if (!strchr(name, '_'))
		name = arena_printf(a, "%s_%s", of->json, name);
	return member_is_top(res, name) ? NULL : name;
}

/* The columns as resource_select() makes them. */
static void field_cells(struct export *e, struct arena *a, const struct field *f, int *column)
{
	if (f->flags & F_HIDDEN)
		return;
	if (f->flags & F_SEALED) {
		cell_add(e, f->json, f, -1);
		return;
	}
	for (const struct field *m = f->members; m && m->json; m++) {
		const char *name = member_name(a, e->res, f, m->json);
		if (name)
			cell_add(e, name, m, *column);
		++*column;
	}
	if (f->members)
		return;
	cell_add(e, f->json, f, *column);
	if (f->type == FT_REFS) {
		cell_add(e, arena_printf(a, "%s_code", f->table), f, *column);
		cell_add(e, arena_printf(a, "%s_name", f->table), f, *column);
		for (int i = 1; i <= 2; i++)
			e->cells[e->ncells - i].key = e->cells[e->ncells - i].name;
	}
	++*column;
}

/* The first column of a result is the row's id. */
static void cells_make(struct export *e, struct arena *a)
{
	int column = 1;

	for (const struct field *f = e->res->fields; f->json; f++)
		field_cells(e, a, f, &column);
}

static void attributes_release(void *list)
{
	json_decref(list);
}

/* They are known with the first rows. */
static void attribute_cells(struct export *e, struct arena *a, const char *list)
{
	const json_t *attribute;
	size_t i;

	e->attributes = json_loads(list, 0, NULL);
	arena_defer(a, attributes_release, e->attributes);
	json_array_foreach(e->attributes, i, attribute)
	{
		if (e->ncells < CELLS_MOST)
			cell_add(e, e->res->more->name(attribute), NULL, -1)->attribute = attribute;
	}
}

/* By export_headers; nothing known of it: all. */
static void cells_choose(struct req *r, struct export *e)
{
	const char *list = req_param(r, "export_headers"), *word;
	size_t n;

	while (e->nshown < CELLS_MOST && report_file_word(&list, &word, &n))
		for (int i = 0; i < e->ncells; i++)
			if (strlen(e->cells[i].name) == n &&
				memcmp(e->cells[i].name, word, n) == 0) {
				e->shown[e->nshown++] = (unsigned char)i;
				break;
			}
	if (e->nshown == 0)
		for (; e->nshown < e->ncells; e->nshown++)
			e->shown[e->nshown] = (unsigned char)e->nshown;
}

/* --- one row -------------------------------------------------------------------------------- */

struct row {
	const struct resource *res;
	struct req *req;
	struct out *out;
	const struct report_file *file;
	const struct rows *rows;
	int row;
	bool first;
	bool secrets;
	const json_t *sealed;
};

static void json_cell(struct row *row, const json_t *value)
{
	char number[32];

	if (json_is_integer(value))
		report_file_number(row->out, row->file, row->first, json_integer_value(value));
	else if (json_is_boolean(value))
		report_file_text(
			row->out, row->file, row->first, json_is_true(value) ? "true" : "false");
	else if (json_is_real(value))
		cells_raw(row->out, row->file->separator, row->first, number,
			(size_t)snprintf(number, sizeof(number), "%.15g", json_real_value(value)));
	else
		report_file_text(row->out, row->file, row->first, json_string_value(value));
}

/* [1,2], ["a"], [{"id":1,"area_code":"N"}] -> "1;2", "a", "1" or, by key, "N" */
static void list_cell(struct row *row, const char *text, const char *key)
{
	struct arena *scratch = arena_new();
	json_t *list = json_loads(text, JSON_DECODE_ANY, NULL), *value;
	struct str joined = str_new(scratch);
	size_t i;

	json_array_foreach(list, i, value)
	{
		if (json_is_object(value))
			value = json_object_get(value, key ? key : "id");
		if (i)
			str_addc(&joined, ';');
		if (json_is_integer(value))
			str_addi(&joined, json_integer_value(value));
		else if (json_is_string(value))
			str_add(&joined, json_string_value(value));
	}
	report_file_text(row->out, row->file, row->first, str_text(&joined));
	json_decref(list);
	arena_free(scratch);
}

static void double_cell(struct row *row, double value)
{
	json_t *json = json_real(value);

	json_cell(row, json);
	json_decref(json);
}

static void column_cell(struct row *row, const struct cell *c)
{
	const struct rows *rows = row->rows;
	int i = row->row, column = c->column;

	if (rows_null(rows, i, column)) {
		report_file_text(row->out, row->file, row->first, NULL);
		return;
	}
	switch (c->field->type) {
	case FT_INT:
	case FT_REF:
		report_file_number(row->out, row->file, row->first, rows_int(rows, i, column));
		break;
	case FT_FLAG:
		report_file_number(row->out, row->file, row->first, rows_bool(rows, i, column));
		break;
	case FT_BOOL:
		report_file_text(row->out, row->file, row->first,
			rows_bool(rows, i, column) ? "true" : "false");
		break;
	case FT_DOUBLE:
		double_cell(row, rows_double(rows, i, column));
		break;
	case FT_REFS:
	case FT_LIST:
		list_cell(row, rows_text(rows, i, column), c->key);
		break;
	case FT_TEXT:
	case FT_EMAIL:
	case FT_CARD:
	case FT_DATE:
	case FT_TIME:
	case FT_OBJECT:
	case FT_JSON:
		report_file_text(row->out, row->file, row->first, rows_text(rows, i, column));
		break;
	}
}

static void cell_write(struct row *row, const struct cell *c)
{
	char card[CARD_SIZE];

	if (c->attribute)
		json_cell(row, row->res->more->value(c->attribute, row->sealed));
	else if ((c->field->flags & F_SECRET) && !row->secrets)
		report_file_text(row->out, row->file, row->first, NULL);
	else if (c->field->flags & F_SEALED)
		report_file_text(row->out, row->file, row->first,
			resource_sealed_text(c->field, row->sealed, card));
	else
		column_cell(row, c);
	row->first = false;
}

static void row_write(struct req *r, const struct export *e, const struct rows *rows, int i)
{
	const struct resource *res = e->res;
	json_t *sealed = NULL;

	if (res->sealed && (!res->text_shown || res->text_shown(r)))
		sealed = sealed_open(r, res, rows, i, rows_columns(rows) - 2);
	struct row row = { e->res, r, req_stream_out(r), e->file, rows, i, true,
		auth_sees_credentials(r), sealed };
	for (int c = 0; c < e->nshown; c++)
		cell_write(&row, &e->cells[e->shown[c]]);
	report_file_end_row(row.out, e->file);
	json_decref(sealed);
}

/* --- which rows ----------------------------------------------------------------------------- */

static req_step ids_fixed, export_more, export_piece;

/* True when the order is that of ids, which *down tells. */
static bool order_is_by_id(struct req *r, const struct resource *res, bool *down)
{
	const char *wanted = req_param(r, "ordering");

	if (!wanted || !*wanted)
		wanted = res->fallback ? res->fallback : "id";
	*down = *wanted == '-';
	return strcmp(wanted + *down, "id") == 0;
}

static void ids_fix(struct req *r, struct export *e)
{
	struct sql *sql = sql_new(req_arena(r));
	bool all = e->page.number == 0; /* the last page */

	sql_add(sql, "select array_agg(id), count(*) from (select t.id");
	resource_rows(sql, e->res, true);
	resource_where(sql, r, e->res);
	resource_order(sql, r, e->res);
	sql_arg(sql, " limit $$::int8",
		db_int(req_arena(r), all || e->page.size > IDS_MOST ? IDS_MOST + 1 : e->page.size));
	if (!all)
		sql_arg(sql, " offset $$::int8", db_int(req_arena(r), page_offset(&e->page)));
	sql_add(sql, ") page");
	sql_run(sql, r, ids_fixed);
}

static void export_begin(struct req *r, struct export *e)
{
	const char *end =
		req_route(r)->pattern + strlen(req_route(r)->pattern) - strlen("/export/");
	const char *name = end;

	while (name[-1] != '/')
		name--;
	report_file_named(r, e->file, arena_memdup(req_arena(r), name, (size_t)(end - name)));
	req_stream(r, 200, e->file->type, export_more);
}

static void ids_fixed(struct req *r, const struct rows *rows)
{
	struct export *e = req_data(r);

	e->nids = rows_int(rows, 0, 1);
	if (e->nids > IDS_MOST) {
		error_field(r, "ordering",
			"These are more than 1000000 rows. Choose fewer, or order them by id.");
		return;
	}
	e->ids = arena_array(req_arena(r), (size_t)e->nids + 1, sizeof(*e->ids));
	rows_ints(rows, 0, 0, e->ids, (int)e->nids);
	if (e->page.number == 0) {
		if (!page_fit(r, &e->page, e->nids))
			return;
		e->at = page_offset(&e->page);
	}
	export_begin(r, e);
}

void resource_export(struct req *r, const struct rows *rows)
{
	struct export *e = arena_alloc(req_arena(r), sizeof(*e));
	struct sql *where = sql_new(req_arena(r));
	bool whole = report_file_is_whole(r);

	e->res = resource_of(r);
	e->file = report_file_read(r);
	if (!e->file || !page_read(r, &e->page))
		return;
	req_set_data(r, e);
	cells_make(e, req_arena(r));
	if (whole)
		e->page = (struct page){ 1, IDS_MOST + 1 };
	e->over = !resource_where(where, r, e->res);
	if (e->over || (whole && order_is_by_id(r, e->res, &e->down))) {
		e->last = e->down ? INT64_MAX : -1;
		export_begin(r, e);
	} else {
		ids_fix(r, e);
	}
}

/* --- pieces --------------------------------------------------------------------------------- */

static void pieces_by_id(struct sql *sql, struct req *r, const struct export *e)
{
	sql_add(sql, " where t.id in (select t.id");
	resource_rows(sql, e->res, true);
	resource_where(sql, r, e->res);
	sql_arg(sql, e->down ? " and t.id < $$::int8" : " and t.id > $$::int8",
		db_int(req_arena(r), e->last));
	sql_addf(sql, " order by t.id %s limit %d) order by t.id %s", e->down ? "desc" : "asc",
		PIECE, e->down ? "desc" : "asc");
}

static void pieces_of_ids(struct sql *sql, struct req *r)
{
	sql_arg(sql,
		" join unnest($$::bigint[]) with ordinality piece (id, place) on piece.id = t.id"
		" order by piece.place",
		db_int8_array(req_arena(r), NULL, NULL, 0));
}

static void piece_end(void *arg)
{
	struct export *e = arg;

	arena_free(e->arena);
	e->arena = NULL;
}

static void pieces_prepare(struct req *r, struct export *e)
{
	e->sql = sql_new(req_arena(r));
	sql_add(e->sql, "select t.id");
	resource_select_behind(e->sql, r, e->res, 1);
	if (e->ids)
		pieces_of_ids(e->sql, r);
	else
		pieces_by_id(e->sql, r, e);
	arena_defer(req_arena(r), piece_end, e);
}

static void piece_ask(struct req *r, struct export *e)
{
	struct db_arg *which = &e->sql->args[e->sql->nargs - 1];
	int64_t left = e->nids - e->at;
	int n = left < PIECE ? (int)left : PIECE;

	piece_end(e);
	e->arena = arena_new();
	if (e->ids)
		*which = db_int8_array(e->arena, e->ids + e->at, NULL, n);
	else
		*which = db_int(e->arena, e->last);
	e->at += n;
	const struct db_statement statement = { str_text(&e->sql->text), e->sql->args,
		e->sql->nargs };
	req_query_with(r, export_piece,
		&(struct req_query_options){ .binary = true, .deadline_ms = DEADLINE_MS },
		&statement, 1);
}

static void header_write(struct req *r, struct export *e, const struct rows *rows)
{
	struct out *o = req_stream_out(r);

	e->begun = true;
	if (e->res->more && rows && rows_count(rows) > 0)
		attribute_cells(e, req_arena(r), rows_text(rows, 0, rows_columns(rows) - 3));
	cells_choose(r, e);
	report_file_begin(o, e->file);
	for (int i = 0; i < e->nshown; i++)
		report_file_text(o, e->file, i == 0, e->cells[e->shown[i]].name);
	report_file_end_row(o, e->file);
}

static void export_more(struct req *r, const struct rows *rows)
{
	struct export *e = req_data(r);

	if (e->over || (e->ids && e->at == e->nids)) {
		if (!e->begun)
			header_write(r, e, NULL);
		report_file_end(r, e->file);
		return;
	}
	if (!e->sql)
		pieces_prepare(r, e);
	piece_ask(r, e);
}

static void export_piece(struct req *r, const struct rows *rows)
{
	struct export *e = req_data(r);
	int n = rows_count(rows);

	if (!e->begun)
		header_write(r, e, rows);
	for (int i = 0; i < n; i++)
		row_write(r, e, rows, i);
	if (!e->ids)
		e->over = n < PIECE;
	if (n > 0)
		e->last = rows_int(rows, n - 1, 0);
	report_file_flush(r, e->file, export_more);
}
