/* Rows of a file, whatever its format. */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "csv.h"
#include "str.h"

/* Blanks around it go, and the apostrophe that our own files put before what looks like a formula. */
static const char *cell_clean(struct table_rows *t, const char *text, size_t n)
{
	static const char blanks[] = " \t\r\n";

	if (n > 1 && *text == '\'' && csv_is_formula(text + 1, n - 1)) {
		text++;
		n--;
	}
	while (n > 0 && strchr(blanks, *text)) {
		text++;
		n--;
	}
	while (n > 0 && strchr(blanks, text[n - 1]))
		n--;
	return n ? arena_memdup(t->arena, text, n) : "";
}

void table_cell(struct table_rows *t, int column, const char *text, size_t n)
{
	if (t->problem || column < 0)
		return;
	if (n > TABLE_CELL) {
		t->problem = arena_printf(t->arena, "Row %d: a cell is too long.", t->line);
		return;
	}
	const char *clean = cell_clean(t, text, n);
	if (column >= TABLE_COLUMNS || (t->table->names[0] && column >= t->table->ncolumns)) {
		if (*clean)
			t->problem = arena_printf(
				t->arena, "Row %d has more cells than the header.", t->line);
		return;
	}
	while (t->ncells <= column)
		t->cells[t->ncells++] = "";
	t->cells[column] = clean;
}

static bool row_is_blank(const struct table_rows *t)
{
	for (int i = 0; i < t->ncells; i++)
		if (*t->cells[i])
			return false;
	return true;
}

static void header_end(struct table_rows *t)
{
	struct table *table = t->table;

	while (t->ncells > 0 && !*t->cells[t->ncells - 1])
		t->ncells--;
	table->ncolumns = t->ncells;
	for (int i = 0; i < t->ncells; i++)
		table->names[i] = t->cells[i];
}

static void rows_grow(struct table_rows *t)
{
	int cap = t->cap ? 2 * t->cap : 64;
	const char ***rows = arena_array(t->arena, (size_t)cap, sizeof(*rows));
	int *lines = arena_array(t->arena, (size_t)cap, sizeof(*lines));

	if (t->cap) {
		memcpy(rows, t->rows, (size_t)t->cap * sizeof(*rows));
		memcpy(lines, t->lines, (size_t)t->cap * sizeof(*lines));
	}
	t->rows = rows;
	t->lines = lines;
	t->cap = cap;
}

void table_row_end(struct table_rows *t)
{
	struct table *table = t->table;

	if (t->problem || row_is_blank(t)) {
		t->ncells = 0;
		return;
	}
	if (table->ncolumns == 0) {
		header_end(t);
	} else if (table->nrows == TABLE_ROWS) {
		t->problem = arena_printf(t->arena, "More than %d rows.", TABLE_ROWS);
	} else {
		if (table->nrows == t->cap)
			rows_grow(t);
		const char **cells = arena_array(t->arena, (size_t)table->ncolumns, sizeof(*cells));
		for (int i = 0; i < table->ncolumns; i++)
			cells[i] = i < t->ncells ? t->cells[i] : "";
		t->rows[table->nrows] = cells;
		t->lines[table->nrows++] = t->line;
	}
	t->ncells = 0;
}

const char *table_read(struct table *table, struct arena *a, const char *bytes, size_t n)
{
	struct table_rows t = { .arena = a, .table = table };
	const char *problem;

	*table = (struct table){ 0 };
	if (n == 0)
		return "The file is empty.";
	if (n >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
		problem = table_read_book(&t, bytes, n);
	else
		problem = table_read_text(&t, bytes, n);
	table->rows = (const char *const **)t.rows;
	table->lines = t.lines;
	if (problem)
		return problem;
	return table->ncolumns ? NULL : "The file has no header.";
}

bool table_date(const struct table *t, const char *cell, bool with_time, char out[20])
{
	char *end;
	double serial = strtod(cell, &end);
	int64_t seconds;

	if (t->from_1904)
		serial += 1462;
	if (!t->workbook || strspn(cell, "0123456789.") != strlen(cell) || end == cell || *end ||
		serial < 61 || serial >= 2958466)
		return false;
	seconds = (int64_t)(serial * 86400 + 0.5) - (int64_t)25569 * 86400;
	clock_format(seconds * 1000000, out);
	if (!with_time)
		out[10] = '\0';
	return true;
}
