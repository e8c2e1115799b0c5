/*
 * Which punches a request asks for. Parameters that speak of terminals, areas, people or
 * departments are first resolved to ids of the small tables; only integers and times reach the
 * table of punches.
 */
#ifndef PUNCH_FILTER_H
#define PUNCH_FILTER_H

#include "about.h"
#include "req.h"
#include "seal.h"
#include "sql.h"

struct punch_ids {
	bool on; /* the filter asks for these */
	int32_t *ids;
	int n;
};

struct punch_filter {
	bool nothing; /* no row can match */
	bool unresolved; /* punch_filter_resolve() first */
	int64_t above; /* ids above this; 0: all */
	const char *from, *to, *uploaded; /* punch times, both inclusive, and the wall clock after
					   * which rows were stored; NULL: any */
	struct punch_ids origins, pins;
	struct punch_ids search_origins, search_pins; /* either will do */
	const struct filter *people; /* parameters that speak of people, over "e" */
	/* of PINs whose link ended: up to which id, where the filter asks for people */
	int32_t *ended;
	int64_t *ended_ids;
	int nended;
	/* everything above, for what is remembered of this filter */
	unsigned char digest[SEAL_KEY_SIZE];
};

/* All parameters of transactions, as they are read here. */
void punch_filter_about(struct about *);

/* Reads the parameters; on the request's arena. */
struct punch_filter *punch_filter_read(struct req *);

/* The same for attendance reports: punches of these days (YYYY-MM-DD, both included), of the people
 * whom the request asks for. */
struct punch_filter *punch_filter_report(struct req *, const char *from, const char *to);

/* The statement that looks the parameters up, and its answer. */
void punch_filter_ask(struct req *, const struct punch_filter *, struct sql *);
void punch_filter_resolve(struct req *, struct punch_filter *, const struct rows *);

/* No condition but perhaps `above`. */
bool punch_filter_plain(const struct punch_filter *);

/* Nothing but times and `above`. */
bool punch_filter_times_only(const struct punch_filter *);

/* " and p.punch_time >= ..." for everything but `above`; p is the punch. */
void punch_filter_where(const struct punch_filter *, struct sql *);

/* The part of it that speaks of punch_time. */
void punch_filter_times(const struct punch_filter *, struct sql *);

#endif
