/*
 * punchd import-biotime: a table of ZKBio Time's tables (import_tables.c), each read in batches
 * (import_source.h), checked and written as JSON (import_rows.c), sealed where it is personal
 * (import_sealed.c), and put in by a function of the schema (functions/import_biotime.sql). A batch
 * and how far it goes are one transaction.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include "cli.h"
#include "db.h"
#include "import_source.h"
#include "str.h"

enum { IMPORT_ARGS = 8 };

struct import {
	struct cli *cli;
	struct import_source *source;
	int files; /* the directory with pictures; -1: none was named */
	bool dry;
	int64_t said; /* when progress was last told, ms */
};

/* One batch on its way in. Rows that fit have a number from 1, "n" in the JSON. */
struct import_rows {
	struct arena *arena;
	const struct import_table *table;
	const struct import_batch *batch;
	int *places; /* of those that fit, in the batch */
	int n;
	struct str json; /* an array of objects, all values texts */
	const char **misfit_rows, **misfit_reasons;
	int misfits, room;
	struct db_arg args[IMPORT_ARGS]; /* $1 is the JSON */
	int nargs;
};

struct import_table {
	const char *name; /* for the operator, and under which its state is kept */
	const char *from; /* the table */
	bool needed;
	int batch; /* rows */
	const struct import_column *columns; /* the first is id */
	const char *sql; /* how many were taken */
	/* Adds parameters; false: the database failed, which cli_error() says. NULL: there are none. */
	bool (*extend)(struct import *, struct import_rows *);
};

extern const struct import_table import_tables[]; /* ends with a name of NULL */

/* Checks each row and writes what fits. */
void import_rows_read(struct import_rows *);

/* A row, or a value of it, that does not fit; reason lives as long as the arena. i is its place in
 * the batch. */
void import_misfit(struct import_rows *, int i, const char *reason);

/* The value of a column; NULL: null, or not there. */
const char *import_cell(const struct import_rows *, int i, const char *column);

/* False with a reason why a value is not what the column wants; *clean is what to keep, NULL for
 * null. Pure. */
bool import_check(struct arena *, const struct import_column *, const char *cell,
	const char **clean, const char **reason);

/* extend: people's records, templates, pictures of comparison and of people. */
bool import_people_seal(struct import *, struct import_rows *);
bool import_templates_seal(struct import *, struct import_rows *);
bool import_biophotos_seal(struct import *, struct import_rows *);
bool import_pictures_seal(struct import *, struct import_rows *);

#endif
