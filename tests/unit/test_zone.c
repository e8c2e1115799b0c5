#include <assert.h>
#include <stddef.h>

#include "clock.h"
#include "fatal.h"
#include "zone.h"

#define HOUR 3600

/* Berlin, 2025 to 2026; the changes are at 01:00 UTC. */
static struct zone_step berlin_steps[] = {
	{ 0, HOUR }, { 1743296400, 2 * HOUR }, /* 2025-03-30 */
	{ 1761440400, HOUR }, /* 2025-10-26 */
	{ 1774746000, 2 * HOUR }, /* 2026-03-29 */
	{ 1792890000, HOUR }, /* 2026-10-25 */
};

static const struct zone berlin = { .steps = berlin_steps, .nsteps = LEN(berlin_steps) };

static int64_t wall(int year, int month, int day, int hour, int minute)
{
	return (clock_days(year, month, day) * 86400 + hour * HOUR + minute * 60) * 1000000;
}

static void test_fixed(void)
{
	struct zone z = { .fixed = 19800 };
	assert(zone_offset_at(&z, 0) == 19800 &&
		zone_offset_wall(&z, wall(2026, 1, 1, 0, 0)) == 19800);
	assert(zone_next_change(&z, 0) == INT64_MAX);
}

static void test_moments(void)
{
	assert(zone_offset_at(&berlin, -5) == HOUR);
	assert(zone_offset_at(&berlin, 1743296399) == HOUR);
	assert(zone_offset_at(&berlin, 1743296400) == 2 * HOUR);
	assert(zone_offset_at(&berlin, INT64_MAX) == HOUR);
	assert(zone_next_change(&berlin, -5) == 1743296400);
	assert(zone_next_change(&berlin, 1743296400) == 1761440400);
	assert(zone_next_change(&berlin, 1792890000) == INT64_MAX);
}

static void test_hour_that_does_not_exist(void)
{
	assert(zone_offset_wall(&berlin, wall(2026, 3, 29, 1, 59)) == HOUR);
	assert(zone_offset_wall(&berlin, wall(2026, 3, 29, 2, 30)) == HOUR);
	assert(zone_offset_wall(&berlin, wall(2026, 3, 29, 3, 0) - 1) == HOUR);
	assert(zone_offset_wall(&berlin, wall(2026, 3, 29, 3, 0)) == 2 * HOUR);
}

static void test_hour_that_occurs_twice(void)
{
	assert(zone_offset_wall(&berlin, wall(2026, 10, 25, 1, 59)) == 2 * HOUR);
	assert(zone_offset_wall(&berlin, wall(2026, 10, 25, 2, 30)) == 2 * HOUR);
	assert(zone_offset_wall(&berlin, wall(2026, 10, 25, 3, 0) - 1) == 2 * HOUR);
	assert(zone_offset_wall(&berlin, wall(2026, 10, 25, 3, 0)) == HOUR);
}

static void test_every_wall_clock_hour_goes_back_to_its_moment(void)
{
	for (int64_t utc = 1735689600; utc < 1798761600; utc += 900) {
		int32_t offset = zone_offset_at(&berlin, utc);
		int32_t seen = zone_offset_wall(&berlin, (utc + offset) * 1000000);
		int64_t again = utc + offset - seen;
		/* Another offset only for the second time of an hour that occurs twice. */
		assert(seen == offset || zone_offset_at(&berlin, again) == seen);
	}
	assert(zone_offset_wall(&berlin, wall(1900, 1, 1, 0, 0)) == HOUR);
	assert(zone_offset_wall(&berlin, wall(9999, 12, 31, 23, 59)) == HOUR);
}

static void test_skipped_day(void)
{
	/* Apia left out 2011-12-30: from -10:00 to +14:00 at 2011-12-30 10:00 UTC. */
	struct zone_step steps[] = { { 0, -11 * HOUR }, { 1316872800, -10 * HOUR },
		{ 1325239200, 14 * HOUR } };
	struct zone apia = { .steps = steps, .nsteps = LEN(steps) };
	assert(zone_offset_wall(&apia, wall(2011, 12, 29, 23, 59)) == -10 * HOUR);
	assert(zone_offset_wall(&apia, wall(2011, 12, 30, 12, 0)) == -10 * HOUR);
	assert(zone_offset_wall(&apia, wall(2011, 12, 31, 0, 0)) == 14 * HOUR);
}

static void test_option_values(void)
{
	assert(zone_option(0) == 0 && zone_option(8 * HOUR) == 8 && zone_option(-12 * HOUR) == -12);
	assert(zone_option(12 * HOUR) == 12 && zone_option(13 * HOUR) == 780);
	assert(zone_option(14 * HOUR) == 840 && zone_option(19800) == 330);
	assert(zone_option(20700) == 345 && zone_option(-12600) == -210);
	assert(zone_option(34200) == 570);
	assert(zone_terminal_tz(8 * HOUR) == 8 && zone_terminal_tz(14 * HOUR) == 14);
	assert(zone_terminal_tz(19800) == 330 && zone_terminal_tz(-12600) == -210);
}

int main(void)
{
	test_fixed();
	test_moments();
	test_hour_that_does_not_exist();
	test_hour_that_occurs_twice();
	test_every_wall_clock_hour_goes_back_to_its_moment();
	test_skipped_day();
	test_option_values();
	return 0;
}
