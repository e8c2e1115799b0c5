/*
 * Asynchronous PostgreSQL: a pool of connections and the queue of statements before it.
 *
 * Promises: (1) db_query() never calls back before it returns; (2) a query is called back exactly
 * once, or never after db_forget(); (3) connecting, sending and cancelling never block: name
 * resolution and cancel requests run on worker threads; (4) all bytes of a connection move in one
 * function. Statements are prepared on first use and remembered per connection by their text.
 *
 * A query is one statement, or several that commit together (they go out in one pipelined round
 * trip, in one transaction). There is no open transaction between calls: what must read before it
 * writes is one statement or an SQL function.
 *
 * Connections are given out fairly by owner, see queue.h. Long queries, those with a deadline beyond
 * DB_QUICK_MS or none, have at most half of the connections, and two of one owner.
 *
 * What loses a deadlock is run again, up to five times: nothing of it was committed.
 *
 * When no connection can be had, queries fail at once with SQLSTATE 08006, and the pool dials
 * again with back-off (0.1 s doubling to 5 s) until it succeeds.
 */
#ifndef DB_H
#define DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "owner.h"
#include "rows.h"

struct event_base;
struct db;
struct db_hub; /* what pools and listeners of a process share */
struct db_ticket; /* a query under way */

/* One parameter. type 0 lets the server infer it (write $1::int in the SQL where it cannot). */
struct db_arg {
	const char *value; /* NULL = null */
	int len; /* bytes, for binary */
	bool binary;
	unsigned type; /* OID, only needed where inference fails */
};

/* A NUL-terminated text, or NULL for null; lives until the query is called back. */
static inline struct db_arg db_text(const char *text)
{
	return (struct db_arg){ .value = text };
}

/* Bytes for a bytea parameter. */
static inline struct db_arg db_bytes(const void *bytes, size_t n)
{
	return (struct db_arg){ .value = bytes, .len = (int)n, .binary = true };
}

/* An integer as text on the arena. */
struct db_arg db_int(struct arena *, int64_t n);
struct db_arg db_bool(bool);

/* Binary arrays on the arena, for unnest($1): int2[], int4[], float4[], int8[], timestamp[]
 * (microseconds since 1970), bytea[], text[]. missing (may be NULL) marks null elements. */
struct db_arg db_int2_array(struct arena *, const int16_t *, const bool *missing, int n);
struct db_arg db_int4_array(struct arena *, const int32_t *, const bool *missing, int n);
struct db_arg db_float4_array(struct arena *, const float *, const bool *missing, int n);
struct db_arg db_int8_array(struct arena *, const int64_t *, const bool *missing, int n);
struct db_arg db_time_array(struct arena *, const int64_t *us, const bool *missing, int n);
/* A NULL pointer is a null element. lens NULL: NUL-terminated. */
struct db_arg db_bytes_array(struct arena *, const void *const *, const size_t *lens, int n);
struct db_arg db_text_array(struct arena *, const char *const *, int n);

struct db_statement {
	const char *sql; /* static, or at least as lasting as the query; not copied */
	const struct db_arg *args;
	int nargs;
};

/* Why a query failed. The texts live until the callback returns. */
struct db_error {
	char state[6]; /* SQLSTATE; 08006 connection lost, 57014 deadline */
	const char *message;
	const char *detail;
	const char *constraint, *table; /* of that */
	const char *column;
};

/* The database is away, or has no room: whatever was asked would have failed. */
bool db_error_away(const struct db_error *);

/* rows belongs to the callee (rows_free); NULL exactly when error is set. For several statements
 * rows is the result of the last one. */
typedef void db_done(void *arg, struct rows *rows, const struct db_error *error);

enum { DB_QUICK_MS = 30000 };

/* db_query() copies it with its statements and their args: all three may be on the caller's stack.
 * What is not copied, because uploads are large: the SQL texts and the values. */
struct db_query {
	const struct db_statement *statements; /* all in one transaction */
	int nstatements;
	bool binary; /* results in binary format */
	/* Its commit is told to somebody, so it is never cancelled: that would end the wait for a
	 * standby and leave the commit on this machine alone. When it is late its connection stays
	 * busy until the server answers; while as many as may are stuck so, others fail with 53300
	 * at once. */
	bool durable;
	/* 0 = none. Afterwards 57014 and, unless it is durable, the statement is cancelled; if
	 * db_sent(), it may have committed all the same. */
	int64_t deadline_ms;
	struct owner owner; /* whose turn it takes; zeroed: our own work, which is one owner */
	bool only_reads; /* and nobody misses it: the server is asked to stop it when forgotten */
	db_done *done;
	void *arg;
};

struct db_options {
	const char *name; /* application_name, and in logs */
	const char *conninfo; /* libpq conninfo or URI */
	const char *timezone; /* of the sessions */
	int size; /* connections */
	int durable; /* of them, how many durable queries may hold at once; 0: all */
};

/* Threads of its own for look-ups of names, and what one connection learns for all: the address
 * that worked last is dialled first, one that was silent last; and when one connection is lost or
 * late, all idle ones are asked whether anybody is there. Ends after all that use it. */
struct db_hub *db_hub_new(struct event_base *);
void db_hub_free(struct db_hub *);

/* Starts dialling; never fails. changed(arg, up) is called when the first connection comes up and
 * when the last one goes; NULL is allowed. */
struct db *db_new(
	struct db_hub *, const struct db_options *, void (*changed)(void *arg, bool up), void *arg);

/* Queries still under way are called back with 08006 first. Not from within a callback. */
void db_free(struct db *);

bool db_up(const struct db *); /* at least one connection is usable */

/* SQL texts and values must live, unchanged, until done or db_forget. (Builds with assertions check
 * the texts when the query leaves the queue.) */
struct db_ticket *db_query(struct db *, const struct db_query *);

/*
 * done will not be called. One not yet sent is dropped; one under way runs to its end, or is
 * cancelled when it only reads. Its connection is free when the server says so, not before.
 */
void db_forget(struct db_ticket *);

/* False while the query waits in the queue: db_forget() then means it never reached the
 * database. */
bool db_sent(const struct db_ticket *);

int db_waiting(const struct db *); /* queries queued, not sent */

/*
 * A connection of its own that LISTENs on channel. notified(arg, payload) per notification;
 * changed(arg, true) each time listening began (what happened before may have been missed), and
 * false when it was lost. Redials like the pool.
 */
struct db_listener;
struct db_listener *db_listen(struct db_hub *, const struct db_options *, const char *channel,
	void (*notified)(void *arg, const char *payload), void (*changed)(void *arg, bool up),
	void *arg);
void db_listener_free(struct db_listener *);

#endif
