/*
 * One page of punches, from the request to its rows: filter, order, count, the place where the
 * page begins, and how its rows are taken. What it looks like is the caller's.
 */
#ifndef PUNCH_LIST_H
#define PUNCH_LIST_H

#include "punch_stream.h"

/* Replies with a page of what the request's parameters leave; form must live as long as the
 * request. */
void punch_list(struct req *, const struct punch_form *, const struct page *);

#endif
