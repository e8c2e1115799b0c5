/*
 * Which statements one connection has prepared, by their text and parameter types. Bounded: the
 * least recently used goes first. Private to db/, pure.
 */
#ifndef STMT_H
#define STMT_H

#include <stdbool.h>
#include <stdint.h>

struct stmts;

struct stmt_name {
	char text[16];
};

struct stmts *stmts_new(int max);
void stmts_free(struct stmts *);

/* The name under which sql is prepared, now the most recently used; NULL when it is not. */
const struct stmt_name *stmts_find(
	struct stmts *, const char *sql, const uint32_t *types, int ntypes);

/* Remembers sql, which must not be there, under a fresh name (valid until the next call). When
 * that pushed another one out, *evicted is its name, which the server still knows; else it is
 * empty. */
const struct stmt_name *stmts_add(struct stmts *, const char *sql, const uint32_t *types,
	int ntypes, struct stmt_name *evicted);

/* Names go on: none is given twice. */
void stmts_clear(struct stmts *);

int stmts_count(const struct stmts *);

#endif
