/*
 * What a body refers to, looked up: references that do not exist for who asks, values that must be
 * unique, rows below themselves.
 */
#include "card.h"
#include "context.h"
#include "errors.h"
#include "resource_private.h"
#include "scope.h"

static int64_t write_number(const struct value *v)
{
	int64_t n = 0;

	str_to_int(v->text, INT64_MIN, INT64_MAX, &n);
	return n;
}

static struct db_arg hashes_arg(struct arena *a, const void *const *hashes, int n)
{
	size_t lens[CARD_HASHES];

	for (int i = 0; i < n; i++)
		lens[i] = SEAL_KEY_SIZE;
	return db_bytes_array(a, hashes, lens, n);
}

static void unique_check(
	struct write *w, struct sql *sql, const struct field *f, const struct value *v)
{
	const void *hashes[CARD_HASHES];

	if (f->type == FT_CARD) {
		int n = card_hashes(
			w->arena, api_of(w->req)->options.secrets->lookup, v->text, hashes);
		sql_arg(sql, ", card_taken($$::bytea[], ", hashes_arg(w->arena, hashes, n));
		sql_add(sql, w->create ? "null)" : "t.id)");
		return;
	}
	sql_addf(sql, ", exists (select from %s x where x.%s = ", w->res->table, field_column(f));
	sql_arg(sql, f->type == FT_REF ? "$$::int" : "$$::text", db_text(v->text));
	if (!w->create)
		sql_add(sql, " and x.id <> t.id");
	sql_add(sql, ")");
}

static void reference_check(
	struct write *w, struct sql *sql, const struct field *f, const struct value *v)
{
	sql_addf(sql, ", not exists (select from %s x where x.id = ", f->table);
	sql_arg(sql, "$$::int", db_text(v->text));
	scope_add(sql, w->req, f->table, "x");
	sql_add(sql, ")");
}

/* The first id that does not exist, or null. */
static void references_check(
	struct write *w, struct sql *sql, const struct field *f, const struct value *v)
{
	sql_arg(sql, ", (select min(w) from unnest($$::int[]) w",
		db_int4_array(w->arena, v->ids, NULL, v->n));
	sql_addf(sql, " where not exists (select from %s x where x.id = w", f->table);
	scope_add(sql, w->req, f->table, "x");
	sql_add(sql, "))");
}

/* Whether the row is its own ancestor then. */
static void parent_check(struct sql *sql, const struct field *f, const struct value *v)
{
	const char *parent = field_column(f);

	sql_addf(sql,
		", exists (with recursive up as (select x.id, x.%s from %s x where x.id = ", parent,
		f->table);
	sql_arg(sql, "$$::int", db_text(v->text));
	sql_addf(sql,
		" union select x.id, x.%s from %s x join up on x.id = up.%s)"
		" select from up where up.id = t.id)",
		parent, f->table, parent);
}

/* Calls back for each check that a field needs, in a fixed order. */
enum check { CHECK_UNIQUE, CHECK_REFERENCE, CHECK_REFERENCES, CHECK_PARENT };

static bool check_needed(
	const struct write *w, const struct field *f, const struct value *v, enum check check)
{
	if (!v->present || v->null)
		return false;
	switch (check) {
	case CHECK_UNIQUE:
		return f->flags & F_UNIQUE && v->text && *v->text && !v->problem;
	case CHECK_REFERENCE:
		return f->type == FT_REF;
	case CHECK_REFERENCES:
		return f->type == FT_REFS || (f->type == FT_LIST && f->table && v->n > 0);
	case CHECK_PARENT:
		return f->flags & F_PARENT && !w->create;
	}
	return false;
}

int write_checks_add(struct write *w, struct sql *sql)
{
	const struct field *fields = w->res->fields;
	int n = 0;

	for (int i = 0; fields[i].json; i++) {
		const struct value *v = &w->given[i];
		for (int c = CHECK_UNIQUE; c <= CHECK_PARENT; c++) {
			if (!check_needed(w, &fields[i], v, (enum check)c))
				continue;
			n++;
			if (c == CHECK_UNIQUE)
				unique_check(w, sql, &fields[i], v);
			else if (c == CHECK_REFERENCE)
				reference_check(w, sql, &fields[i], v);
			else if (c == CHECK_REFERENCES)
				references_check(w, sql, &fields[i], v);
			else
				parent_check(sql, &fields[i], v);
		}
	}
	return n;
}

static void check_tell(struct write *w, const struct field *f, struct value *v, enum check check,
	const struct rows *rows, int column)
{
	if (rows_null(rows, 0, column))
		return;
	if (check == CHECK_REFERENCES)
		errors_add(w->errors, f->json, "Invalid pk \"%lld\" - object does not exist.",
			(long long)rows_int(rows, 0, column));
	else if (!rows_bool(rows, 0, column))
		return;
	else if (check == CHECK_UNIQUE && f->type == FT_CARD)
		v->problem = arena_printf(
			w->arena, "%s with this %s already exists.", w->res->name, f->json);
	else if (check == CHECK_UNIQUE)
		errors_add(w->errors, f->json, "%s with this %s already exists.", w->res->name,
			f->json);
	else if (check == CHECK_REFERENCE)
		errors_add(w->errors, f->json, "Invalid pk \"%lld\" - object does not exist.",
			(long long)write_number(v));
	else
		errors_add(
			w->errors, f->json, "This would place the %s below itself.", w->res->name);
}

int write_checks_tell(struct write *w, const struct rows *rows)
{
	const struct field *fields = w->res->fields;
	int column = 1;

	for (int i = 0; fields[i].json; i++)
		for (int c = CHECK_UNIQUE; c <= CHECK_PARENT; c++)
			if (check_needed(w, &fields[i], &w->given[i], (enum check)c))
				check_tell(
					w, &fields[i], &w->given[i], (enum check)c, rows, column++);
	return column;
}
