#include "person_name.h"

#include "text.h"

bool person_name_is_long(const struct dialect *d, const char *name, struct span sent)
{
	const struct dialect_name_limit limit = dialect_name_limit(d);
	return name[text_cut_chars(name, limit.chars)] || sent.len > limit.bytes ||
	       name[text_cut_chars(name, PERSON_NAME_WHOLE)];
}

const char *person_name_split(struct arena *a, const char *name)
{
	size_t most = text_cut_chars(name, PERSON_NAME_CHARS), cut = most;
	if (!name[most])
		return name;
	while (cut > 0 && name[cut] != ' ')
		cut--;
	cut = cut ? cut : most;
	const char *last = name + cut;
	while (*last == ' ')
		last++;
	return arena_printf(a, "%.*s\n%.*s", (int)cut, name,
		(int)text_cut_chars(last, PERSON_NAME_CHARS), last);
}
