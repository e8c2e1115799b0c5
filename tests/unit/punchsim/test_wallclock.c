/* Dates; the stamps are those that terminals of 2009 and 2010 sent. */
#include "check.h"
#include "wallclock.h"

#include <string.h>

static int64_t wall(const char *text)
{
	int64_t w = -1;
	assert(wallclock_parse(slice_text(text), &w));
	return w;
}

static bool refused(const char *text)
{
	int64_t w;
	return !wallclock_parse(slice_text(text), &w);
}

int main(void)
{
	char text[20];
	int64_t utc;

	assert(wallclock_parse_http(slice_text("Thu, 19 Feb 2015 15:52:10 GMT"), &utc));
	assert(utc == 1424361130);
	assert(!wallclock_parse_http(slice_text("Thu, 19 Feb 2015 15:52:10 EST"), &utc));
	assert(!wallclock_parse_http(slice_text("2015-02-19"), &utc));
	assert(!wallclock_parse_http(slice_text(""), &utc));
	assert(wall("1970-01-01 00:00:00") == 0 && wall("2026-07-01T08:00:01") == 1782892801);
	assert(wall("2026-07-01") == 1782864000);
	assert(refused("2026-13-01 00:00:00") && refused("1971--10--29 -23:-27:-54") &&
		refused(""));
	assert(refused("2026-07-01 24:00:00") && refused("2026-07-01 08:00:00x"));
	for (int64_t w = -5000000000; w < 9000000000; w += 7654321) {
		wallclock_format(w, text);
		assert(wall(text) == w);
	}
	assert(wallclock_stamp(wall("2009-01-03 17:48:47")) == 289504127);
	assert(wallclock_stamp(wall("2009-01-03 17:37:33")) == 289503453);
	assert(wallclock_stamp(wall("2010-11-23 17:08:40")) == 350154520);
	assert(wallclock_zone(7) == 25200 && wallclock_zone(330) == 19800);
	assert(wallclock_zone(-210) == -12600 && wallclock_zone(-5) == -18000);
	return 0;
}
