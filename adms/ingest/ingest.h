/*
 * Durable punches at speed. The only module that inserts punches.
 *
 * Uploads hand in their bodies; lines are read when a write is built, so that what waits is bodies
 * (bounded by the budget) and never a second copy of them. While a write is in flight everything
 * that arrives is gathered, over all terminals, into the next one: one transaction holds the
 * punches, the lines that are none (rejects), and the losers of equal keys within the write. A job
 * is done when all of its lines are committed.
 *
 * A write that fails on a value is halved until the line stands alone among the rejects; a lost
 * connection or a full disk fails its jobs, whose terminals send again. So does a database that is
 * late: a job waits in the queue for 20 s, and for a write of its lines to the end of 25 s.
 */
#ifndef INGEST_H
#define INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

struct adms;
struct ingest;
struct terminal;

/* Lives in the request that uploaded, until done. */
struct ingest_job {
	struct terminal *terminal;
	const char *body; /* must stay until done */
	size_t len;
	const char *stamp; /* to be stored with the last line; NULL: none */
	int forgotten; /* terminal->forgotten when the upload began */
	bool stamped; /* when done: it was */
	bool refused; /* when done, not durable: the database was there, and did not take it */
	void (*done)(void *arg, bool durable);
	void *arg;
	/* when done: of the lines that are no punches, and of the punches that were new */
	int received, rejected, stored;
	/* ingest.c's own */
	struct record_lines lines;
	int open; /* rows sent and not yet committed */
	int64_t since; /* clock_ticks() when it was added, or its next lines were taken */
	bool read, failed, taken;
	struct ingest_job *next;
};

struct ingest *ingest_new(struct adms *);

/* The requests that own the jobs have ended: done() will not be called any more. Before the
 * database is closed; ingest_free() after that. */
void ingest_close(struct ingest *);
void ingest_free(struct ingest *);

void ingest_add(struct ingest *, struct ingest_job *);

/* True: the job was still waiting and is forgotten; false: its lines are on their way, done will
 * be called. */
bool ingest_cancel(struct ingest *, struct ingest_job *);

bool ingest_idle(const struct ingest *);

struct adms *ingest_adms(const struct ingest *);

#endif
