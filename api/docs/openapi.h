/*
 * The whole API as an OpenAPI 3.1 document, made from the tables that route (struct route),
 * serialise and validate (struct field) and filter (struct filter).
 *
 * Members of our own: x-references names the table that an id points into, x-unique tells that no
 * two rows may share the value.
 */
#ifndef OPENAPI_H
#define OPENAPI_H

#include <jansson.h>

#include "about.h"

/* The document as JSON text, on the arena; tell says what a route does. Takes some milliseconds: once, at
 * start. */
const char *openapi_make(struct arena *, const struct route *const *tables, size_t ntables,
	about_teller *tell, size_t *len);

/* --- the parts: schemas; the caller's ------------------------------------------------------- */

/* Of rows as they are read. */
json_t *openapi_row(const struct field *, bool open);

/* Of bodies; ids: one more member, NULL for none. */
json_t *openapi_body(const struct field *, bool partial, bool strict, const char *ids);

/* A body that the server takes, with everything that must be there. */
json_t *openapi_body_example(const struct field *, bool partial, const char *ids);

/* Of a query parameter; *example may come out NULL. */
json_t *openapi_param(enum filter_kind, json_t **example);

#endif
