/*
 * Creating and changing rows of resources: the body is checked against the table, then in one
 * statement against the database (references, doubles), then one statement writes.
 */
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "card.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "resource_private.h"
#include "scope.h"

static req_step write_checked, write_saved, write_shown;

enum { TRIES = 100, SETS_MAX = 64 };

/* --- what hooks use ------------------------------------------------------------------------- */

static const struct value *value_find(const struct write *w, const char *json)
{
	const struct field *f = w->res->fields;

	for (int i = 0; f[i].json; i++)
		if (strcmp(f[i].json, json) == 0)
			return &w->given[i];
	fatal("%s has no member %s", w->res->name, json);
}

const char *write_text(const struct write *w, const char *json)
{
	const struct value *v = value_find(w, json);
	return v->present && !v->null ? v->text : NULL;
}

bool write_has(const struct write *w, const char *json)
{
	return value_find(w, json)->present;
}

bool write_changes(const struct write *w, const char *json)
{
	return value_find(w, json)->changes;
}

bool write_ids(const struct write *w, const char *json, int32_t **ids, int *n)
{
	const struct value *v = value_find(w, json);

	*ids = v->ids;
	*n = v->n;
	return v->present;
}

static bool column_is_set(const struct write *w, const char *column)
{
	for (int i = 0; i < w->nsets; i++)
		if (strcmp(w->sets[i].column, column) == 0)
			return true;
	return false;
}

static void set_column(struct write *w, const char *column, const char *expression)
{
	if (w->nsets == SETS_MAX || column_is_set(w, column))
		fatal("%s: too many columns, or %s twice", w->res->name, column);
	w->sets[w->nsets++] = (struct set){ column, expression };
}

void write_set(struct write *w, const char *column, const char *expression, struct db_arg arg)
{
	struct str filled = str_new(w->arena);

	sql_fill(&filled, expression, sql_param(w->sql, arg), "");
	set_column(w, column, arena_strdup(w->arena, str_text(&filled)));
}

void write_with(struct write *w, const char *text, struct db_arg arg)
{
	sql_fill(&w->with, text, sql_param(w->sql, arg), "");
}

/* --- begin ---------------------------------------------------------------------------------- */

void write_prepare(struct write *w)
{
	int n = 0;

	while (w->res->fields[n].json)
		n++;
	w->given = arena_array(w->arena, (size_t)n + 1, sizeof(*w->given));
	w->sets = arena_array(w->arena, SETS_MAX, sizeof(*w->sets));
	w->nsets = 0;
	w->sql = sql_new(w->arena);
	w->with = str_new(w->arena);
	w->errors = errors_new(w->arena);
	w->sealed_changed = false;
	write_validate(w);
}

struct sql *write_check(struct write *w)
{
	const struct resource *res = w->res;
	struct sql *sql = sql_new(w->arena);

	sql_add(sql, w->create ? "select true" : "select t.id is not null");
	int checks = write_checks_add(w, sql);
	if (!w->create) {
		if (res->sealed)
			sql_add(sql, ", t.row_key, t.sealed");
		if (res->current)
			sql_addf(sql, ", %s", res->current);
	}
	if (res->more)
		sql_addf(sql, ", %s", res->more->sql);
	if (!w->create) {
		sql_addf(sql, " from (select) one left join %s t on t.id = ", res->table);
		sql_arg(sql, "$$::int", db_int(w->arena, w->id));
	}
	return w->create && checks == 0 && !res->more ? NULL : sql;
}

static void write_begin(struct req *r, struct write *w)
{
	write_prepare(w);
	struct sql *sql = write_check(w);
	if (sql)
		sql_run(sql, r, write_checked);
	else
		write_checked(r, NULL);
}

void resource_write(struct req *r, const struct resource *res, int32_t id, json_t *body)
{
	struct write *w = arena_alloc(req_arena(r), sizeof(*w));

	w->req = r;
	w->arena = req_arena(r);
	w->res = res;
	w->create = id == 0;
	w->id = id;
	w->body = body;
	req_set_data(r, w);
	write_begin(r, w);
}

void resource_create(struct req *r, const struct rows *rows)
{
	json_t *body = body_read(r);

	if (body)
		resource_write(r, resource_of(r), 0, body);
}

void resource_update(struct req *r, const struct rows *rows)
{
	int32_t id;

	json_t *body = resource_id(r, &id) ? body_read(r) : NULL;
	if (body && id == 0)
		error_not_found(r);
	else if (body)
		resource_write(r, resource_of(r), id, body);
}

/* --- the sealed record ---------------------------------------------------------------------- */

static void tree_release(void *tree)
{
	json_decref(tree);
}

/* What the record has already is left as it is, in whatever form it was typed. */
static bool sealed_same(const struct field *f, const struct value *v, const char *old)
{
	char card[CARD_SIZE];

	if (!old || v->null)
		return !old && v->null;
	if (strcmp(old, v->text) == 0)
		return true;
	return f->type == FT_CARD && card_read(span_of(old), card) && strcmp(card, v->text) == 0;
}

static void sealed_take(struct write *w, const struct field *f, struct value *v)
{
	const char *old = json_string_value(json_object_get(w->sealed, f->json));

	if (sealed_same(f, v, old))
		return;
	v->changes = true;
	if (v->problem)
		errors_add(w->errors, f->json, "%s", v->problem);
	if (v->null)
		json_object_del(w->sealed, f->json);
	else
		json_object_set_new(w->sealed, f->json, json_string(v->text));
}

/* False: the old record cannot be read. */
static bool sealed_merge(struct write *w, const struct rows *rows, int column)
{
	const struct field *f = w->res->fields;
	json_t *old = w->create ? json_object() : sealed_open(w->req, w->res, rows, 0, column);

	if (!old)
		return false;
	arena_defer(w->arena, tree_release, old);
	w->sealed = json_copy(old);
	arena_defer(w->arena, tree_release, w->sealed);
	for (int i = 0; f[i].json; i++) {
		if ((f[i].flags & F_SEALED) && w->given[i].present)
			sealed_take(w, &f[i], &w->given[i]);
	}
	if (w->res->more)
		w->res->more->take(w, rows_text(rows, 0, rows_columns(rows) - 1));
	w->sealed_changed = w->create || !json_equal(old, w->sealed);
	return true;
}

static void text_release(void *text)
{
	free(text);
}

/* Seals the record anew; returns what the update must still find: " and t.sealed = $n" keeps two
 * changes at once from losing one. */
static const char *sealed_set(struct write *w, const struct rows *rows, int column)
{
	unsigned char *row_key = arena_alloc(w->arena, SEAL_ROW_KEY_SIZE);
	char *plain = json_dumps(w->sealed, JSON_COMPACT);
	size_t n;

	if (!plain)
		fatal("a sealed record that is no JSON");
	arena_defer(w->arena, text_release, plain);
	seal_random(row_key, SEAL_ROW_KEY_SIZE);
	const unsigned char *sealed = seal_close(api_of(w->req)->options.seal, w->arena,
		w->res->sealed, row_key, plain, strlen(plain), &n);
	write_set(w, "row_key", "$$::bytea", db_bytes(row_key, SEAL_ROW_KEY_SIZE));
	write_set(w, "sealed", "$$::bytea", db_bytes(sealed, n));
	if (w->create)
		return "";
	int number = sql_param(
		w->sql, db_bytes(rows_text(rows, 0, column + 1), rows_len(rows, 0, column + 1)));
	return arena_printf(w->arena, " and t.sealed = $%d::bytea", number);
}

/* --- the statement -------------------------------------------------------------------------- */

static const char *cast_of(const struct field *f)
{
	static const char *const casts[] = { [FT_INT] = "$$::int",
		[FT_BOOL] = "$$::boolean",
		[FT_FLAG] = "$$::boolean",
		[FT_TEXT] = "$$::text",
		[FT_EMAIL] = "$$::text",
		[FT_CARD] = NULL,
		[FT_DATE] = "$$::date",
		[FT_TIME] = "$$::timestamp",
		[FT_REF] = "$$::int",
		[FT_JSON] = NULL };

	return casts[f->type];
}

static void field_set(struct write *w, const struct field *f, const struct value *v)
{
	const char *column = field_column(f);

	if (column_is_set(w, column)) /* by a hook */
		return;
	if (v->null)
		set_column(w, column, f->null_as ? f->null_as : "null");
	else if (f->type == FT_LIST && f->table)
		write_set(w, column, "$$::int[]", db_int4_array(w->arena, v->ids, NULL, v->n));
	else if (f->type == FT_LIST)
		write_set(w, column, "$$::text[]", db_text_array(w->arena, v->words, v->n));
	else
		write_set(w, column, f->store ? f->store : cast_of(f), db_text(v->text));
}

static void sets_from_fields(struct write *w)
{
	const struct field *f = w->res->fields;

	for (int i = 0; f[i].json; i++)
		if (w->given[i].present && f[i].type != FT_REFS &&
			!(f[i].flags & (F_SEALED | F_HOOKED)))
			field_set(w, &f[i], &w->given[i]);
}

static void insert_text(struct write *w, struct str *text)
{
	str_addf(text, "with saved as (insert into %s (", w->res->table);
	for (int i = 0; i < w->nsets; i++)
		str_addf(text, "%s%s", i ? ", " : "", w->sets[i].column);
	str_add(text, ") values (");
	for (int i = 0; i < w->nsets; i++)
		str_addf(text, "%s%s", i ? ", " : "", w->sets[i].expression);
	str_add(text, ") returning *)");
}

static void update_text(struct write *w, struct str *text, const char *only)
{
	const char *touch = w->res->touch;

	if (w->nsets == 0 && !touch) {
		str_addf(text, "with saved as (select * from %s t where t.id = ", w->res->table);
	} else {
		str_addf(text, "with saved as (update %s t set %s", w->res->table,
			touch ? touch : "");
		for (int i = 0; i < w->nsets; i++)
			str_addf(text, "%s%s = %s", i || touch ? ", " : "", w->sets[i].column,
				w->sets[i].expression);
		str_add(text, " where t.id = ");
	}
	str_addf(text, "$%d::int%s", sql_param(w->sql, db_int(w->arena, w->id)), only);
	str_add(text, w->nsets == 0 && !touch ? ")" : " returning t.*)");
}

/* In the order of the table, whoever found them. */
static void write_refused(struct write *w)
{
	json_t *sorted = errors_new(w->arena);

	for (const struct field *f = w->res->fields; f->json; f++) {
		json_t *messages = json_object_get(w->errors, f->json);
		if (messages)
			json_object_set(sorted, f->json, messages);
	}
	json_object_update_missing(sorted, w->errors);
	errors_reply(w->req, sorted);
}

enum write_made write_make(struct write *w, const struct rows *rows)
{
	const char *only = "";

	if (!w->create && !rows_bool(rows, 0, 0))
		return WRITE_GONE;
	int column = rows ? write_checks_tell(w, rows) : 1, sealed = column;
	if (w->res->sealed) {
		if (!sealed_merge(w, rows, column))
			return WRITE_UNREADABLE;
		column += 2;
	}
	if (w->res->check)
		w->res->check(w, w->create ? NULL : rows, column);
	if (json_object_size(w->errors) > 0)
		return WRITE_REFUSED;
	sets_from_fields(w);
	if (w->sealed_changed)
		only = sealed_set(w, rows, sealed);
	if (!w->create && w->nsets == 0 && !w->with.len)
		return WRITE_NOTHING;
	struct str *text = &w->sql->text;
	if (w->create)
		insert_text(w, text);
	else
		update_text(w, text, only);
	str_add(text, str_text(&w->with));
	return WRITE_READY;
}

static void write_checked(struct req *r, const struct rows *rows)
{
	struct write *w = req_data(r);

	switch (write_make(w, rows)) {
	case WRITE_READY:
		sql_add(w->sql, " select id, " SCOPE_SAVED " from saved");
		sql_run_guarded(w->sql, r, scope_guard(w->arena, r, w->res->table), write_saved);
		break;
	case WRITE_NOTHING:
		resource_query_one(r, w->res, w->id, write_shown);
		break;
	case WRITE_REFUSED:
		write_refused(w);
		break;
	case WRITE_GONE:
		error_not_found(r);
		break;
	case WRITE_UNREADABLE:
		error_detail(r, 500, "Internal server error.");
		break;
	}
}

static void write_saved(struct req *r, const struct rows *rows)
{
	struct write *w = req_data(r);

	if (rows_count(rows) > 0) {
		w->id = (int32_t)rows_int(rows, 0, 0);
		resource_query_one(r, w->res, w->id, write_shown);
	} else if (w->sealed_changed && ++w->tries < TRIES) {
		write_begin(r, w); /* somebody else was faster: once more from what is there now */
	} else if (w->sealed_changed) {
		api_refused(r, 503, NULL, 0);
	} else {
		error_not_found(r);
	}
}

static void write_shown(struct req *r, const struct rows *rows)
{
	const struct write *w = req_data(r);

	resource_reply_one(r, w->res, w->create ? 201 : 200, rows);
}
