#include <assert.h>
#include <string.h>

#include "verdict.h"

static enum verdict verdict(const char *state)
{
	struct db_error e = { .message = "" };
	memcpy(e.state, state, 6);
	return verdict_of(&e);
}

int main(void)
{
	/* lost, cancelled, full, forbidden, our own mistakes: the terminal sends again */
	static const char *const fail[] = { "08006", "57014", "57P01", "53100", "53200", "28P01",
		"42501", "42P01", "XX000", "58030", "25006", "0A000" };
	for (size_t i = 0; i < sizeof(fail) / sizeof(fail[0]); i++)
		assert(verdict(fail[i]) == VERDICT_FAIL);
	assert(verdict("40001") == VERDICT_AGAIN && verdict("40P01") == VERDICT_AGAIN);
	/* data, constraints, what a trigger raises, a value too large for an index */
	static const char *const halve[] = { "22000", "22021", "23514", "23505", "P0001", "54000" };
	for (size_t i = 0; i < sizeof(halve) / sizeof(halve[0]); i++)
		assert(verdict(halve[i]) == VERDICT_HALVE);
	return 0;
}
