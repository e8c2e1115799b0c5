#include "loop.h"

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
