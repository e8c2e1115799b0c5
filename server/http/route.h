/* Match method + path against a table. */
#ifndef ROUTE_H
#define ROUTE_H

#include <stdbool.h>

#include "req.h"

struct route {
	int methods; /* bits of enum method */
	const char *pattern; /* "/personnel/api/departments/:id/"; the last slash is optional in
			      * requests */
	req_step *handler; /* first step, called with rows NULL when the body is complete */
	const void *spec; /* what a generic handler needs: a resource, an action */
	int flags; /* the surface's own: needs no login, ... */
};

#define ROUTE_ARGS 4

struct route_match {
	const struct route *route; /* NULL: none */
	int allowed; /* methods of all routes whose pattern fits the path */
	const char *names[ROUTE_ARGS];
	struct {
		const char *text;
		size_t len;
	} values[ROUTE_ARGS];
	int nargs;
};

/* Linear walk over a table that ends with methods 0. A pattern without :names hides those with
 * them: what is an action is no id. path is undecoded; :name matches one non-empty segment, :id one
 * of digits. HEAD matches GET. */
void route_find(
	const struct route *, enum method, const char *path, size_t len, struct route_match *);

/* "GET, POST, HEAD, OPTIONS" of a set of methods, on the arena (GET brings HEAD). */
const char *route_allow(struct arena *, int methods);

#endif
