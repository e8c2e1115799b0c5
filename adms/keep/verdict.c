#include "verdict.h"

#include <string.h>

#include "fatal.h"

/* Lost connections, lack of resources, operator's interventions and internal faults are nobody's
 * fault. */
enum verdict verdict_of(const struct db_error *e)
{
	static const char *const not_the_value[] = { "08", "25", "28", "3D", "53", "57", "58", "F0",
		"XX", "0A", "42" };
	if (strncmp(e->state, "40", 2) == 0)
		return VERDICT_AGAIN;
	for (size_t i = 0; i < LEN(not_the_value); i++)
		if (strncmp(e->state, not_the_value[i], 2) == 0)
			return VERDICT_FAIL;
	return VERDICT_HALVE;
}
