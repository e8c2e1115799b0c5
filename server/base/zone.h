/*
 * Offsets of a zone from UTC, all in seconds east of UTC.
 *
 * The rules come from the database (it knows the IANA zones); this only looks them up.
 */
#ifndef ZONE_H
#define ZONE_H

#include <stdint.h>

struct zone_step {
	int64_t from; /* seconds since 1970 UTC */
	int32_t offset; /* from then on */
};

/* Owned by the caller, who keeps the steps alive. */
struct zone {
	const struct zone_step *steps; /* ascending; the first one's offset also holds before it */
	int nsteps;
	int32_t fixed; /* the offset when nsteps is 0 */
};

/* The offset in force at a moment (seconds since 1970 UTC). */
int32_t zone_offset_at(const struct zone *, int64_t utc);

/*
 * The offset in force at a wall clock time (microseconds since 1970 on that clock). In the hour
 * that occurs twice: the first occurrence; in the hour that does not exist: the offset before it.
 */
int32_t zone_offset_wall(const struct zone *, int64_t wall);

/* The first change after a moment, seconds since 1970 UTC; INT64_MAX when none is known. */
int64_t zone_next_change(const struct zone *, int64_t utc);

/* The handshake's TimeZone: whole hours up to 12 either way as hours, all else in minutes. */
int zone_option(int32_t offset);

/* terminal_tz of REST: hours when whole, else minutes. */
int zone_terminal_tz(int32_t offset);

#endif
