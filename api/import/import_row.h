/* One import of resources on its way: what import.c and import_row.c share. */
#ifndef IMPORT_ROW_H
#define IMPORT_ROW_H

#include "import.h"
#include "import_file.h"
#include "resource_private.h"
#include "table.h"

enum { IMPORT_ROWS = 10000, IMPORT_CODES = 8 };

/* The codes of one column, of all rows one behind the other. */
struct import_column {
	const char **codes;
	int32_t *ids; /* 0: there is none */
	int32_t *above; /* place from 1 of the first row of the file with it as key; 0: none */
	int *first; /* by row; one more behind the last */
};

struct import {
	struct req *req;
	const struct import_spec *spec;
	struct import_file file;
	struct table table;
	const char *problem; /* with the file as a whole */
	const struct field *fields[TABLE_COLUMNS]; /* by column; NULL: ignored, or codes: */
	int codes[TABLE_COLUMNS]; /* place from 1 in spec->codes; 0: none */
	int key; /* column */
	int32_t *ids; /* by row; 0: does not exist */
	int32_t *nth; /* row with this key */
	struct import_column columns[IMPORT_CODES];
	int at; /* row */

	/* the row being worked at */
	struct arena *arena;
	struct write write;

	/* what is under way */
	struct db_ticket *ticket;
	struct db_statement one;
	const struct db_statement *actor; /* who imports, said before each of them */
	struct db_statement pair[2];
	struct rows *rows;
	const struct db_error *error;
	struct db_error failure; /* copied */
	bool committing;

	struct map *cards; /* given by rows that are not written yet */

	const struct db_statement *guard; /* behind each row, see scope.h; or NULL */
	struct db_statement *statements; /* of ?mode=all, to be committed together */
	int nstatements;
};

/* Where the header of the file is; arg: the import. */
enum table_first import_columns_judge(
	void *arg, const char *const *cells, int n, const char **names);

/* Fills im->fields, im->codes, im->key and what is ignored. NULL, or what is wrong with the file. */
const char *import_columns_read(struct import *);

/* Prepares row im->at. False: it has errors already, told. */
bool import_row_prepare(struct import *);

/* The row is good, and will be written later or (a dry run) never: rows below see what it takes. */
void import_row_settle(struct import *);

/* Errors of the row go to the reply. */
void import_row_refuse(struct import *);

/* The same, when the database has refused to write it. */
void import_row_failed(struct import *);

/* What writes the row, prepared; how many. */
int import_row_statements(const struct import *, struct db_statement out[static 2]);

/* Copies them for later. */
void import_row_keep(struct import *);

#endif
