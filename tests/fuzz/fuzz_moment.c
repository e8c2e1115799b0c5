/* Times of bodies, parameters, files and options. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "moment.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct zone_step steps[] = { { INT64_MIN + 1, 3600 }, { 1743296400, 7200 },
		{ 1761440400, 3600 } };
	static const struct zone berlin = { .steps = steps, .nsteps = 3 }, utc = { .fixed = 0 };
	struct arena *a = arena_new();
	const char *text = arena_memdup(a, bytes, n);
	char wall[32], again[32], day[16];
	struct moment m, shown;

	if (moment_read(text, &m)) {
		moment_print(&m, &berlin, wall);
		assert(strlen(wall) >= 19 && strlen(wall) <= 26);
		assert(moment_read(wall, &shown) && !shown.zoned && shown.places == m.places);
		assert(m.zoned || shown.wall == m.wall);
		assert(moment_wall(wall, &berlin, again) && strcmp(wall, again) == 0);
		/* in UTC it is the same moment to the microsecond, but for the ends of time */
		moment_print(&m, &utc, wall);
		assert(moment_read(wall, &shown));
		assert(shown.wall == m.wall - m.offset * INT64_C(1000000) ||
			strncmp(wall, "0001-01-01", 10) == 0 ||
			strncmp(wall, "9999-12-31", 10) == 0);
	}
	if (moment_date(text, day))
		assert(strlen(day) == 10 && moment_wall(day, &berlin, again));
	arena_free(a);
	return 0;
}
