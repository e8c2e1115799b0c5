/* Workbooks by libxlsxwriter, in its mode of constant memory: a row is on disk when the next one
 * begins. */
#include "book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "fatal.h"

enum { TEXT_MOST = 32767 /* characters of a cell; as bytes it is always enough */ };

struct book {
	char *dir;
	int fd; /* the file to be; -1: not made yet */
	lxw_workbook *workbook;
	lxw_worksheet *sheet;
	int sheets;
	int64_t before; /* bytes of the sheets before it */
	lxw_row_t row; /* of the sheet, to be written next */
	lxw_col_t column;
	struct out header; /* the first row, in the form of CELLS_BOOK */
	bool headed; /* it is complete */
	bool failed, full;
};

struct book *book_new(const char *dir)
{
	struct book *b = xcalloc(1, sizeof(*b));

	b->dir = xmalloc(strlen(dir) + 1);
	strcpy(b->dir, dir);
	b->fd = -1;
	out_init(&b->header);
	return b;
}

/* The library leaves them open when the workbook is not put together. */
static void rows_close(struct book *b)
{
	lxw_worksheet *sheet;

	if (!b->workbook)
		return;
	STAILQ_FOREACH(sheet, b->workbook->worksheets, list_pointers)
	{
		if (sheet->optimize_tmpfile)
			fclose(sheet->optimize_tmpfile);
		sheet->optimize_tmpfile = NULL;
	}
}

void book_free(struct book *b)
{
	if (!b)
		return;
	rows_close(b);
	lxw_workbook_free(b->workbook);
	if (b->fd >= 0)
		close(b->fd);
	out_free(&b->header);
	free(b->dir);
	free(b);
}

bool book_is_full(const struct book *b)
{
	return b->full;
}

/* Rows of a sheet wait in a file of its own. */
int64_t book_size(const struct book *b)
{
	FILE *rows = b->sheet ? b->sheet->optimize_tmpfile : NULL;
	off_t size = rows ? ftello(rows) : 0;

	return b->before + (size > 0 ? size : 0);
}

/* libxlsxwriter wants a name: that of the open file, which has none of its own any more. */
static bool book_open(struct book *b)
{
	char path[4096], name[64];
	lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = b->dir };

	if (snprintf(path, sizeof(path), "%s/punchd-export-XXXXXX", b->dir) >= (int)sizeof(path))
		return false;
	b->fd = mkstemp(path);
	if (b->fd < 0)
		return false;
	unlink(path);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", b->fd);
	b->workbook = workbook_new_opt(name, &options);
	return b->workbook != NULL;
}

static bool sheet_add(struct book *b)
{
	b->full = b->sheets == BOOK_SHEETS;
	if (b->full || (!b->workbook && !book_open(b)))
		return false;
	b->before = book_size(b);
	b->sheet = workbook_add_worksheet(b->workbook, NULL);
	b->sheets++;
	b->row = 0;
	return b->sheet != NULL;
}

/* U+FFFE and U+FFFF are no characters of XML. */
static void text_clean(char *text, size_t n)
{
	for (size_t i = 0; i + 2 < n; i++)
		if (memcmp(text + i, "\xef\xbf\xbe", 3) == 0 ||
			memcmp(text + i, "\xef\xbf\xbf", 3) == 0)
			text[i + 2] = '\xbd';
}

/* Text is written as text, whatever it begins with: never as a formula. */
static bool text_write(struct book *b, const char *text, size_t n)
{
	char copy[TEXT_MOST + 1];

	if (n > TEXT_MOST)
		n = TEXT_MOST;
	while (n > 0 && n == TEXT_MOST && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	memcpy(copy, text, n);
	copy[n] = '\0';
	text_clean(copy, n);
	return worksheet_write_string(b->sheet, b->row, b->column, copy, NULL) == LXW_NO_ERROR;
}

static bool item_write(struct book *b, enum cells_kind kind, const char *text, size_t n)
{
	bool good = true;

	switch (kind) {
	case CELLS_TEXT:
		good = n == 0 || text_write(b, text, n);
		b->column++;
		break;
	case CELLS_NUMBER:
		good = worksheet_write_number(b->sheet, b->row, b->column, strtod(text, NULL),
			       NULL) == LXW_NO_ERROR;
		b->column++;
		break;
	case CELLS_ROW:
		b->row++;
		b->column = 0;
		break;
	}
	return good;
}

static bool header_write(struct book *b)
{
	struct cells_walk w = { b->header.bytes, b->header.bytes + b->header.len };
	enum cells_kind kind;
	const char *text;
	size_t n;

	while (cells_next(&w, &kind, &text, &n))
		if (!item_write(b, kind, text, n))
			return false;
	return true;
}

bool book_write(struct book *b, const char *cells, size_t size)
{
	struct cells_walk w = { cells, cells + size };
	enum cells_kind kind;
	const char *text, *from;
	size_t n;

	while (!b->failed && (from = w.at, cells_next(&w, &kind, &text, &n))) {
		if (!b->headed) {
			out_addn(&b->header, from, (size_t)(w.at - from));
			b->headed = kind == CELLS_ROW;
		}
		if (!b->sheet)
			b->failed = !sheet_add(b);
		else if (b->row == BOOK_ROWS)
			b->failed = !sheet_add(b) || !header_write(b);
		if (!b->failed)
			b->failed = !item_write(b, kind, text, n);
	}
	return !b->failed;
}

int64_t book_close(struct book *b)
{
	if (!b->failed && !b->sheet)
		b->failed = !sheet_add(b);
	if (!b->failed) {
		b->failed = workbook_close(b->workbook) != LXW_NO_ERROR;
		b->workbook = NULL; /* freed, also when it failed */
		b->sheet = NULL;
	}
	if (b->failed)
		return -1;
	int64_t size = lseek(b->fd, 0, SEEK_END);
	return lseek(b->fd, 0, SEEK_SET) == 0 ? size : -1;
}

int64_t book_read(struct book *b, char *to, size_t n)
{
	return read(b->fd, to, n);
}
