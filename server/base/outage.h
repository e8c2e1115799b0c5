/*
 * Failures that come in crowds while something is away. One line says that it began, one a minute
 * how many there were since, one that it is over: not one for each. All zero is a good beginning.
 */
#ifndef OUTAGE_H
#define OUTAGE_H

#include <stdint.h>

struct outage {
	const char *event; /* of the lines; NULL: nothing is away */
	int64_t began, said,
		last; /* clock_ticks() of the first, of the last line, of the last one */
	int64_t times, untold;
};

/* now is clock_ticks(); event must be static; state and reason may be NULL. */
void outage_failed(
	struct outage *, int64_t now, const char *event, const char *state, const char *reason);

/* It went well this time. The outage is over when it has not failed for ten seconds. */
void outage_passed(struct outage *, int64_t now);

#endif
