/*
 * Lines of OPERLOG and its kin on their way to rows: each is judged by its kind; what can be
 * understood goes to its place, what cannot is kept under a reason. What was collected becomes
 * statements of one transaction.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include "arena.h"
#include "db.h"
#include "people.h"
#include "records.h"

struct intake;

#define INTAKE_STATEMENTS (RECORDS_STATEMENTS + PEOPLE_STATEMENTS)

/* Lives on the arena, like all that it makes; the lines must stay as long. table in upper case. */
struct intake *intake_new(struct adms *, const struct terminal *, struct arena *);

/* Takes a line of a table. NULL, or why it is none that can be used; then nothing was taken. */
const char *intake_add(struct intake *, const char *table, struct span line);

/* Keeps a line under a reason, which is constant or on the arena. */
void intake_reject(struct intake *, const char *table, struct span line, const char *reason);

/* True: this must be asked (binary) first; its answer goes to intake_statements(). */
bool intake_asks(struct intake *, struct db_statement *question);

/* Up to INTAKE_STATEMENTS; returns how many. rows NULL when nothing was asked. */
int intake_statements(struct intake *, const struct rows *, struct db_statement *out);

#endif
