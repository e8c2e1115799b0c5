/*
 * What is kept no longer than the settings retention_... say: deleted at night, a batch at a time, by
 * whichever server of a database comes first (migrations/functions/retention.sql).
 */
#ifndef RETENTION_H
#define RETENTION_H

#include "config.h"
#include "db.h"

struct event_base;
struct retention;

enum { RETENTION_ARGS = 6 };

/* One batch: kind and how many rows it removed; no row when there is nothing to do now. at_once: also
 * by day, and again on a day that is done. */
extern const char retention_sql[];
void retention_args(
	struct arena *, const struct config *, bool at_once, struct db_arg out[RETENTION_ARGS]);

/* True when any of the settings is not 0. */
bool retention_wanted(const struct config *);

/* NULL when nothing is to be deleted ever. */
struct retention *retention_new(struct event_base *, struct db *, const struct config *);
void retention_free(struct retention *);

#endif
