/*
 * The people and places of a long list of punches: looked up once each, a batch at a time, so that
 * the list itself is read as bare numbers.
 */
#ifndef PUNCH_NAMES_H
#define PUNCH_NAMES_H

#include "punch_row.h"
#include "sql.h"

struct punch_names;

struct punch_names *punch_names_new(void);
void punch_names_free(struct punch_names *);

/* Before a batch: forgets everything when that has become much. */
void punch_names_begin(struct punch_names *);

/* Notes who and where are unknown. */
void punch_names_want(struct punch_names *, const struct punch_key *);

/* The statement for what was noted; false: nothing is missing. */
bool punch_names_ask(struct punch_names *, struct sql *);
void punch_names_learn(struct punch_names *, const struct rows *);

/* Fills person and place of a row whose key is set. False: unknown, it cannot be shown. */
bool punch_names_fill(const struct punch_names *, struct punch_row *);

#endif
