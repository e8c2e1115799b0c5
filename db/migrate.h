/*
 * Brings the schema to head: migrations/NNNN_*.sql in order, one transaction each, then
 * migrations/functions/ (views and functions) re-created as a whole when their text changed.
 * Under an advisory lock, so that several processes may start at once.
 */
#ifndef MIGRATE_H
#define MIGRATE_H

#include <stdbool.h>

#include "sync.h"

struct migration {
	int number; /* NNNN */
	const char *name; /* file name */
	const char *sql;
};

/* Generated from migrations/: ends with number 0. functions: one text, in file-name order. */
extern const struct migration migrations[];
extern const char migration_functions[];

/* The newest migration this binary knows. */
int migrate_head(void);

/* False: *error says in one line what is wrong and what to do (newer schema, changed checksum,
 * failed statement). *applied counts migrations run now. */
bool migrate_up(struct sync *, struct arena *, int *applied, const char **error);

/* True when the schema is at head with the right checksums; reads only. */
bool migrate_check(struct sync *, struct arena *, const char **error);

#endif
