/*
 * Reading CSV (RFC 4180) in pieces: quoted fields with separators, doubled quotes and line ends in
 * them; records end with LF, CRLF or CR; a UTF-8 mark at the start and blank lines are passed over.
 * Pure but for the reader it is given. Fuzzed.
 *
 * Memory is bounded by CSV_MAX_RECORD, whatever comes. What is wrong ends the file, because nobody
 * can tell where the next record begins; a quote within an unquoted field is a character like any
 * other. Fields are whatever bytes came, but never with a NUL: check str_is_utf8() where it matters.
 */
#ifndef CSV_H
#define CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CSV_MAX_FIELDS 512
#define CSV_MAX_RECORD (32 << 20) /* bytes, quotes and separators not counted */

struct csv;

struct csv_field {
	const char *text; /* NUL-terminated */
	size_t len;
	bool quoted; /* "" is an empty text, where nothing at all may mean null */
};

enum csv_status { CSV_RECORD, CSV_END, CSV_BAD };

/* Puts at most room bytes into to; returns how many, 0 at the end, -1 when reading failed. */
typedef ssize_t csv_read(void *arg, char *to, size_t room);

/* separator 0: the one of comma, semicolon and TAB that is most frequent in the first line
 * of a few that has any. */
struct csv *csv_new(csv_read *, void *arg, char separator);
void csv_free(struct csv *); /* NULL is allowed */

/* The next record: *n fields, valid until the next call. After CSV_END and CSV_BAD it answers the
 * same for ever. */
enum csv_status csv_next(struct csv *, const struct csv_field **fields, int *n);

/* The line on which the last record began, from 1. */
int64_t csv_line(const struct csv *);

/* After CSV_BAD: what is wrong, a constant text. */
const char *csv_error(const struct csv *);

/* --- cells of our own files ------------------------------------------------------------------- */

/* True when a spreadsheet may compute a cell that begins like this text of n bytes: writers put an
 * apostrophe before it, readers of our own files take it off. */
bool csv_is_formula(const char *text, size_t n);

#endif
