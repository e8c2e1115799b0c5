/* Values of members that are defined at run time. */
#include "attributes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

/* The value as JSON; NULL: refused. */
static void check(const char *type, const char *json, const char *expected)
{
	struct arena *a = arena_new();
	json_t *said = json_loads(json, JSON_DECODE_ANY, NULL);
	const char *problem = NULL;

	assert(said);
	json_t *value = attribute_value(a, type, said, &problem);
	char *text = json_dumps(value, JSON_ENCODE_ANY);
	if (expected)
		assert(text && strcmp(text, expected) == 0);
	else
		assert(!value && problem && *problem);
	free(text);
	json_decref(value);
	json_decref(said);
	arena_free(a);
}

int main(void)
{
	char long_text[210] = "\"";

	check("text", "\" x \"", "\"x\"");
	check("text", "7", "\"7\"");
	check("text", "[1]", NULL);
	check("text", "{}", NULL);
	memset(long_text + 1, 'x', 200);
	memcpy(long_text + 201, "\"", 2);
	check("text", long_text, long_text);
	memcpy(long_text + 201, "x\"", 3);
	check("text", long_text, NULL);
	check("number", "7", "7");
	check("number", "\"-7.5\"", "-7.5");
	check("number", "\"1e400\"", NULL);
	check("number", "\"[1]\"", NULL);
	check("number", "\"7 apples\"", NULL);
	check("number", "true", NULL);
	check("date", "\"2028-02-29\"", "\"2028-02-29\"");
	check("date", "\"2027-02-29\"", NULL);
	check("date", "20270101", NULL);
	check("boolean", "\"on\"", "true");
	check("boolean", "0", "false");
	check("boolean", "2", NULL);
	return 0;
}
