/*
 * What the files of `punchd key` share: the sealed tables, and the lock that lets only one of these
 * commands work at a time.
 */
#ifndef KEY_H
#define KEY_H

#include "cli.h"

/* A table with a sealed column: what its row is found by, and what its values are bound to. */
struct sealed_table {
	const char *table;
	const char *key; /* a column, compared as text */
	const char *place; /* NULL: the column `place` says it */
};

extern const struct sealed_table key_tables[]; /* up to one without a name */

/* Opens the database with its keys, and takes the lock, which ends with the connection. True, or
 * *status is what to exit with. */
bool key_open(struct cli *, int *status);

/* How many values are sealed under a key; *where (on the arena) says in which tables. -1: the
 * database failed. */
int64_t key_uses(struct cli *, int64_t id, const char **where);

#endif
