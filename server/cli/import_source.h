/*
 * Where `punchd import-biotime` reads from: a PostgreSQL database, or a directory with a dump of
 * each table as CSV. Rows come as texts in batches, in the order in which they can be gone on with.
 */
#ifndef IMPORT_SOURCE_H
#define IMPORT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

enum import_kind {
	K_TEXT, /* most characters in `most` */
	K_PIN, /* the same, without blanks around */
	K_INT, /* least to most */
	K_STATE, /* the same; I is 0, O is 1, and 255 what cannot be read */
	K_VERIFY, /* the same but for letters */
	K_BOOL,
	K_REAL,
	K_DATE,
	K_WALL, /* a wall clock */
	K_MOMENT
};

struct import_column {
	const char *name; /* NULL ends the table */
	enum import_kind kind;
	unsigned flags;
	int64_t least, most;
};

enum {
	IC_NEEDED =
		1, /* a row without a good value does not fit; of any other the value is left out */
	IC_NAME = 2, /* tells the operator which row it is */
	IC_SECRET = 4 /* personal: never in a statement, a message or a log as it is */
};

struct import_batch {
	int n, columns;
	const char **cells; /* n rows of columns; NULL: null or not there */
	int64_t position; /* to go on behind */
};

struct import_source;

/* conninfo, or a directory. Dies with one line when it is neither. timezone: in which a moment of the
 * source is shown as a wall clock. */
struct import_source *import_source_open(struct arena *, const char *where, const char *timezone);
void import_source_close(struct import_source *);

const char *import_source_name(const struct import_source *); /* without credentials */

/* Begins with a table, behind position (0: at its first row). 1; 0: the source has none of this
 * name; -1: *error says what is wrong in one line. A needed column that is not there is wrong; *has
 * tells of each column whether it is. Columns begin with the id. */
int import_source_begin(struct import_source *, const char *table, const struct import_column *,
	int64_t position, bool *has, const char **error);

/* At most `most` rows on the arena; n is 0 at the end. False: *error says why. */
bool import_source_next(struct import_source *, struct arena *, int most, struct import_batch *,
	const char **error);

/* The highest id that the source has ever given in this table, as far as it can be known; 0: not. */
int64_t import_source_highest(struct import_source *, const char *table);

#endif
