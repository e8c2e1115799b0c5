/*
 * Dates and times as people and programs write them: in bodies, filters, files and options.
 *
 *   YYYY-MM-DD[( |T)HH:MM[:SS[.f...]][[ ]ZONE]]
 *
 * ZONE is Z, or an offset from UTC: +HH, +HHMM, +HH:MM, or with a minus. In a query string a plus
 * means a blank: where an offset may stand, digits behind a blank are one to the east. A bare date is
 * its midnight, and has no zone.
 */
#ifndef MOMENT_H
#define MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "zone.h"

struct moment {
	int64_t wall; /* microseconds since 1970, on the clock that it was told by */
	int places; /* of the fraction, 6 at most */
	bool zoned; /* it says how far that clock is from UTC: */
	int32_t offset; /* seconds east */
};

/* The whole text, checked against the calendar; years 0001 to 9999. False: it is none. */
bool moment_read(const char *text, struct moment *);

/* "YYYY-MM-DD HH:MM:SS[.ffffff]" on a clock of that zone; of one without a zone its own. Beyond the
 * years above: their first or last moment. */
void moment_print(const struct moment *, const struct zone *, char out[static 32]);

/* Both. */
bool moment_wall(const char *text, const struct zone *, char out[static 32]);

/* YYYY-MM-DD and nothing else. */
bool moment_date(const char *text, char out[static 16]);

#endif
