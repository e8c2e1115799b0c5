/* Time, replaceable by tests. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Wall clock, microseconds since 1970 UTC. */
int64_t clock_now(void);

/* Monotonic clock, milliseconds since some start. */
int64_t clock_ticks(void);

/* Tests: fixes clock_now() at this value; 0 lets it run again. */
void clock_fix(int64_t now);

/* "Thu, 19 Feb 2015 15:52:10 GMT" of the current second; remade once a second. Valid for ever,
 * overwritten by later calls. Main thread only. */
const char *clock_http_date(void);

/* Proleptic Gregorian: days since 1970-01-01 of a date, and back. */
int64_t clock_days(int year, int month, int day);
void clock_date(int64_t days, int *year, int *month, int *day);

/*
 * "YYYY-MM-DD HH:MM:SS" (19 characters and NUL) of microseconds since 1970 on the same wall
 * clock, whatever zone that is; years 0000 to 9999, clamped.
 */
void clock_format(int64_t us, char out[static 20]);

#endif
