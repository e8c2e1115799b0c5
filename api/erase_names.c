/* Whom uploaded lines are about. */
#include <string.h>
#include <strings.h>

#include "erase.h"

/* The PIN ends here: nothing of a longer one follows. */
static bool ends_at(const char *at, const char *end)
{
	return at == end || (unsigned char)*at <= ' ' || strchr("&,;.\"'", *at);
}

/* The PIN stands at `at`, whole. */
static bool pin_at(const char *at, const char *end, const char *pin, size_t n)
{
	return (size_t)(end - at) >= n && memcmp(at, pin, n) == 0 && ends_at(at + n, end);
}

/* Behind "PIN=", in any case, and behind the dash of "20260504083000-7.jpg". */
static bool member_names(const char *line, const char *end, const char *pin, size_t n)
{
	for (const char *at = line; at < end; at++) {
		bool member = *at == '=' && at - line >= 3 && strncasecmp(at - 3, "pin", 3) == 0;
		bool file = *at == '-' && at > line && at[-1] >= '0' && at[-1] <= '9' &&
			    (size_t)(end - at) > n + 1 && at[n + 1] == '.';
		if ((member || file) && pin_at(at + 1, end, pin, n))
			return true;
	}
	return false;
}

bool erase_names(const char *bytes, size_t n, const char *pin)
{
	const char *end = bytes + n;
	size_t len = strlen(pin);

	for (const char *line = bytes; line < end && len;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *stop = newline ? newline : end;
		const char *column = memchr(line, '\t', (size_t)(stop - line));
		if ((column && pin_at(line, column, pin, len)) ||
			member_names(line, stop, pin, len))
			return true;
		line = newline ? newline + 1 : end;
	}
	return false;
}
