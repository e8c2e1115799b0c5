/* The rules by which punches are shown as coming in or going out. */
#include "state_rule.h"

#include <assert.h>
#include <stdio.h>

int main(void)
{
	static const char *const good[] = { "", "raw", "in", "out", "first_last", "alternate",
		"schedule 06:00 in", "schedule 00:00 out,23:59 in",
		"schedule 06:00 in, 12:00 out" };
	static const char *const bad[] = { "In", "in ", " in", "in\n", "schedule", "schedule ",
		"schedule 24:00 in", "schedule 6:00 in", "schedule 06:60 in", "schedule 06:00 up",
		"schedule 06:00 in,", "schedule 06:00 in;12:00 out", "alternate alternate" };

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert(state_rule_is_good(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert(!state_rule_is_good(bad[i]));
	return 0;
}
