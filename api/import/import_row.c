/* From a row of cells to a prepared write. */
#include "import_row.h"

#include <string.h>

#include "errors.h"
#include "fatal.h"
#include "map.h"
#include "scope.h"

static const char *cell(const struct import *im, int column)
{
	return im->table.rows[im->at][column];
}

static void tree_release(void *tree)
{
	json_decref(tree);
}

/* As bodies have it: dates of workbooks and of people, words, lists as our own files write them. */
static const char *cell_value(struct import *im, const struct field *f, const char *text)
{
	char value[IMPORT_VALUE];

	if (f->type == FT_DATE || f->type == FT_TIME)
		return import_file_time(&im->file, &im->table, im->arena, text, f->type == FT_TIME);
	if (import_value_read(f->json, text, value))
		return arena_strdup(im->arena, value);
	if (f->type == FT_REFS || f->type == FT_LIST) {
		char *list = arena_strdup(im->arena, text);
		for (char *c = list; (c = strchr(c, ';'));)
			*c = ',';
		return list;
	}
	return text;
}

/* The ids that stand for the codes of one cell; nothing when one is not known. */
static json_t *codes_value(struct import *im, const struct import_code *code, int n)
{
	const struct import_column *c = &im->columns[n];
	json_t *ids = json_array();

	for (int i = c->first[im->at]; i < c->first[im->at + 1]; i++)
		if (c->ids[i])
			json_array_append_new(ids, json_integer(c->ids[i]));
	bool all = (int)json_array_size(ids) == c->first[im->at + 1] - c->first[im->at];
	if (all && strcmp(code->member, "area") == 0)
		return ids;
	json_t *id = all ? json_incref(json_array_get(ids, 0)) : NULL;
	json_decref(ids);
	return id;
}

/* Empty cells say nothing: they neither set nor erase. */
static json_t *body_make(struct import *im)
{
	json_t *body = json_object();

	arena_defer(im->arena, tree_release, body);
	for (int i = 0; i < im->table.ncolumns; i++) {
		const char *text = cell(im, i);
		if (*text && im->fields[i])
			json_object_set_new(body, im->fields[i]->json,
				json_string(cell_value(im, im->fields[i], text)));
	}
	for (int i = 0; i < im->table.ncolumns; i++) {
		const struct import_code *code =
			im->codes[i] ? &im->spec->codes[im->codes[i] - 1] : NULL;
		json_t *value =
			code && *cell(im, i) ? codes_value(im, code, im->codes[i] - 1) : NULL;
		if (value)
			json_object_set_new(body, code->member, value);
	}
	return body;
}

/* The parent is a row above: its id is known when it has been written. */
static void parent_above(struct import *im, const struct import_code *code, const char *text)
{
	struct write *w = &im->write;
	const struct field *f = w->res->fields;

	while (strcmp(f->json, code->member) != 0)
		f++;
	/* not folded: random() makes it fail only when no such row is there */
	write_set(w, field_column(f),
		arena_printf(im->arena,
			"coalesce((select x.id from %s x where x.code = $$::text),"
			" ('none' || random())::int)",
			code->table),
		db_text(text));
}

/* Codes that are not known; what their member lacks because of that is no error of its own. */
static void codes_check(struct import *im, int column)
{
	const struct import_code *code = &im->spec->codes[im->codes[column] - 1];
	const struct import_column *c = &im->columns[im->codes[column] - 1];
	struct write *w = &im->write;

	for (int i = c->first[im->at]; i < c->first[im->at + 1]; i++) {
		if (c->ids[i])
			continue;
		if (code->parent && w->create && c->above[i] && c->above[i] <= im->at) {
			parent_above(im, code, c->codes[i]);
			continue;
		}
		json_object_del(w->errors, code->member);
		errors_add(w->errors, code->column,
			code->names ? "\"%s\" is the code or name of none, or of several."
				    : "Invalid code \"%s\" - object does not exist.",
			c->codes[i]);
	}
}

/* The card that the row gives; NULL: none. */
static const char *card_given(const struct import *im)
{
	const struct field *f = im->write.res->fields;

	for (int i = 0; f[i].json; i++) {
		const struct value *v = &im->write.given[i];
		if (f[i].type == FT_CARD && v->present && !v->null && !v->problem)
			return v->text;
	}
	return NULL;
}

static void card_check(struct import *im)
{
	const char *card = card_given(im);

	if (card && im->cards && map_get(im->cards, card, strlen(card)))
		errors_add(im->write.errors, "card_no", "A row above has the same card_no.");
}

void import_row_settle(struct import *im)
{
	const char *card = card_given(im);

	if (!card)
		return;
	if (!im->cards) {
		im->cards = map_new();
		arena_defer(req_arena(im->req), (void (*)(void *))map_free, im->cards);
	}
	map_put(im->cards, card, strlen(card), 1);
}

bool import_row_prepare(struct import *im)
{
	struct write *w = &im->write;
	bool there = im->ids[im->at] != 0;

	im->arena = arena_new();
	*w = (struct write){ .req = im->req, .arena = im->arena, .res = im->spec->resource };
	w->create = !(there && (im->file.update || im->spec->existing));
	w->id = im->ids[im->at];
	w->body = body_make(im);
	write_prepare(w);
	for (int i = 0; i < im->table.ncolumns; i++)
		if (im->codes[i])
			codes_check(im, i);
	card_check(im);
	if (im->nth[im->at] > 1)
		errors_add(w->errors, im->spec->key, "A row above has the same %s.", im->spec->key);
	if (im->spec->existing && !there) {
		json_object_clear(w->errors);
		errors_add(
			w->errors, im->spec->key, "There is no such %s.", im->spec->resource->name);
	}
	if (json_object_size(w->errors) == 0 || (w->create && !im->spec->existing))
		return true; /* of a new row the database is asked for the rest of its errors */
	import_row_refuse(im);
	return false;
}

void import_row_refuse(struct import *im)
{
	import_file_refuse(&im->file, im->table.lines[im->at], im->spec->key, cell(im, im->key),
		im->write.errors);
}

void import_row_failed(struct import *im)
{
	const char *why = scope_refused(im->error)
				  ? SCOPE_REFUSAL
				  : "What it needs is not there, or somebody else was faster.";

	errors_add(im->write.errors, im->spec->key, "%s", why);
	import_row_refuse(im);
}

int import_row_statements(const struct import *im, struct db_statement out[static 2])
{
	const struct sql *sql = im->write.sql;

	out[0] = (struct db_statement){ str_text(&sql->text), sql->args, sql->nargs };
	if (im->guard)
		out[1] = *im->guard;
	return im->guard ? 2 : 1;
}

/* Most rows have the same text. */
static const char *text_kept(struct import *im, const char *text)
{
	for (int i = im->nstatements - 1; i >= 0 && i >= im->nstatements - 8; i--)
		if (strcmp(im->statements[i].sql, text) == 0)
			return im->statements[i].sql;
	return arena_strdup(req_arena(im->req), text);
}

void import_row_keep(struct import *im)
{
	const struct sql *sql = im->write.sql;
	struct arena *a = req_arena(im->req);
	struct db_arg *args = arena_array(a, (size_t)sql->nargs, sizeof(*args));

	for (int i = 0; i < sql->nargs; i++) {
		args[i] = sql->args[i];
		if (!args[i].value)
			continue;
		if (args[i].binary)
			args[i].value = arena_memdup(a, args[i].value, (size_t)args[i].len);
		else
			args[i].value = arena_strdup(a, args[i].value);
	}
	const char *text = text_kept(im, str_text(&sql->text));
	im->statements[im->nstatements++] = (struct db_statement){ text, args, sql->nargs };
	if (im->guard)
		im->statements[im->nstatements++] = *im->guard;
}
