/*
 * USER lines of approved terminals: they create people and fill empty members (contract 7). Sealed
 * members are opened, merged and sealed here; who wins a race is decided by the database.
 */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "db.h"
#include "record.h"
#include "rows.h"

struct adms;
struct arena;
struct people;
struct terminal;

#define PEOPLE_STATEMENTS 4

struct people *people_new(struct adms *, const struct terminal *, struct arena *);

/* Takes a USER record. NULL, or the reason why it cannot be used. */
const char *people_add(struct people *, const struct record *);

int people_count(const struct people *);

/* The question that must be answered (binary) before people_statements(). */
struct db_statement people_question(struct people *);

/* What the lines change, given the answer; returns how many statements (0: nothing). */
int people_statements(struct people *, const struct rows *, struct db_statement *out);

#endif
