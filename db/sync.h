/*
 * Blocking PostgreSQL for the time before the loop runs: checks at start, migrations and the
 * administrative commands.
 */
#ifndef SYNC_H
#define SYNC_H

#include <stdbool.h>

#include "db.h"
#include "rows.h"

struct sync;

/* NULL: *error says why in one line (on the arena). */
struct sync *sync_open(
	struct arena *, const char *conninfo, const char *timezone, const char **error);
void sync_close(struct sync *);

/* The name or address of the server, or the directory of its socket; lives as long as the connection. */
const char *sync_host(const struct sync *);

/* After sync_open() failed: true when some server of the conninfo answers, but lets nobody write
 * now: a standby, or one that starts or stops. Blocks for as long as each of them is given. */
bool sync_waits(const char *conninfo);

/* One statement with parameters; binary results when asked for. NULL: *error is filled and its
 * texts live until the next call. */
struct rows *sync_query(struct sync *, const char *sql, const struct db_arg *, int nargs,
	bool binary, struct db_error *error);

/* Several statements in one text, no parameters (migrations). */
bool sync_script(struct sync *, const char *sql, struct db_error *error);

#endif
