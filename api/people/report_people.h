/* Whom a report is about. */
#ifndef REPORT_PEOPLE_H
#define REPORT_PEOPLE_H

#include "filter.h"
#include "req.h"
#include "sql.h"

/*
 * "select e.id, ... from employee e ... where ...": people whose attendance counts, as the
 * parameters choose them; $1 and $2 must be the first and the last day. False: nobody.
 */
bool report_people_add(struct sql *, struct req *);

/* The value of such a filter: *skip when -1 is among the ids. */
const char *report_some_ids(struct req *, const char *text, bool *skip);

/* Parameters that choose people, over "e"; -1 among ids: everybody. */
extern const struct filter report_people_filters[];

#endif
