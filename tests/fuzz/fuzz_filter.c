/* Values of query parameters: lists of ids, patterns. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *a = arena_new();
	const char *text = arena_memdup(a, bytes, n);
	int32_t *ids;
	int count;

	if (filter_ids(a, text, &ids, &count))
		assert(count >= 0 && (size_t)count <= strlen(text));
	const char *pattern = filter_pattern(a, text);
	size_t len = strlen(pattern);
	assert(len >= strlen(text) + 2 && pattern[0] == '%' && pattern[len - 1] == '%');
	struct sql *sql = sql_new(a);
	sql_arg(sql, "t.x = $$::text", db_text(text));
	assert(strcmp(str_text(&sql->text), "t.x = $1::text") == 0);
	arena_free(a);
	return 0;
}
