/*
 * Rows of cells on their way to a file: CSV or tab-separated text, or the form that a workbook is
 * made of later, off the loop (see book.h).
 */
#ifndef CELLS_H
#define CELLS_H

#include "out.h"

/* In place of a separator: for a workbook. */
#define CELLS_BOOK '\0'

/* One cell. first: it begins its row. Text is neutralised where a spreadsheet would take it for a
 * formula; in a workbook it needs no more than being text. NULL: empty. */
void cells_text(struct out *, char separator, bool first, const char *text);
void cells_number(struct out *, char separator, bool first, int64_t);

/* A number as it is to be written, n bytes. */
void cells_raw(struct out *, char separator, bool first, const char *number, size_t n);

void cells_end(struct out *, char separator);

/* --- the workbook's form -------------------------------------------------------------------- */

enum cells_kind { CELLS_TEXT = 't', CELLS_NUMBER = 'n', CELLS_ROW = '\n' /* ends here */ };

/* The next item of the n bytes; false at their end. The text lives as they do, with a NUL. */
struct cells_walk {
	const char *at, *end;
};

bool cells_next(struct cells_walk *, enum cells_kind *, const char **text, size_t *n);

#endif
