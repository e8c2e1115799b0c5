/*
 * What a route does, told by the very tables that its handler works with; the OpenAPI document is
 * made of it, so that it cannot say anything else than the server does.
 */
#ifndef ABOUT_H
#define ABOUT_H

#include "arena.h"
#include "field.h"
#include "filter.h"
#include "route.h"

enum about_reply {
	ABOUT_ANY, /* some JSON */
	ABOUT_ROW, /* one object of .shape */
	ABOUT_LIST, /* the envelope around such objects */
	ABOUT_DONE, /* {"code":0,"msg":"","data":[]} */
	ABOUT_EMPTY, /* nothing */
	ABOUT_FILE, /* as export_type says */
	ABOUT_BYTES, /* a picture or another file */
	ABOUT_PAGE /* HTML */
};

enum { ABOUT_FILTERS = 7 };

struct about {
	const char *summary;
	int status; /* of success */
	enum about_reply reply;
	const struct field *shape; /* of a row */
	const struct field *optional; /* members that a row may have, or NULL */
	bool open; /* rows may have any further members */
	const struct field *body; /* members of bodies; NULL: none is read */
	bool partial; /* none of them need be there */
	bool strict; /* others are errors */
	bool takes_file; /* as the body, or in a form; not with .body */
	const char *ids; /* one more member of bodies: a list of ids that must be there */
	const struct filter *filters[ABOUT_FILTERS]; /* tables of parameters */
	bool fields_filter; /* .filters and F_ORDER of the shape are parameters, too */
	const char *const *search; /* not NULL: ?search= */
	const struct order *orders; /* NULL: none beside those of the shape */
};

/* One more table of parameters. */
void about_filters(struct about *, const struct filter *);

/* How modules with tables of their own tell. */
typedef void about_teller(const struct route *, struct arena *, struct about *);

#endif
