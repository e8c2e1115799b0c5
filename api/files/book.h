/*
 * A workbook (.xlsx) in the making. Rows go to temporary files, not to memory; those files have no
 * name, so that nothing stays behind whatever happens. Everything but making and freeing one is
 * slow and belongs on a thread.
 */
#ifndef BOOK_H
#define BOOK_H

#include "cells.h"

struct book;

enum {
	BOOK_ROWS = 1048576, /* of a sheet; then the next one begins, with the header again */
	BOOK_SHEETS = 16
};

/* dir: where the temporary files go. */
struct book *book_new(const char *dir);
void book_free(struct book *);

/* Writes rows in the form of CELLS_BOOK; the first row of all is the header. False, also from
 * then on: no room on the disk, or more rows than a workbook takes. */
bool book_write(struct book *, const char *cells, size_t n);

/* Bytes of rows on the disk. While the file is put together it takes as much again. */
int64_t book_size(const struct book *);

/* Puts the file together: how long it is, -1 when it could not be made. */
int64_t book_close(struct book *);

/* The file's next bytes; 0 at its end, negative when it cannot be read. */
int64_t book_read(struct book *, char *to, size_t n);

/* More rows came than BOOK_SHEETS sheets hold. */
bool book_is_full(const struct book *);

#endif
