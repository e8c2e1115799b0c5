#pragma once
#include "base.h"

/* Civil time as the protocol writes it. A wall clock is seconds since 1970 without any zone. */

bool wallclock_parse_http(struct slice date, int64_t *utc); /* Thu, 19 Feb 2015 15:52:10 GMT */
bool wallclock_parse(struct slice text, int64_t *wall); /* 2026-07-01 08:00:00, or with T */
void wallclock_format(int64_t wall, char out[20]); /* 2026-07-01 08:00:00 and a NUL */

/* The stamp of the oldest terminals: every month has 31 days. */
uint32_t wallclock_stamp(int64_t wall);

/* Value of the TimeZone option in seconds: hours, or minutes when the number exceeds 60. */
long wallclock_zone(long timezone);
