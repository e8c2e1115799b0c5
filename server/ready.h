/*
 * Whether this process can do its work: the answer of /readyz.
 *
 * It is looked at each second, over a connection that no request can occupy, so that asking costs
 * nothing and tells the truth also when the requests' pool is at its end.
 */
#ifndef READY_H
#define READY_H

#include "adms.h"
#include "db.h"
#include "seal.h"

struct event_base;
struct ready;

struct ready_options {
	struct event_base *base;
	struct db *watch; /* of its own, or shared with what is as rare and short */
	const struct db *requests;
	const struct adms *adms; /* has ingest's pool */
	const struct seal *seal;
};

struct ready *ready_new(const struct ready_options *);
void ready_free(struct ready *);

/* The pool `watch` came up, or went down: looks at once. */
void ready_changed(struct ready *, bool up);

/* NULL when everything is in order, else what is not, in a few words. */
const char *ready_missing(const struct ready *);

#endif
