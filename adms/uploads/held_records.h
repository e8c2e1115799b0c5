/* One held upload that is not of punches, on its way through pieces (pieces.h) for a chore. */
#ifndef HELD_RECORDS_H
#define HELD_RECORDS_H

#include "pieces.h"
#include "upload_log.h"

/* Lives in the chore; made anew for each upload. */
struct held_taking {
	/* the caller's */
	struct adms *adms;
	const struct terminal *terminal; /* a copy, for a thread */
	const char *table;
	struct span body; /* must stay until done */
	const struct map *erased; /* see intake_forget() */
	int64_t received;
	void (*done)(void *arg, bool good);
	void *arg;
	/* when done */
	struct upload_counts counts;
	bool refused; /* the database was there, and did not take it */
	/* held_records.c's own */
	struct pieces pieces;
	struct arena *round;
	bool asks_fresh;
	struct db_arg lease[2];
};

/* Takes it; the lease on the terminal's release is renewed with each piece, which fails where it is another
 * process's by now. done() may be called before it returns. */
void held_take(struct held_taking *);

/* Frees what the last one left; arg is a struct held_taking. */
void held_taking_free(void *arg);

#endif
