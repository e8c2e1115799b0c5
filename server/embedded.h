/*
 * The embedded PostgreSQL: the rest of the program only sees a connection string.
 */
#ifndef EMBEDDED_H
#define EMBEDDED_H

#include <stdbool.h>

#include "arena.h"

struct event_base;
struct embedded;

/* Who wants the cluster. A command finds one or fails, and leaves nothing behind where there is
 * none; the others make it. */
enum embedded_for { EMBEDDED_COMMAND, EMBEDDED_MIGRATE, EMBEDDED_SERVER };

/*
 * Starts the cluster under data_dir, ends what a killed predecessor left running, and waits until it
 * accepts connections. The server holds the data directory alone; the others use what a running
 * server has started. connections: how many the server will want. NULL: *error says in one line
 * why.
 */
struct embedded *embedded_start(struct arena *, const char *data_dir, enum embedded_for,
	int connections, const char **error);

/* libpq conninfo; lives on the arena. */
const char *embedded_conninfo(const struct embedded *);

/* The data directory's absolute path; lives on the arena. */
const char *embedded_data_dir(const struct embedded *);

/* Starts it again, from the loop, whenever it dies. */
void embedded_watch(struct embedded *, struct event_base *);

/* Stops it (fast) when it is ours, waits for its end and frees. NULL is allowed. */
void embedded_stop(struct embedded *);

#endif
