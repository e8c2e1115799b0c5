/*
 * Whether strangers are at their bound: when they had to be turned away, a line in the log and one
 * alert say so, once in 15 s at most (docs/limits.md).
 */
#ifndef BOUNDS_H
#define BOUNDS_H

#include "adms.h"
#include "api.h"
#include "db.h"
#include "http.h"

struct event_base;
struct bounds;

struct bounds_options {
	struct event_base *base;
	struct db *db; /* where the alert goes: not the watch, which a missing standby would hold */
	const struct http *http;
	struct adms *adms;
	struct api *api;
};

struct bounds *bounds_new(const struct bounds_options *);
void bounds_free(struct bounds *);

#endif
