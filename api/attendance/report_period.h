/* start_date and end_date of a report. */
#ifndef REPORT_PERIOD_H
#define REPORT_PERIOD_H

#include "filter.h"
#include "req.h"

struct report_period {
	bool nothing; /* one is no date, or they are in the wrong order: there are no rows */
	int64_t first, last; /* days since 1970 */
	const char *from, *to; /* the same as YYYY-MM-DD */
	req_step *next;
};

/* The parameters. */
extern const struct filter report_period_filters[];

/*
 * Reads them into *req_data(), which begins with a struct report_period, then next(r, NULL), perhaps
 * before it returns. One date alone stands for both; none: today, in the configured zone.
 */
void report_period_read(struct req *, req_step *next);

#endif
