/*
 * What exists for an account that is limited to areas or departments; the rest is not there for it.
 * migrations/functions/scope.sql says what that is. Others, superusers among them, have no limits:
 * for them nothing here adds anything to a statement.
 */
#ifndef SCOPE_H
#define SCOPE_H

#include "req.h"
#include "sql.h"

/* The request comes from an account with limits. */
bool scope_limits(const struct req *);

/* " and <row of table, under this name, exists for who asks>". A table that nobody thought of has
 * no rows for who has limits. */
void scope_add(struct sql *, struct req *, const char *table, const char *name);

/*
 * A statement that must follow one that saved a row of the table, in the same query: unless the row
 * may be written by who asks, both fail together. The first says which row with SCOPE_SAVED; the
 * guard answers its id, or no row when none was saved. NULL: who asks has no limits.
 */
#define SCOPE_SAVED "set_config('punchd.saved', id::text, true)"
const struct db_statement *scope_guard(struct arena *, struct req *, const char *table);

/* Likewise after one that changed these; those that are gone do not count. */
const struct db_statement *scope_guard_ids(
	struct req *, const char *table, const int32_t *ids, int n);

/* One that must go before the statement that queues a command: it names nobody ("PIN=7") who does
 * not exist for who asks. NULL: not needed. */
const struct db_statement *scope_guard_line(struct req *, const char *line);

/* Some rows of the table do not exist for some accounts. */
bool scope_divides(const char *table);

/* Runs next(r, NULL) with the request's data as it was when a row of the table with that id exists
 * for who asks (for others at once, whether there is one or not), else replies 404; 403 where the
 * request would change what they may only read. */
void scope_check(struct req *, const char *table, int64_t id, req_step *next);

/* The same for many: the first that does not exist is 400 "Invalid pk" of the member. */
void scope_check_ids(struct req *, const char *table, const int32_t *ids, int n, const char *member,
	req_step *next);

#endif
