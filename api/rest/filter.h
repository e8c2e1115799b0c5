/*
 * Query parameters -> where clause and order by. Unknown parameters are ignored, empty values mean
 * no filter, values that cannot be (a word for an id, a broken date) give no rows.
 */
#ifndef FILTER_H
#define FILTER_H

#include "req.h"
#include "sql.h"

enum filter_kind {
	FILTER_END,
	FILTER_TEXT, /* $$ is text, blanks at the ends trimmed */
	FILTER_CONTAINS, /* $$ is a LIKE pattern %value%, escaped: "t.name ilike $$" */
	FILTER_INT, /* $$ is one int8 */
	FILTER_IDS, /* $$ is int[] of a comma list: "t.area_id = any($$)" */
	FILTER_BOOL, /* $$ is boolean */
	FILTER_DATE, /* $$ is date */
	FILTER_TIME /* $$ is timestamp: the wall clock of moment.h in the zone of the settings */
};

struct filter {
	const char *param;
	enum filter_kind kind;
	const char *condition; /* SQL with $$ for the value, cast included by the kind */
	/* NULL, or makes the value itself: NULL = no rows; *skip = ignore the parameter */
	const char *(*value)(struct req *, const char *text, bool *skip);
};

/* Adds " and (<condition>)" for every parameter of the request that the table (ends with param
 * NULL) knows. False: a value that no row can have; the result is empty and needs no query. */
bool filter_add(struct sql *, struct req *, const struct filter *);

/* One condition by hand, as in the table. */
bool filter_add_value(struct sql *, struct req *, const struct filter *, const char *value);

struct order {
	const char *name; /* in ?ordering= */
	const char *column;
};

/*
 * " order by a, b desc, <key>": ?ordering= of the request as far as the table (ends with name
 * NULL) knows the names, then the key in the direction of the first one. Nothing usable:
 * fallback, itself a list as in ?ordering=.
 */
void order_add(
	struct sql *, struct req *, const struct order *, const char *fallback, const char *key);

/* %value% with \ % _ escaped, on the arena. */
const char *filter_pattern(struct arena *, const char *value);

/* True for the words of a boolean that is true; NULL is false. */
bool filter_says(const char *text);

/* "1,2, 3" -> ids; false when something else is there. */
bool filter_ids(struct arena *, const char *text, int32_t **ids, int *n);

#endif
