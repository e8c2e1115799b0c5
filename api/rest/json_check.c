/* A strict walk over JSON without making anything of it. */
#include "json_check.h"

#include <stdio.h>
#include <string.h>

struct walk {
	const char *start, *at, *end;
	const char *error, *place;
};

static bool walk_fail(struct walk *w, const char *error, const char *place)
{
	w->error = error;
	w->place = place;
	return false;
}

static char walk_blank(struct walk *w)
{
	while (w->at < w->end && (*w->at == ' ' || (*w->at >= '\t' && *w->at <= '\r' &&
							   *w->at != '\v' && *w->at != '\f')))
		w->at++;
	return w->at < w->end ? *w->at : '\0';
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool walk_escape(struct walk *w)
{
	const char *backslash = w->at++;

	if (w->at == w->end)
		return true; /* unterminated: the caller sees it */
	if (*w->at == 'u') {
		for (int i = 1; i <= 4; i++)
			if (w->at + i >= w->end || !is_hex(w->at[i]))
				return walk_fail(w, "Invalid \\uXXXX escape", backslash + 1);
		w->at += 5;
		return true;
	}
	if (!strchr("\"\\/bfnrt", *w->at) || !*w->at)
		return walk_fail(w, "Invalid \\escape", backslash);
	w->at++;
	return true;
}

static bool walk_string(struct walk *w)
{
	const char *open = w->at++;

	while (w->at < w->end && *w->at != '"') {
		if ((unsigned char)*w->at < 0x20)
			return walk_fail(w, "Invalid control character at", w->at);
		if (*w->at != '\\')
			w->at++;
		else if (!walk_escape(w))
			return false;
	}
	if (w->at >= w->end)
		return walk_fail(w, "Unterminated string starting at", open);
	w->at++;
	return true;
}

static bool walk_digits(struct walk *w)
{
	const char *from = w->at;

	while (w->at < w->end && *w->at >= '0' && *w->at <= '9')
		w->at++;
	return w->at > from;
}

/* What of a number cannot be belongs to what follows, as in Python. */
static bool walk_number(struct walk *w)
{
	const char *from = w->at;

	if (*w->at == '-')
		w->at++;
	if (w->at < w->end && *w->at == '0')
		w->at++;
	else if (!walk_digits(w))
		return walk_fail(w, "Expecting value", from);
	const char *good = w->at;
	if (w->at < w->end && *w->at == '.') {
		w->at++;
		if (!walk_digits(w)) {
			w->at = good;
			return true;
		}
		good = w->at;
	}
	if (w->at < w->end && (*w->at == 'e' || *w->at == 'E')) {
		w->at++;
		if (w->at < w->end && (*w->at == '+' || *w->at == '-'))
			w->at++;
		if (!walk_digits(w))
			w->at = good;
	}
	return true;
}

static bool walk_word(struct walk *w)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);
		if ((size_t)(w->end - w->at) >= n && memcmp(w->at, words[i], n) == 0) {
			w->at += n;
			return true;
		}
	}
	return walk_fail(w, "Expecting value", w->at);
}

static bool walk_value(struct walk *w, int depth);

static bool walk_array(struct walk *w, int depth)
{
	w->at++;
	if (walk_blank(w) == ']') {
		w->at++;
		return true;
	}
	for (;;) {
		if (!walk_value(w, depth + 1))
			return false;
		char c = walk_blank(w);
		if (c == ']') {
			w->at++;
			return true;
		}
		if (c != ',')
			return walk_fail(w, "Expecting ',' delimiter", w->at);
		w->at++;
	}
}

static bool walk_object(struct walk *w, int depth)
{
	w->at++;
	if (walk_blank(w) == '}') {
		w->at++;
		return true;
	}
	for (;;) {
		if (walk_blank(w) != '"')
			return walk_fail(
				w, "Expecting property name enclosed in double quotes", w->at);
		if (!walk_string(w))
			return false;
		if (walk_blank(w) != ':')
			return walk_fail(w, "Expecting ':' delimiter", w->at);
		w->at++;
		if (!walk_value(w, depth + 1))
			return false;
		char c = walk_blank(w);
		if (c == '}') {
			w->at++;
			return true;
		}
		if (c != ',')
			return walk_fail(w, "Expecting ',' delimiter", w->at);
		w->at++;
	}
}

static bool walk_value(struct walk *w, int depth)
{
	char c = walk_blank(w);

	if (depth > JSON_MAX_DEPTH)
		return walk_fail(w, "Nested too deeply", w->at);
	if (c == '{')
		return walk_object(w, depth);
	if (c == '[')
		return walk_array(w, depth);
	if (c == '"')
		return walk_string(w);
	if (c == '-' || (c >= '0' && c <= '9'))
		return walk_number(w);
	return walk_word(w);
}

static bool continues(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Python counts characters, not bytes. */
static void walk_tell(const struct walk *w, char reason[static 120])
{
	int line = 1;
	size_t column = 1, chars = 0;

	for (const char *c = w->start; c < w->place; c++) {
		if (continues((unsigned char)*c))
			continue;
		chars++;
		column++;
		if (*c == '\n') {
			line++;
			column = 1;
		}
	}
	snprintf(reason, 120, "%s: line %d column %zu (char %zu)", w->error, line, column, chars);
}

bool json_check(const char *text, size_t n, char reason[static 120])
{
	struct walk w = { text, text, text + n, NULL, NULL };

	if (walk_value(&w, 0)) {
		walk_blank(&w);
		if (w.at == w.end)
			return true;
		walk_fail(&w, "Extra data", w.at);
	}
	walk_tell(&w, reason);
	return false;
}
