/* Which column of a file is which member of the resource. */
#include <string.h>

#include "import_row.h"

/* A row that names the key is the header; above it may stand what the list is and of when. */
enum table_first import_columns_judge(
	void *arg, const char *const *cells, int n, const char **names)
{
	const struct import *im = arg;
	const struct import_spec *spec = im->spec;

	for (int i = 0; i < n; i++) {
		const char *means = import_word_find(spec->words, cells[i]);
		if (import_word_same(cells[i], spec->key) ||
			(means && strcmp(means, spec->key) == 0))
			return TABLE_HEADER;
	}
	return TABLE_TITLE;
}

static bool member_is_taken(const struct import_spec *spec, const char *name)
{
	for (int i = 0; spec->only && spec->only[i]; i++)
		if (strcmp(spec->only[i], name) == 0)
			return true;
	return !spec->only;
}

/* What a column is by this name; false: nothing. */
static bool column_is(struct import *im, int column, const char *name)
{
	const struct import_spec *spec = im->spec;

	for (const struct field *f = spec->resource->fields; f->json; f++)
		if ((f->flags & F_WRITE) && import_word_same(name, f->json) &&
			member_is_taken(spec, f->json))
			im->fields[column] = f;
	for (int i = 0; spec->codes[i].column; i++)
		if (import_word_same(name, spec->codes[i].column))
			im->codes[column] = i + 1;
	if (import_word_same(name, spec->key))
		im->key = column;
	return im->fields[column] || im->codes[column];
}

static bool column_is_there(const struct import *im, const char *name)
{
	for (int i = 0; i < im->table.ncolumns; i++)
		if (import_word_same(im->table.names[i], name))
			return true;
	return false;
}

/* The members' own names go before what others call them. */
static void column_read(struct import *im, int column)
{
	const char *said = im->table.names[column];
	const char *means = import_word_find(im->spec->words, said);

	if (column_is(im, column, said))
		return;
	if (means && !column_is_there(im, means))
		column_is(im, column, means);
}

/* The member that a column is about; NULL: none. */
static const char *column_member(const struct import *im, int column)
{
	if (im->codes[column])
		return im->spec->codes[im->codes[column] - 1].member;
	return im->fields[column] ? im->fields[column]->json : NULL;
}

/* How well a column says which: codes hold in every system, ids in ours, names as long as no two
 * are the same. */
static int column_rank(const struct import *im, int column)
{
	if (!im->codes[column])
		return 2;
	return im->spec->codes[im->codes[column] - 1].names ? 1 : 3;
}

/* "Department" may hold ids, or what people call it. */
static void column_of_names(struct import *im, int column)
{
	const struct field *f = im->fields[column];
	const struct import_code *codes = im->spec->codes;

	if (!f || (f->type != FT_REF && f->type != FT_REFS))
		return;
	for (int i = 0; i < im->table.nrows; i++) {
		const char *cell = im->table.rows[i][column];
		if (cell[strspn(cell, "0123456789,; ")] == '\0')
			continue;
		for (int k = 0; codes[k].column; k++)
			if (codes[k].names && strcmp(codes[k].member, f->json) == 0) {
				im->fields[column] = NULL;
				im->codes[column] = k + 1;
			}
		return;
	}
}

static void column_ignore(struct import *im, int column)
{
	im->fields[column] = NULL;
	im->codes[column] = 0;
}

/* Of two columns about one member the better one counts; two of a kind: *problem. */
static const char *columns_choose(struct import *im)
{
	for (int i = 0; i < im->table.ncolumns; i++)
		for (int j = 0; j < i; j++) {
			const char *a = column_member(im, i), *b = column_member(im, j);
			if (!a || !b || strcmp(a, b) != 0)
				continue;
			int rank = column_rank(im, i) - column_rank(im, j);
			if (rank == 0)
				return arena_printf(req_arena(im->req),
					"The file has two columns %s.", im->table.names[i]);
			column_ignore(im, rank < 0 ? i : j);
		}
	return NULL;
}

const char *import_columns_read(struct import *im)
{
	struct arena *a = req_arena(im->req);
	const char *problem;

	im->key = -1;
	im->file.ignored = arena_array(a, TABLE_COLUMNS, sizeof(char *));
	for (int i = 0; i < im->table.ncolumns; i++) {
		column_read(im, i);
		column_of_names(im, i);
	}
	if (im->key < 0)
		return arena_printf(a, "The file has no column %s.", im->spec->key);
	problem = columns_choose(im);
	if (problem)
		return problem;
	for (int i = 0; i < im->table.ncolumns; i++)
		if (!im->fields[i] && !im->codes[i])
			im->file.ignored[im->file.nignored++] = im->table.names[i];
	if (im->table.nrows > IMPORT_ROWS)
		return arena_printf(a, "More than %d rows.", IMPORT_ROWS);
	return NULL;
}
