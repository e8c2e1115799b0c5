/*
 * One attempt to connect: resolves the hosts of a conninfo on a worker thread, tries each address
 * (in the order written, but see hub_sort()) until one takes writes, sets the session up. Private to
 * db/.
 */
#ifndef DIAL_H
#define DIAL_H

#include "pg.h"

struct dial;

/* done(arg, pg, NULL) with an idle non-blocking connection, which is the callee's; or
 * done(arg, NULL, why). Never before dial_start() returns, and not after dial_abandon(). */
typedef void dial_done(void *arg, PGconn *pg, const char *error);

struct dial *dial_start(struct db_hub *, const struct db_options *, dial_done *, void *arg);

/* NULL is allowed. */
void dial_abandon(struct dial *);

#endif
