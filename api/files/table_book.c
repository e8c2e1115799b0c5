/*
 * Workbooks (.xlsx): zip by libzip, XML by expat. The first sheet of the workbook is read: cells of
 * shared strings, inline strings, numbers, booleans and what formulas last came to.
 */
#include <expat.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "table.h"
#include "unzip.h"

enum { UNPACKED_MOST = 256 << 20, STRINGS_MOST = 2000000, DEPTH_MOST = 64 };

static const char too_large[] = "The workbook is too large.";

struct book {
	struct table_rows *rows;
	struct arena *arena;
	struct unzip *zip;
	XML_Parser parser;
	const char *problem;
	int depth;

	char *rel_id; /* of the first sheet */
	char *target; /* that it stands for */

	const char **strings;
	size_t *lens;
	int nstrings, cap;

	char *piece; /* of the string or cell being read */
	size_t piece_len, piece_cap;
	bool in_text, in_phonetic;
	int column, next_column;
	char type[12];
};

static void book_fail(struct book *b, const char *why)
{
	if (!b->problem)
		b->problem = why;
	XML_StopParser(b->parser, XML_FALSE);
}

/* Names come as "namespace|local". */
static const char *local(const char *name)
{
	const char *bar = strrchr(name, '|');

	return bar ? bar + 1 : name;
}

static const char *attribute(const char **attributes, const char *name)
{
	for (int i = 0; attributes[i]; i += 2)
		if (strcmp(local(attributes[i]), name) == 0)
			return attributes[i + 1];
	return NULL;
}

static bool is(const char *name, const char *wanted)
{
	return strcmp(local(name), wanted) == 0;
}

static void text_start(struct book *b)
{
	b->piece_len = 0;
}

static void XMLCALL text_more(void *arg, const char *text, int n)
{
	struct book *b = arg;

	if (!b->in_text || b->in_phonetic)
		return;
	if (b->piece_len + (size_t)n > TABLE_CELL) { /* told when the cell ends */
		b->piece_len = TABLE_CELL + 1;
		return;
	}
	memcpy(b->piece + b->piece_len, text, (size_t)n);
	b->piece_len += (size_t)n;
}

/* --- one part of the package ------------------------------------------------------------------ */

static void XMLCALL doctype_start(
	void *arg, const char *name, const char *system, const char *public, int internal)
{
	book_fail(arg, "The workbook declares a document type.");
}

static bool part_take(void *arg, const char *bytes, size_t n)
{
	struct book *b = arg;

	if (XML_Parse(b->parser, bytes, (int)n, 0) == XML_STATUS_ERROR && !b->problem)
		b->problem = "The workbook is no well-formed XML.";
	return !b->problem;
}

/* False: b->problem says why. */
static bool part_read(
	struct book *b, const char *name, XML_StartElementHandler start, XML_EndElementHandler end)
{
	int64_t entry = unzip_find(b->zip, name);
	const char *why = NULL;

	if (entry < 0) {
		b->problem = "The archive is no workbook.";
		return false;
	}
	b->parser = XML_ParserCreateNS(NULL, '|');
	if (!b->parser) {
		b->problem = too_large;
		return false;
	}
	b->depth = 0;
	XML_SetUserData(b->parser, b);
	XML_SetElementHandler(b->parser, start, end);
	XML_SetCharacterDataHandler(b->parser, text_more);
	XML_SetStartDoctypeDeclHandler(b->parser, doctype_start);
	if (!unzip_read(b->zip, entry, part_take, b, &why) && !b->problem)
		b->problem = why;
	if (!b->problem && XML_Parse(b->parser, "", 0, 1) == XML_STATUS_ERROR && !b->problem)
		b->problem = "The workbook is no well-formed XML.";
	XML_ParserFree(b->parser);
	b->parser = NULL;
	return !b->problem;
}

static void XMLCALL nothing_ends(void *arg, const char *name)
{
	struct book *b = arg;

	b->depth--;
}

static bool deeper(struct book *b)
{
	if (++b->depth <= DEPTH_MOST)
		return true;
	book_fail(b, too_large);
	return false;
}

/* --- which part is the first sheet ------------------------------------------------------------ */

static void XMLCALL workbook_start(void *arg, const char *name, const char **attributes)
{
	struct book *b = arg;
	const char *id = attribute(attributes, "id"), *from = attribute(attributes, "date1904");

	if (!deeper(b))
		return;
	if (is(name, "workbookPr") && from)
		b->rows->table->from_1904 = strcmp(from, "1") == 0 || strcmp(from, "true") == 0;
	if (is(name, "sheet") && id && !b->rel_id)
		b->rel_id = arena_strdup(b->arena, id);
}

static void XMLCALL relation_start(void *arg, const char *name, const char **attributes)
{
	struct book *b = arg;
	const char *id = attribute(attributes, "Id"), *target = attribute(attributes, "Target");

	if (!deeper(b) || !is(name, "Relationship") || !id || !target || b->target ||
		strcmp(id, b->rel_id) != 0)
		return;
	b->target = *target == '/' ? arena_strdup(b->arena, target + 1)
				   : arena_printf(b->arena, "xl/%s", target);
}

/* --- shared strings --------------------------------------------------------------------------- */

static void string_add(struct book *b)
{
	if (b->nstrings == STRINGS_MOST) {
		book_fail(b, too_large);
		return;
	}
	if (b->nstrings == b->cap) {
		int cap = b->cap ? 2 * b->cap : 1024;
		const char **strings = arena_array(b->arena, (size_t)cap, sizeof(*strings));
		size_t *lens = arena_array(b->arena, (size_t)cap, sizeof(*lens));
		if (b->cap) {
			memcpy(strings, b->strings, (size_t)b->cap * sizeof(*strings));
			memcpy(lens, b->lens, (size_t)b->cap * sizeof(*lens));
		}
		b->strings = strings;
		b->lens = lens;
		b->cap = cap;
	}
	b->strings[b->nstrings] = arena_memdup(b->arena, b->piece, b->piece_len);
	b->lens[b->nstrings++] = b->piece_len;
}

static void XMLCALL strings_start(void *arg, const char *name, const char **attributes)
{
	struct book *b = arg;

	if (!deeper(b))
		return;
	if (is(name, "si"))
		text_start(b);
	else if (is(name, "t"))
		b->in_text = true;
	else if (is(name, "rPh"))
		b->in_phonetic = true;
}

static void XMLCALL strings_end(void *arg, const char *name)
{
	struct book *b = arg;

	b->depth--;
	if (b->problem)
		return;
	if (is(name, "si"))
		string_add(b);
	else if (is(name, "t"))
		b->in_text = false;
	else if (is(name, "rPh"))
		b->in_phonetic = false;
}

/* --- the sheet -------------------------------------------------------------------------------- */

/* "AB12" -> 27; -1: no such thing. */
static int column_of(const char *reference)
{
	int column = 0;

	for (; *reference >= 'A' && *reference <= 'Z'; reference++) {
		column = column * 26 + (*reference - 'A' + 1);
		if (column > 16384)
			return -1;
	}
	return column - 1;
}

static void XMLCALL sheet_start(void *arg, const char *name, const char **attributes)
{
	struct book *b = arg;
	const char *said;
	int64_t row;

	if (!deeper(b))
		return;
	if (is(name, "row")) {
		said = attribute(attributes, "r");
		b->rows->line =
			said && str_to_int(said, 1, INT32_MAX, &row) ? (int)row : b->rows->line + 1;
		b->next_column = 0;
	} else if (is(name, "c")) {
		said = attribute(attributes, "r");
		b->column = said ? column_of(said) : b->next_column;
		if (b->column < 0)
			book_fail(b, "A cell of the workbook has no place.");
		b->next_column = b->column + 1;
		said = attribute(attributes, "t");
		snprintf(b->type, sizeof(b->type), "%s", said ? said : "n");
		text_start(b);
	} else if (is(name, "v") || is(name, "t")) {
		b->in_text = true;
	} else if (is(name, "rPh")) {
		b->in_phonetic = true;
	}
}

/* Whole numbers are written as such: an identifier must not become 1.001E+3. */
static void number_cell(struct book *b)
{
	char text[64];
	double value;

	b->piece[b->piece_len] = '\0';
	value = strtod(b->piece, NULL);
	if (strpbrk(b->piece, ".eE") && value == floor(value) && fabs(value) < 1e15)
		snprintf(text, sizeof(text), "%.0f", value);
	else if (strpbrk(b->piece, "eE") && isfinite(value) && fabs(value) < 1e15)
		snprintf(text, sizeof(text), "%.10f", value);
	else
		snprintf(text, sizeof(text), "%.60s", b->piece);
	table_cell(b->rows, b->column, text, strlen(text));
}

static void cell_end(struct book *b)
{
	int64_t index;

	if (b->piece_len > TABLE_CELL) {
		table_cell(b->rows, b->column, b->piece, TABLE_CELL + 1);
	} else if (strcmp(b->type, "s") == 0) {
		if (!str_to_intn(b->piece, b->piece_len, 0, b->nstrings - 1, &index)) {
			book_fail(b, "A cell of the workbook names a text that is not there.");
			return;
		}
		table_cell(b->rows, b->column, b->strings[index], b->lens[index]);
	} else if (strcmp(b->type, "n") == 0 && b->piece_len > 0) {
		number_cell(b);
	} else {
		table_cell(b->rows, b->column, b->piece, b->piece_len);
	}
}

static void XMLCALL sheet_end(void *arg, const char *name)
{
	struct book *b = arg;

	b->depth--;
	if (b->problem) /* expat still ends the empty element in which it was stopped */
		return;
	if (is(name, "c"))
		cell_end(b);
	else if (is(name, "row"))
		table_row_end(b->rows);
	else if (is(name, "v") || is(name, "t"))
		b->in_text = false;
	else if (is(name, "rPh"))
		b->in_phonetic = false;
	if (b->rows->problem)
		book_fail(b, b->rows->problem);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void parts_read(struct book *b)
{
	if (!part_read(b, "xl/workbook.xml", workbook_start, nothing_ends))
		return;
	if (b->rel_id && !part_read(b, "xl/_rels/workbook.xml.rels", relation_start, nothing_ends))
		return;
	if (!b->target) {
		b->problem = "The workbook has no sheet.";
		return;
	}
	if (unzip_find(b->zip, "xl/sharedStrings.xml") >= 0 &&
		!part_read(b, "xl/sharedStrings.xml", strings_start, strings_end))
		return;
	b->in_text = b->in_phonetic = false;
	part_read(b, b->target, sheet_start, sheet_end);
}

const char *table_read_book(struct table_rows *rows, const char *bytes, size_t n)
{
	struct book b = { .rows = rows, .arena = rows->arena };

	b.piece = arena_alloc(rows->arena, TABLE_CELL + 2);
	b.zip = unzip_open(bytes, n, UNPACKED_MOST, &b.problem);
	rows->table->workbook = true;
	if (b.zip)
		parts_read(&b);
	unzip_close(b.zip);
	return b.problem;
}
