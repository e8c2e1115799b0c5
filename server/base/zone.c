/* Look-ups in a zone's list of offsets; see zone.h. */
#include "zone.h"

#define MICRO 1000000
#define WIDEST (26 * 3600) /* seconds; more than any offset, or difference of two of them */

/* The last step that begins at or before utc; -1 when all begin later. */
static int zone_step_at(const struct zone *z, int64_t utc)
{
	int low = 0, high = z->nsteps;
	while (low < high) {
		int middle = low + (high - low) / 2;
		if (z->steps[middle].from <= utc)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

static int32_t zone_step_offset(const struct zone *z, int step)
{
	if (!z->nsteps)
		return z->fixed;
	return z->steps[step < 0 ? 0 : step].offset;
}

int32_t zone_offset_at(const struct zone *z, int64_t utc)
{
	return zone_step_offset(z, zone_step_at(z, utc));
}

/*
 * A step at t from offset a to b is seen by a wall clock from t + max(a, b) on: where the clock
 * goes back (b < a), t + b to t + a occurs twice and the first time has a; where it goes forward,
 * t + a to t + b does not exist and a is the offset before.
 */
int32_t zone_offset_wall(const struct zone *z, int64_t wall)
{
	int64_t seconds = wall / MICRO - (wall % MICRO < 0);
	int step = zone_step_at(z, seconds + WIDEST);
	for (; step > 0; step--) {
		int32_t before = z->steps[step - 1].offset, after = z->steps[step].offset;
		if (seconds >= z->steps[step].from + (before > after ? before : after))
			break;
	}
	return zone_step_offset(z, step);
}

int64_t zone_next_change(const struct zone *z, int64_t utc)
{
	int now = zone_step_at(z, utc), next = now + 1;
	int32_t offset = zone_step_offset(z, now);
	while (next < z->nsteps && z->steps[next].offset == offset)
		next++;
	return next < z->nsteps ? z->steps[next].from : INT64_MAX;
}

int zone_option(int32_t offset)
{
	int hours = offset / 3600;
	if (offset % 3600 == 0 && hours >= -12 && hours <= 12)
		return hours;
	return offset / 60;
}

int zone_terminal_tz(int32_t offset)
{
	return offset % 3600 == 0 ? offset / 3600 : offset / 60;
}
