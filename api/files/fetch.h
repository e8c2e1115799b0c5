/*
 * Statements that run ahead of a streamed reply: the next piece is read while this one is written,
 * and no connection to the database is held while the client does not read.
 */
#ifndef FETCH_H
#define FETCH_H

#include "sql.h"

enum { FETCH_STATEMENTS = 2, FETCH_DEADLINE_MS = 600000 };

/* What the fetches of one request share; zeroed but for req. */
struct fetches {
	struct req *req;
	bool waiting;
	bool failed; /* one of them, logged: cut the stream */
};

/* One statement under way, or its answer; zeroed but for all. Its memory ends with the next one. */
struct fetch {
	struct fetches *all;
	struct arena *arena;
	struct db_statement statements[FETCH_STATEMENTS];
	struct db_ticket *ticket; /* under way */
	struct rows *rows; /* arrived: the taker's, who sets NULL */
};

/* A statement to be filled, on fresh memory. */
struct sql *fetch_sql(struct fetch *);

/* Sends the first n of .statements, which are one transaction and only read; binary results. */
void fetch_start(struct fetch *, int n);

/* Stops what is under way and frees what is there; for arena_defer(). */
void fetch_end(void *fetch);

/* Ends the step: the next one runs when a fetch has arrived or failed. */
void fetches_wait(struct fetches *, req_step *next);

#endif
