/*
 * A file of rows as people and programs make them: CSV or tab-separated text, also as spreadsheets
 * write it in UTF-16, or the first sheet of a workbook (.xlsx). The first row names the columns,
 * unless the caller knows better. Pure and bounded, for a thread; fuzzed.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

enum {
	TABLE_COLUMNS = 64,
	TABLE_CELL = 4096, /* bytes */
	TABLE_ROWS = 100000
};

struct table {
	int ncolumns;
	const char *names[TABLE_COLUMNS]; /* as written, blanks around them left out */
	int nrows;
	const char *const **rows; /* [row][column]; "" where a cell is empty or missing */
	const int *lines; /* of the file: where a row begins; rows of a workbook: its number */
	bool workbook; /* dates and times may be numbers: table_date() */
	bool from_1904;
};

enum table_first {
	TABLE_HEADER,
	TABLE_TITLE, /* stands above the header: passed over */
	TABLE_DATA /* there is no header: names[] says what the first columns are */
};

/* Says what a file's first row is, and after a title the next one: n cells, without the empty ones
 * at the end. */
struct table_judge {
	enum table_first (*first)(void *arg, const char *const *cells, int n, const char **names);
	void *arg;
};

/* Everything lies on the arena. NULL, or why it cannot be read, for a person. judge may be NULL; when
 * it finds titles only, the first row is the header. */
const char *table_read(struct table *, struct arena *, const char *bytes, size_t n,
	const struct table_judge *judge);

/* A workbook's number as a date "2024-05-02", or with time "2024-05-02 08:59:58"; false when it is
 * no number or no date of 1900 to 9999. out takes 20 bytes. */
bool table_date(const struct table *, const char *cell, bool with_time, char out[20]);

/* A workbook's part of a day as a time "08:59:58"; false when it is none. */
bool table_clock(const struct table *, const char *cell, char out[20]);

/* --- for the readers of one format ------------------------------------------------------------ */

struct table_rows {
	struct arena *arena;
	struct table *table;
	const char *cells[TABLE_COLUMNS]; /* of the row being read */
	int ncells;
	int line;
	const char ***rows;
	int *lines;
	int cap;
	const struct table_judge *judge;
	int titles;
	const char *problem; /* first one: reading stops */
};

/* The next cell of the row, or one further on; n bytes are copied. */
void table_cell(struct table_rows *, int column, const char *text, size_t n);
void table_row_end(struct table_rows *); /* at the end of each row of the file */

const char *table_read_text(struct table_rows *, const char *bytes, size_t n);
const char *table_read_book(struct table_rows *, const char *bytes, size_t n);

#endif
