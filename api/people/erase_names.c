/* Whom uploaded lines are about. */
#include <string.h>
#include <strings.h>

#include "erase.h"

/* The PIN ends here: nothing of a longer one follows. */
static bool ends_at(const char *at, const char *end)
{
	return at == end || (unsigned char)*at <= ' ' || strchr("&,;.\"'", *at);
}

/* Behind the blanks, and the byte order mark of a body, that are no part of a PIN. */
static const char *padding_end(const char *at, const char *end)
{
	if (end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	while (at < end && *at == ' ')
		at++;
	return at;
}

/* The PIN stands at `at`, whole. */
static bool pin_at(const char *at, const char *end, const char *pin, size_t n)
{
	at = padding_end(at, end);
	return (size_t)(end - at) >= n && memcmp(at, pin, n) == 0 && ends_at(at + n, end);
}

/* "  7 2026-05-04 08:00:00": blanks separate where there is no TAB. */
static bool line_is_spaced(const char *line, const char *end, const char *pin, size_t n)
{
	const char *at = padding_end(line, end);
	return (size_t)(end - at) > n && at[n] == ' ' && memcmp(at, pin, n) == 0;
}

/* Behind n bytes. */
static bool dot_follows(const char *at, const char *end, size_t n)
{
	if ((size_t)(end - at) <= n)
		return false;
	at = padding_end(at + n, end);
	return at < end && *at == '.';
}

/* Behind "PIN=", in any case, and behind the dash of "20260504083000-7.jpg". */
static bool member_names(const char *line, const char *end, const char *pin, size_t n)
{
	const char *word = line; /* behind what is no blank before at */
	for (const char *at = line; at < end; at++) {
		bool member =
			*at == '=' && word - line >= 3 && strncasecmp(word - 3, "pin", 3) == 0;
		bool file = *at == '-' && word > line && word[-1] >= '0' && word[-1] <= '9' &&
			    dot_follows(padding_end(at + 1, end), end, n);
		if (*at != ' ')
			word = at + 1;
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
			line_is_spaced(line, stop, pin, len) || member_names(line, stop, pin, len))
			return true;
		line = newline ? newline + 1 : end;
	}
	return false;
}
