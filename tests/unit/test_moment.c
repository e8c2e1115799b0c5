/* Times with and without a zone, and the clock they are shown by. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "clock.h"
#include "moment.h"

enum { HOUR = 3600 };

/* Summer time of 2025 and 2026, as Berlin and New York have it. */
static struct zone_step berlin_steps[] = { { INT64_MIN + 1, HOUR }, { 1743296400, 2 * HOUR },
	{ 1761440400, HOUR }, { 1774746000, 2 * HOUR }, { 1792890000, HOUR } };
static struct zone_step york_steps[] = { { INT64_MIN + 1, -5 * HOUR }, { 1741503600, -4 * HOUR },
	{ 1762063200, -5 * HOUR } };
static const struct zone berlin = { .steps = berlin_steps, .nsteps = 5 };
static const struct zone york = { .steps = york_steps, .nsteps = 3 };
static const struct zone kolkata = { .fixed = 19800 };

static void check(const struct zone *zone, const char *text, const char *expected)
{
	char out[32] = "", again[32];
	bool good = moment_wall(text, zone, out);

	assert(good == (expected != NULL));
	if (!expected)
		return;
	assert(strcmp(out, expected) == 0);
	assert(moment_wall(out, zone, again) && strcmp(out, again) == 0);
}

static void test_a_time_without_a_zone_stays(void)
{
	static const struct zone *const zones[] = { &berlin, &york, &kolkata };

	for (size_t i = 0; i < 3; i++) {
		check(zones[i], "2024-02-29", "2024-02-29 00:00:00");
		check(zones[i], "2024-02-29 08:09", "2024-02-29 08:09:00");
		check(zones[i], "2024-02-29T08:09:10", "2024-02-29 08:09:10");
		check(zones[i], "2024-02-29t08:09:10", "2024-02-29 08:09:10");
		check(zones[i], "2024-02-29 08:09:10.5", "2024-02-29 08:09:10.5");
		check(zones[i], "2024-02-29 08:09:10.050", "2024-02-29 08:09:10.050");
		check(zones[i], "2024-02-29 08:09:10.123456789", "2024-02-29 08:09:10.123456");
		check(zones[i], "1969-12-31 23:59:59.25", "1969-12-31 23:59:59.25");
		/* in the hour that is left out, and in the one that comes twice */
		check(zones[i], "2025-03-30 02:30:00", "2025-03-30 02:30:00");
		check(zones[i], "2025-10-26 02:30:00", "2025-10-26 02:30:00");
		check(zones[i], "0001-01-01 00:00:00", "0001-01-01 00:00:00");
		check(zones[i], "9999-12-31 23:59:59.9", "9999-12-31 23:59:59.9");
	}
}

static void test_every_zone_is_read(void)
{
	static const char *const same[] = { "2026-11-02T02:39:00Z", "2026-11-02 02:39Z",
		"2026-11-02T02:39:00z", "2026-11-02 02:39:00 Z", "2026-11-02T08:09:00+05:30",
		"2026-11-02T08:09:00+0530", "2026-11-02T08:09+05:30", "2026-11-02 08:09:00 +05:30",
		"2026-11-02 08:09:00 05:30", "2026-11-02T08:09:00 0530", "2026-11-02T08:09 05:30",
		"2026-11-02T02:39:00+00", "2026-11-02 02:39:00 00", "2026-11-02T02:39:00-00:00",
		"2026-11-01T23:39:00-03", "2026-11-01T23:09:00-0330", "2026-11-02T16:39:00+14",
		"2026-11-02T18:38:00+15:59", "2026-11-01T14:39:00-12:00" };

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		check(&kolkata, same[i], "2026-11-02 08:09:00");
		check(&berlin, same[i], "2026-11-02 03:39:00");
	}
	check(&kolkata, "2026-11-02T02:39:00.000Z", "2026-11-02 08:09:00.000");
	check(&kolkata, "2026-11-02T02:39:59.5Z", "2026-11-02 08:09:59.5");
	check(&kolkata, "2026-11-02 02:39:59.123456789 05", "2026-11-02 03:09:59.123456");
	check(&kolkata, "1969-12-31T18:29:59.25Z", "1969-12-31 23:59:59.25");
	check(&kolkata, "2026-10-31T18:30:00.000Z", "2026-11-01 00:00:00.000");
}

static void test_what_is_no_time(void)
{
	static const char *const wrong[] = { "2023-02-29", "2024-13-01", "2024-00-01", "2024-04-31",
		"0000-01-01", "2024-1-1", "2024-02-29 24:00", "2024-02-29 23:60",
		"2024-02-29 23:59:60", "2024-02-29 8:09", "2024-02-29 08", "2024-02-29 08:09:10.",
		"2024-02-29 08:09:10.Z", "2024-02-29 08:09:10 x", "2024-02-29 08:09:10 ",
		"2024-02-29x", "garbage", "",
		/* zones */
		"2024-02-29 08:09:10+5", "2024-02-29 08:09:10+053", "2024-02-29 08:09:10+05:3",
		"2024-02-29 08:09:10+05:", "2024-02-29 08:09:10+05:60", "2024-02-29 08:09:10+16",
		"2024-02-29 08:09:10+05:30:00", "2024-02-29 08:09:10+05:30Z",
		"2024-02-29 08:09:10ZZ", "2024-02-29 08:09:10 5", "2024-02-29 08:09:10  05:30",
		"2024-02-29 08:09:1005:30", "2024-02-29 08:09:10+", "2024-02-29 08:09:10 PST",
		"2024-02-29 08:09:10 Europe/Berlin", "2024-02-29T08:09:10[UTC]",
		"2024-02-29 08:09:10 +-05", "2024-02-29T08+05:30",
		/* a date alone is of no zone */
		"2024-02-29Z", "2024-02-29+05:30", "2024-02-29 05:30Zx", "2024-02-29 +05:30" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		check(&kolkata, wrong[i], NULL);
}

/* Every moment has one wall clock, also where summer time begins and ends. */
static void test_clock_changes(void)
{
	check(&berlin, "2025-03-30T00:59:59Z", "2025-03-30 01:59:59");
	check(&berlin, "2025-03-30T01:00:00Z", "2025-03-30 03:00:00");
	check(&berlin, "2025-10-26T00:30:00Z", "2025-10-26 02:30:00");
	check(&berlin, "2025-10-26T01:30:00Z", "2025-10-26 02:30:00");
	check(&berlin, "2025-10-26T02:30:00+02:00", "2025-10-26 02:30:00");
	check(&berlin, "2025-10-26T02:30:00+01:00", "2025-10-26 02:30:00");
	check(&berlin, "2025-10-26T02:00:00Z", "2025-10-26 03:00:00");
	check(&york, "2025-03-09T06:59:59.9Z", "2025-03-09 01:59:59.9");
	check(&york, "2025-03-09T07:00:00Z", "2025-03-09 03:00:00");
	check(&york, "2025-11-02T02:30:00+01:00", "2025-11-01 21:30:00");
}

static void test_the_ends_of_time(void)
{
	check(&york, "0001-01-01T00:00:00Z", "0001-01-01 00:00:00");
	check(&kolkata, "0001-01-01T00:00:00+14:00", "0001-01-01 00:00:00");
	check(&kolkata, "9999-12-31T23:59:59Z", "9999-12-31 23:59:59");
	check(&kolkata, "9999-12-31T23:59:59.5-12", "9999-12-31 23:59:59.9");
}

static void test_dates(void)
{
	char out[16];

	assert(moment_date("2024-02-29", out) && strcmp(out, "2024-02-29") == 0);
	assert(!moment_date("2024-02-29 ", out));
	assert(!moment_date("2024-02-29Z", out));
	assert(!moment_date("2024-02-30", out));
	assert(!moment_date("29-02-2024", out));
}

int main(void)
{
	test_a_time_without_a_zone_stays();
	test_every_zone_is_read();
	test_what_is_no_time();
	test_clock_changes();
	test_the_ends_of_time();
	test_dates();
	return 0;
}
