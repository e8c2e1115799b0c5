#include "loop.h"

#include <time.h>

#include "fatal.h"

#define PRIORITIES 2
#define MAX_CALLBACKS 32 /* of the second priority, before the first is asked again */

struct event_base *loop_new(void)
{
	struct event_config *config = event_config_new();
	if (!config)
		fatal("event_config_new");
	event_config_set_max_dispatch_interval(config, NULL, MAX_CALLBACKS, LOOP_FIRST + 1);
	struct event_base *base = event_base_new_with_config(config);
	event_config_free(config);
	if (!base || event_base_priority_init(base, PRIORITIES) != 0)
		fatal("no event loop");
	return base;
}

static uint64_t used_us(void)
{
	struct timespec t = { 0 };
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void loop_run(struct event_base *base, uint64_t *longest_us)
{
	uint64_t before = used_us();
	while (!event_base_got_break(base) && event_base_loop(base, EVLOOP_ONCE) == 0) {
		uint64_t now = used_us();
		if (now - before > *longest_us)
			*longest_us = now - before;
		before = now;
	}
}
