/*
 * USER lines of approved terminals: they create people and fill empty members of those who share an
 * area with the terminal; of others what they would fill in waits (claims.sql). Sealed members are
 * opened, merged and sealed here; who wins a race is decided by the database.
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

#define PEOPLE_STATEMENTS 6
#define PEOPLE_TAKEN_STATEMENTS 2

struct people *people_new(struct adms *, const struct terminal *, struct arena *);

/* Takes a USER record. NULL, or the reason why it cannot be used. Else *aside is NULL, or what of it
 * cannot be: it is taken without. */
const char *people_add(struct people *, const struct record *, const char **aside);

/* A claim that was taken, in place of lines: a member of this person ("first_name",
 * "device_password", "card_no"), wherever they are. Texts must live as long. */
void people_take(struct people *, const char *pin, const char *member, const char *value);

int people_count(const struct people *);

/* The question that must be answered (binary) before people_statements(). */
struct db_statement people_question(struct people *);

/* What the lines change, given the answer; returns how many statements (0: nothing). When
 * people_creates(), the first one makes people. */
int people_statements(struct people *, const struct rows *, struct db_statement *out);
bool people_creates(const struct people *);

/* After people_take() instead: fills them in, and ends the claims with these ids (int8 array), all or
 * nothing. Up to PEOPLE_TAKEN_STATEMENTS; returns how many. Then people_closed() says whose record
 * could not be opened: their claims must not be ended. */
int people_taken_statements(
	struct people *, const struct rows *, struct db_arg claims, struct db_statement *out);
bool people_closed(const struct people *, const char *pin);

#endif
