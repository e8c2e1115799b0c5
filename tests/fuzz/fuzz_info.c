/* INFO lists, option bodies and dumps. */
#include <stdlib.h>
#include <string.h>

#include "info.h"

static void check_within(struct span s, struct span all)
{
	if (s.text && (s.text < all.text || s.text + s.len > all.text + all.len))
		abort();
}

static void options_fuzz(struct info_options o, struct span all)
{
	struct span key, value;
	size_t count = 0;
	while (info_next_option(&o, &key, &value)) {
		if (++count > all.len || !key.len || !value.text)
			abort();
		check_within(key, all);
		check_within(value, all);
		info_number(value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span all = { .text = (const char *)bytes, .len = n };
	struct info i;
	if (!n)
		return 0;
	if (info_parse(all, &i)) {
		check_within(i.firmware, all);
		check_within(i.address, all);
		check_within(i.functions, all);
	}
	options_fuzz(info_options(all), all);
	char *query = malloc(n + 1), *out = malloc(n + 1);
	if (query && out) {
		memcpy(query, all.text, n);
		query[n] = '\0';
		if (info_of_query(query, out) && strlen(out) > strlen(query))
			abort();
	}
	free(query);
	free(out);
	return 0;
}
