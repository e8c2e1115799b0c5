/*
 * What access control wraps: tabledata, and the answers to queries (adms-push 2.11, 5), which some
 * terminals in attendance mode give, too. The request says which table the lines are of.
 */
#ifndef QUERYDATA_H
#define QUERYDATA_H

#include <stdbool.h>

struct req;
struct upload;

/* Whether this table is such a wrapping. */
bool query_wraps(const char *table);

/* The table that is wrapped, "" when the request names none that may be said again. */
const char *query_wrapped(struct req *);

/* How many there are, for the reply. */
int query_count(struct req *, const struct upload *);

/* Ends the query of ours that the upload answers, then upload_reply(). */
void query_end(struct req *);

#endif
