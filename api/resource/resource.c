/* Resources: what is read and deleted. Bodies and writing are in write.c, lists in list.c. */
#include "resource.h"

#include <string.h>

#include "auth.h"
#include "card.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "log.h"
#include "resource_private.h"
#include "scope.h"

/* --- select --------------------------------------------------------------------------------- */

static void column_add(struct sql *sql, struct req *r, const struct field *f, int *n)
{
	if (f->flags & (F_SEALED | F_HIDDEN))
		return;
	if (f->members) {
		for (const struct field *m = f->members; m->json; m++)
			column_add(sql, r, m, n);
		return;
	}
	sql_add(sql, (*n)++ ? ", " : "select ");
	if (f->scoped && scope_limits(r))
		sql_arg(sql, f->scoped, db_int(sql->arena, auth_account(r)->id));
	else if (f->type == FT_DATE)
		sql_addf(sql, "to_char(%s, 'YYYY-MM-DD')", f->expr);
	else if (f->type == FT_TIME)
		sql_addf(sql, "to_char(%s, 'YYYY-MM-DD HH24:MI:SS')", f->expr);
	else
		sql_add(sql, f->expr);
}

void resource_select_behind(struct sql *sql, struct req *r, const struct resource *res, int n)
{
	for (const struct field *f = res->fields; f->json; f++)
		column_add(sql, r, f, &n);
	if (res->more)
		sql_addf(sql, ", %s", res->more->sql);
	if (res->sealed)
		sql_add(sql, ", t.row_key, t.sealed");
	if (res->from)
		sql_addf(sql, " from %s", res->from);
	else
		sql_addf(sql, " from %s t", res->table);
}

void resource_select(struct sql *sql, struct req *r, const struct resource *res)
{
	resource_select_behind(sql, r, res, 0);
}

/* --- one row -------------------------------------------------------------------------------- */

struct row {
	struct out *out;
	const struct rows *rows;
	int row, column;
	json_t *sealed;
	bool secrets; /* may be shown */
};

static void value_write(struct row *row, enum field_type type)
{
	const struct rows *rows = row->rows;
	int i = row->row, c = row->column++;

	if (rows_null(rows, i, c)) {
		json_none(row->out);
		return;
	}
	switch (type) {
	case FT_INT:
	case FT_REF:
		json_int(row->out, rows_int(rows, i, c));
		break;
	case FT_BOOL:
		json_bool(row->out, rows_bool(rows, i, c));
		break;
	case FT_FLAG:
		json_int(row->out, rows_bool(rows, i, c));
		break;
	case FT_DOUBLE:
		json_double(row->out, rows_double(rows, i, c));
		break;
	case FT_JSON:
	case FT_REFS:
	case FT_LIST:
		json_raw(row->out, rows_text(rows, i, c));
		break;
	case FT_TEXT:
	case FT_EMAIL:
	case FT_CARD:
	case FT_DATE:
	case FT_TIME:
	case FT_OBJECT:
		json_textn(row->out, rows_text(rows, i, c), rows_len(rows, i, c));
		break;
	}
}

static int column_count(const struct field *f)
{
	int n = 0;

	if (f->flags & (F_SEALED | F_HIDDEN))
		return 0;
	if (!f->members)
		return 1;
	for (const struct field *m = f->members; m->json; m++)
		n += column_count(m);
	return n;
}

const char *resource_sealed_text(
	const struct field *f, const json_t *sealed, char card[static CARD_SIZE])
{
	const char *text = json_string_value(json_object_get(sealed, f->json));

	return f->type == FT_CARD && text && card_read(span_of(text), card) ? card : text;
}

static void sealed_write(struct row *row, const struct field *f)
{
	char card[CARD_SIZE];

	json_text(row->out, resource_sealed_text(f, row->sealed, card));
}

static void field_write(struct row *row, const struct field *f)
{
	if (f->flags & F_HIDDEN)
		return;
	json_key(row->out, f->json);
	if ((f->flags & F_SECRET) && !row->secrets) {
		json_none(row->out);
		row->column += column_count(f);
	} else if (f->flags & F_SEALED) {
		sealed_write(row, f);
	} else if (!f->members) {
		value_write(row, f->type);
	} else if (f->type == FT_REF && rows_null(row->rows, row->row, row->column)) {
		json_none(row->out);
		row->column += column_count(f);
	} else {
		json_open(row->out, '{');
		for (const struct field *m = f->members; m->json; m++)
			field_write(row, m);
		json_close(row->out, '}');
	}
}

/* The text as a record of its member. */
static json_t *sealed_text(const struct resource *res, const char *text, size_t n)
{
	const struct field *f = res->fields;

	while (!(f->flags & F_SEALED))
		f++;
	json_t *record = json_object();
	json_object_set_new(record, f->json, json_stringn(text, n));
	return record;
}

json_t *sealed_open(
	struct req *r, const struct resource *res, const struct rows *rows, int i, int column)
{
	struct arena *scratch = arena_new();
	json_t *record = NULL;
	size_t n;

	if (!rows_null(rows, i, column) && rows_len(rows, i, column) == SEAL_ROW_KEY_SIZE) {
		char *plain = seal_open(api_of(r)->options.seal, scratch, res->sealed,
			(const unsigned char *)rows_text(rows, i, column),
			rows_text(rows, i, column + 1), rows_len(rows, i, column + 1), &n);
		if (plain)
			record = res->text_shown ? sealed_text(res, plain, n)
						 : json_loadb(plain, n, 0, NULL);
	}
	arena_free(scratch);
	if (!json_is_object(record)) {
		log_error("sealed_record_unreadable", "place", res->sealed, NULL);
		json_decref(record);
		record = NULL;
	}
	return record;
}

void resource_write_row(
	struct out *out, struct req *r, const struct resource *res, const struct rows *rows, int i)
{
	resource_write_row_behind(out, r, res, rows, i, 0);
}

void resource_write_row_behind(struct out *out, struct req *r, const struct resource *res,
	const struct rows *rows, int i, int n)
{
	struct row row = {
		.out = out, .rows = rows, .row = i, .column = n, .secrets = auth_sees_credentials(r)
	};

	if (res->sealed && (!res->text_shown || res->text_shown(r)))
		row.sealed = sealed_open(r, res, rows, i, rows_columns(rows) - 2);
	json_open(out, '{');
	for (const struct field *f = res->fields; f->json; f++)
		field_write(&row, f);
	if (res->more)
		res->more->write(out, rows_text(rows, i, rows_columns(rows) - 3), row.sealed);
	json_close(out, '}');
	json_decref(row.sealed);
}

/* --- where ---------------------------------------------------------------------------------- */

const char *field_column(const struct field *f)
{
	if (f->column)
		return f->column;
	return f->expr && strncmp(f->expr, "t.", 2) == 0 ? f->expr + 2 : f->expr;
}

enum filter_kind resource_filter_kind(enum field_type type)
{
	static const enum filter_kind kinds[] = { [FT_INT] = FILTER_INT,
		[FT_BOOL] = FILTER_BOOL,
		[FT_FLAG] = FILTER_BOOL,
		[FT_TEXT] = FILTER_TEXT,
		[FT_EMAIL] = FILTER_TEXT,
		[FT_CARD] = FILTER_END,
		[FT_DATE] = FILTER_DATE,
		[FT_TIME] = FILTER_TIME,
		[FT_REF] = FILTER_IDS,
		[FT_JSON] = FILTER_END };

	return kinds[type];
}

static bool field_filter(struct sql *sql, struct req *r, const struct field *f)
{
	struct arena *a = req_arena(r);

	if (f->filters & OP_EQ) {
		struct filter equal = { f->json, resource_filter_kind(f->type),
			f->type == FT_REF ? arena_printf(a, "t.%s = any($$)", field_column(f))
					  : arena_printf(a, "%s = $$", f->expr) };
		const char *value = req_param(r, f->json);
		if (value && *value && !filter_add_value(sql, r, &equal, value))
			return false;
	}
	if (f->filters & OP_CONTAINS) {
		struct filter part = { NULL, FILTER_CONTAINS,
			arena_printf(a, "%s ilike $$", f->expr) };
		const char *value = req_param(r, arena_printf(a, "%s_icontains", f->json));
		if (value && *value && !filter_add_value(sql, r, &part, value))
			return false;
	}
	return true;
}

/* Every word of ?search= must be somewhere. */
static bool search_add(struct sql *sql, struct req *r, const char *const *columns)
{
	struct arena *a = req_arena(r);
	const char *text = req_param(r, "search");
	struct str any = str_new(a);

	if (!text || !*text || !columns)
		return true;
	for (int i = 0; columns[i]; i++)
		str_addf(&any, "%s%s ilike $$", i ? " or " : "", columns[i]);
	const struct filter found = { "search", FILTER_CONTAINS, str_text(&any) };
	for (int words = 0; words < 8; words++) {
		text += strspn(text, ", \t");
		size_t n = strcspn(text, ", \t");
		if (n == 0)
			break;
		if (!filter_add_value(sql, r, &found, arena_memdup(a, text, n)))
			return false;
		text += n;
	}
	return true;
}

/* Whatever route led here: staff see what is theirs, or nothing, and who has limits what is in
 * them. */
static void own_add(struct sql *sql, struct req *r, const struct resource *res)
{
	const struct account *account = auth_account(r);

	scope_add(sql, r, res->table, "t");
	if (res->holder && !account->superuser) {
		sql_add(sql, " and ");
		sql_arg(sql, res->holder, db_int(req_arena(r), account->id));
	}
	if (!account || !account->staff)
		return;
	sql_add(sql, " and ");
	if (res->own)
		sql_arg(sql, res->own, db_int(req_arena(r), account->staff));
	else
		sql_add(sql, "false");
}

bool resource_where(struct sql *sql, struct req *r, const struct resource *res)
{
	sql_add(sql, RESOURCE_WHERE_ALL);
	own_add(sql, r, res);
	for (const struct field *f = res->fields; f->json; f++)
		if (f->filters && !field_filter(sql, r, f))
			return false;
	if (res->filters && !filter_add(sql, r, res->filters))
		return false;
	return search_add(sql, r, res->search);
}

/* --- one object ----------------------------------------------------------------------------- */

const struct resource *resource_of(const struct req *r)
{
	return req_route(r)->spec;
}

bool resource_id(struct req *r, int32_t *id)
{
	int64_t n;

	if (!str_to_int(req_arg(r, "id"), 0, INT32_MAX, &n)) {
		error_not_found(r);
		return false;
	}
	*id = (int32_t)n;
	return true;
}

void resource_query_one(struct req *r, const struct resource *res, int32_t id, req_step *next)
{
	struct sql *sql = sql_new(req_arena(r));

	resource_select(sql, r, res);
	sql_arg(sql, " where t.id = $$::int", db_int(req_arena(r), id));
	own_add(sql, r, res);
	sql_run(sql, r, next);
}

void resource_reply_one(
	struct req *r, const struct resource *res, int status, const struct rows *rows)
{
	struct out out;

	if (rows_count(rows) == 0) {
		error_not_found(r);
		return;
	}
	out_init(&out);
	resource_write_row(&out, r, res, rows, 0);
	req_reply(r, status, "application/json", out.bytes, out.len);
	out_free(&out);
}

static void row_read(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, resource_of(r), 200, rows);
}

void resource_read(struct req *r, const struct rows *rows)
{
	int32_t id;

	if (resource_id(r, &id))
		resource_query_one(r, resource_of(r), id, row_read);
}

/* --- delete --------------------------------------------------------------------------------- */

static void row_deleted(struct req *r, const struct rows *rows)
{
	if (rows_affected(rows) == 0)
		error_not_found(r);
	else
		req_empty(r, 204);
}

void resource_delete(struct req *r, const struct rows *rows)
{
	const struct resource *res = resource_of(r);
	struct sql *sql = sql_new(req_arena(r));
	int32_t id;

	if (!resource_id(r, &id))
		return;
	if (id >= 1 && id <= res->keep_up_to) {
		error_detail(
			r, 400, "This %s belongs to the system and cannot be deleted.", res->name);
		return;
	}
	if (res->delete_sql)
		sql_arg(sql, res->delete_sql, db_int(req_arena(r), id));
	else
		sql_arg(sql,
			arena_printf(req_arena(r), "delete from %s where id = $$::int", res->table),
			db_int(req_arena(r), id));
	sql_run(sql, r, row_deleted);
}
