/* The reply buffer and the CSV writer; the JSON writer is json.c. */
#include "out.h"

#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "fatal.h"

#define OUT_FIRST 4096

void out_init(struct out *o)
{
	*o = (struct out){ 0 };
}

void out_free(struct out *o)
{
	free(o->bytes);
	*o = (struct out){ 0 };
}

void out_reset(struct out *o)
{
	o->len = 0;
	o->comma = false;
}

char *out_reserve(struct out *o, size_t n)
{
	if (o->cap - o->len < n) {
		if (n > SIZE_MAX / 4 || o->len > SIZE_MAX / 4)
			fatal("reply of %zu bytes", o->len);
		size_t cap = o->cap ? o->cap * 2 : OUT_FIRST;
		while (cap - o->len < n)
			cap *= 2;
		o->bytes = xrealloc(o->bytes, cap);
		o->cap = cap;
	}
	return o->bytes + o->len;
}

void out_addn(struct out *o, const void *bytes, size_t n)
{
	if (n == 0)
		return;
	memcpy(out_reserve(o, n), bytes, n);
	o->len += n;
}

void out_add(struct out *o, const char *text)
{
	out_addn(o, text, strlen(text));
}

void out_int(struct out *o, int64_t n)
{
	char digits[20];
	size_t i = sizeof(digits);
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	char *to = out_reserve(o, 21);

	do {
		digits[--i] = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (n < 0) {
		*to++ = '-';
		o->len++;
	}
	memcpy(to, digits + i, sizeof(digits) - i);
	o->len += sizeof(digits) - i;
}

/* --- CSV ------------------------------------------------------------------------------------ */

static bool cell_needs_quotes(const char *text, char separator)
{
	for (; *text; text++)
		if (*text == separator || *text == '"' || *text == '\r' || *text == '\n')
			return true;
	return false;
}

void csv_text(struct out *o, char separator, bool first, const char *text)
{
	if (!first)
		out_addn(o, &separator, 1);
	if (!text)
		return;
	bool quotes = cell_needs_quotes(text, separator);
	if (quotes)
		out_addn(o, "\"", 1);
	if (csv_is_formula(text, strlen(text)))
		out_addn(o, "'", 1);
	if (!quotes) {
		out_add(o, text);
		return;
	}
	for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
		out_addn(o, text, (size_t)(quote - text) + 1);
		out_addn(o, "\"", 1);
	}
	out_add(o, text);
	out_addn(o, "\"", 1);
}

void csv_raw(struct out *o, char separator, bool first, const char *bytes, size_t n)
{
	if (!first)
		out_addn(o, &separator, 1);
	out_addn(o, bytes, n);
}

void csv_end(struct out *o)
{
	out_addn(o, "\r\n", 2);
}
