/*
 * One connection: dials, runs one query at a time, cancels, redials. Private to db/.
 *
 * It stays in libpq's pipeline mode: a query goes out as the messages of all its statements (and of
 * their preparation where needed) and one Sync, in one write, and is one transaction.
 */
#ifndef CONN_H
#define CONN_H

#include "db.h"

struct conn;

/* All are called from the loop, never from within a conn_ function called outside of them. */
struct conn_hooks {
	/* Connected (fresh), or free for the next query: conn_send() may be called from here. */
	void (*ready)(void *owner, bool fresh);
	/* A query given to conn_send() ended, unless it was abandoned; rows is the callee's. Comes
	 * after ready(), so the next query may be on its way already. */
	void (*answered)(
		void *owner, const struct db_query *, struct rows *, const struct db_error *);
	/* Could not connect (was_up false) or lost. Nothing happens until conn_dial() or
	 * conn_redial(). */
	void (*lost)(void *owner, bool was_up, const char *why);
	void (*notified)(void *owner, const char *payload); /* may be NULL */
};

/* options stay the caller's and outlive the connection. Does not dial. */
struct conn *conn_new(
	struct db_hub *, const struct db_options *, const struct conn_hooks *, void *owner);

/* Ends without calling hooks. NULL is allowed. */
void conn_free(struct conn *);

/* At once; nothing when it is up or dials already. */
void conn_dial(struct conn *);

/* After a back-off of 0.1 s doubling to 5 s; only when down. */
void conn_redial(struct conn *);

/* It dials, or will. */
bool conn_dialling(const struct conn *);

/* Only when ready. The query and all it points to live until answered, or are abandoned. */
void conn_send(struct conn *, const struct db_query *);

/* The answer is not wanted any more; the statements run to their end. */
void conn_abandon(struct conn *);

/* As conn_abandon(), and the server is asked to stop them, each 5 s again until patience is over:
 * then dropped when it does not within 5 s. */
void conn_cancel(struct conn *, int64_t patience_ms);

/* Drops a connection that is up, soon. */
void conn_break(struct conn *);

#endif
