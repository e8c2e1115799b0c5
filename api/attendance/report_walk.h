/*
 * Where pages of reports begin, remembered between requests: a client that goes through the pages
 * has its people counted once, not with every page. Bounded, forgotten after a minute, and none of
 * it is needed.
 */
#ifndef REPORT_WALK_H
#define REPORT_WALK_H

#include "recent.h"
#include "req.h"

struct report_place {
	int64_t count; /* of the whole report, then */
	int64_t person; /* the page begins with, */
	int64_t skip; /* behind this many of the person's rows */
	int64_t until; /* clock_ticks() */
};

/* One for the API, of these many pages. */
#define REPORT_PLACES 4096

/* The page of the report that the request asks for. */
bool report_walk_find(struct req *, int64_t page, struct report_place *);
void report_walk_served(struct req *, int64_t next_page, const struct report_place *);

#endif
