/*
 * The file of an import request and what is asked of it: the body itself, or the first file of a
 * multipart form.
 *
 * ?dry_run=1: everything is checked, nothing is written. ?mode=all (the default): all rows or none;
 * ?mode=good: the rows that have no errors. ?existing=update: rows of what exists change it, rather
 * than being errors.
 */
#ifndef IMPORT_FILE_H
#define IMPORT_FILE_H

#include <jansson.h>

#include "import_words.h"
#include "req.h"
#include "table.h"

enum { IMPORT_ERRORS = 1000 /* rows whose errors are told; the others are counted */ };

struct import_file {
	const char *bytes;
	size_t n;
	bool dry_run, good, update;
	enum import_order order; /* of dates */

	/* what came of it */
	int64_t rows, created, updated, unchanged, failed;
	json_t *errors; /* of rows, in their order */
	const char **ignored; /* columns */
	int nignored;
};

/* False: replied. Counts as one import until the request ends. */
bool import_file_read(struct req *, struct import_file *);

/* A cell of a date, or of a date and time, as bodies have it; as it is when it is none. */
const char *import_file_time(const struct import_file *, const struct table *, struct arena *,
	const char *cell, bool with_time);

/* A row cannot be taken: errors by member. key and name tell which one it is. */
void import_file_refuse(
	struct import_file *, int line, const char *key, const char *name, const json_t *errors);

/* Nothing may be written, because of errors and ?mode=all. */
bool import_file_fails(const struct import_file *);

/* 200 with the counts, or 400 when it fails. */
void import_file_reply(struct req *, struct import_file *);

#endif
