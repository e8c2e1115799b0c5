/* Rows of a file, whatever its format. */
#include "table.h"

#include <iconv.h>
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

enum { TITLES_MOST = 5 };

/* True when the row is the header, or above it. */
static bool header_end(struct table_rows *t)
{
	struct table *table = t->table;
	enum table_first first = TABLE_HEADER;

	while (t->ncells > 0 && !*t->cells[t->ncells - 1])
		t->ncells--;
	if (t->judge)
		first = t->judge->first(t->judge->arg, t->cells, t->ncells, table->names);
	if (first == TABLE_TITLE) {
		if (++t->titles == TITLES_MOST)
			t->problem = ""; /* to be read without a judge */
		return true;
	}
	for (int i = 0; i < TABLE_COLUMNS && (i < t->ncells || table->names[i]); i++) {
		if (first == TABLE_HEADER)
			table->names[i] = t->cells[i];
		else if (!table->names[i])
			table->names[i] = "";
		table->ncolumns = i + 1;
	}
	return first == TABLE_HEADER;
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
	if (table->ncolumns == 0 && header_end(t)) {
		t->ncells = 0;
		return;
	}
	if (table->nrows == TABLE_ROWS) {
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

/* --- what kind of file ------------------------------------------------------------------------ */

/* Spreadsheets write "Unicode text" so: the text in UTF-8, or NULL. */
static const char *utf8_of(struct arena *a, const char *bytes, size_t n, size_t *len)
{
	bool little = memcmp(bytes, "\xff\xfe", 2) == 0;
	size_t room = n / 2 * 3;
	char *text = arena_alloc(a, room + 1), *to = text, *from = (char *)bytes + 2;
	iconv_t cd = iconv_open("UTF-8", little ? "UTF-16LE" : "UTF-16BE");

	if (cd == (iconv_t)-1)
		return NULL;
	n -= 2;
	bool whole = iconv(cd, &from, &n, &to, &room) != (size_t)-1;
	iconv_close(cd);
	*len = (size_t)(to - text);
	return whole ? text : NULL;
}

/* What is no table, whatever its name says. */
static const char *other_kind(const char *bytes, size_t n)
{
	static const char old_book[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
	size_t at = n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	if (n >= 8 && memcmp(bytes, old_book, 8) == 0)
		return "This is a workbook of the old format (.xls): save it as .xlsx.";
	while (at < n && strchr(" \t\r\n", bytes[at]))
		at++;
	if (at < n && bytes[at] == '<')
		return "This is a web page or XML, whatever its name says: open it in a "
		       "spreadsheet and save it as .xlsx.";
	return NULL;
}

static const char *kind_read(struct table_rows *t, const char *bytes, size_t n)
{
	const char *other = other_kind(bytes, n);

	if (other)
		return other;
	if (n >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
		return table_read_book(t, bytes, n);
	if (n > 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
		bytes = utf8_of(t->arena, bytes, n, &n);
		if (!bytes)
			return "The file begins like UTF-16 and is none.";
	}
	return table_read_text(t, bytes, n);
}

const char *table_read(struct table *table, struct arena *a, const char *bytes, size_t n,
	const struct table_judge *judge)
{
	struct table_rows t = { .arena = a, .table = table, .judge = judge };
	const char *problem;

	*table = (struct table){ 0 };
	if (n == 0)
		return "The file is empty.";
	problem = kind_read(&t, bytes, n);
	if (t.titles && table->ncolumns == 0 && (!problem || !*problem))
		return table_read(table, a, bytes, n, NULL);
	table->rows = (const char *const **)t.rows;
	table->lines = t.lines;
	if (problem)
		return problem;
	return table->ncolumns ? NULL : "The file has no header.";
}

/* --- numbers of workbooks --------------------------------------------------------------------- */

static bool serial_read(const struct table *t, const char *cell, double *serial)
{
	char *end;

	*serial = strtod(cell, &end);
	return t->workbook && strspn(cell, "0123456789.") == strlen(cell) && end != cell && !*end;
}

bool table_clock(const struct table *t, const char *cell, char out[20])
{
	double serial;
	char text[20];

	if (!serial_read(t, cell, &serial) || serial >= 1)
		return false;
	clock_format((int64_t)(serial * 86400 + 0.5) * 1000000, text);
	memcpy(out, text + 11, 9);
	return true;
}

bool table_date(const struct table *t, const char *cell, bool with_time, char out[20])
{
	double serial;
	int64_t seconds;

	if (!serial_read(t, cell, &serial))
		return false;
	if (t->from_1904)
		serial += 1462;
	if (serial < 61 || serial >= 2958466)
		return false;
	seconds = (int64_t)(serial * 86400 + 0.5) - (int64_t)25569 * 86400;
	clock_format(seconds * 1000000, out);
	if (!with_time)
		out[10] = '\0';
	return true;
}
