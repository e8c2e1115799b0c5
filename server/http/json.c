/* The JSON writer: commas by themselves, text escaped in runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

/* What a byte needs inside a string: 0 nothing, 'u' \u00XX, 'l' a look at the two bytes after it
 * (U+2028, U+2029), else the letter after the backslash. */
static const char escapes[256] = {
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'b',
	't',
	'n',
	'u',
	'f',
	'r',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	['"'] = '"',
	['\\'] = '\\',
	[0xe2] = 'l',
};

static void value_begin(struct out *o)
{
	if (o->comma)
		out_addn(o, ",", 1);
	o->comma = true;
}

void json_open(struct out *o, char bracket)
{
	value_begin(o);
	out_addn(o, &bracket, 1);
	o->comma = false;
}

void json_close(struct out *o, char bracket)
{
	out_addn(o, &bracket, 1);
	o->comma = true;
}

static void escape_add(struct out *o, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char *to = out_reserve(o, 6);

	to[0] = '\\';
	to[1] = escapes[c];
	o->len += 2;
	if (escapes[c] == 'u') {
		memcpy(to + 2, "00", 2);
		to[4] = hex[c >> 4];
		to[5] = hex[c & 15];
		o->len += 4;
	}
}

static bool line_separator(const char *p, const char *end)
{
	return end - p >= 3 && p[1] == '\x80' && (p[2] == '\xa8' || p[2] == '\xa9');
}

static void quoted_add(struct out *o, const char *text, size_t n)
{
	const char *end = text + n;
	const char *run = text;

	out_addn(o, "\"", 1);
	for (const char *p = text; p < end; p++) {
		char escape = escapes[(unsigned char)*p];
		if (!escape || (escape == 'l' && !line_separator(p, end)))
			continue;
		out_addn(o, run, (size_t)(p - run));
		if (escape == 'l') {
			out_add(o, p[2] == '\xa8' ? "\\u2028" : "\\u2029");
			p += 2;
		} else {
			escape_add(o, (unsigned char)*p);
		}
		run = p + 1;
	}
	out_addn(o, run, (size_t)(end - run));
	out_addn(o, "\"", 1);
}

void json_key(struct out *o, const char *key)
{
	value_begin(o);
	quoted_add(o, key, strlen(key));
	out_addn(o, ":", 1);
	o->comma = false;
}

void json_textn(struct out *o, const char *text, size_t n)
{
	value_begin(o);
	quoted_add(o, text, n);
}

void json_text(struct out *o, const char *text)
{
	if (text)
		json_textn(o, text, strlen(text));
	else
		json_none(o);
}

void json_int(struct out *o, int64_t n)
{
	value_begin(o);
	out_int(o, n);
}

/* The fewest digits that read back as the same number. */
static void double_digits(double n, char digits[20], int *exponent)
{
	char text[32];

	for (int precision = 0; precision < 17; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, n);
		if (precision == 16 || strtod(text, NULL) == n)
			break;
	}
	char *e = strchr(text, 'e');
	int k = 0;
	for (const char *p = text; p < e; p++)
		if (*p >= '0' && *p <= '9')
			digits[k++] = *p;
	digits[k] = '\0';
	*exponent = atoi(e + 1);
}

/* As repr() of Python: plain between 1e-4 and 1e16, else with an exponent. */
void json_double(struct out *o, double n)
{
	char digits[20], text[64];
	int exponent;

	if (!isfinite(n)) {
		json_none(o);
		return;
	}
	double_digits(fabs(n), digits, &exponent);
	int k = (int)strlen(digits);
	if (n == 0)
		snprintf(text, sizeof(text), "0.0");
	else if (exponent < -4 || exponent >= 16)
		snprintf(text, sizeof(text), "%c%s%se%c%02d", digits[0], k > 1 ? "." : "",
			digits + 1, exponent < 0 ? '-' : '+', abs(exponent));
	else if (exponent < 0)
		snprintf(text, sizeof(text), "0.%.*s%s", -exponent - 1, "000", digits);
	else if (k <= exponent + 1)
		snprintf(text, sizeof(text), "%s%.*s.0", digits, exponent + 1 - k,
			"0000000000000000");
	else
		snprintf(
			text, sizeof(text), "%.*s.%s", exponent + 1, digits, digits + exponent + 1);
	value_begin(o);
	if (signbit(n))
		out_addn(o, "-", 1);
	out_add(o, text);
}

void json_bool(struct out *o, bool b)
{
	json_raw(o, b ? "true" : "false");
}

void json_none(struct out *o)
{
	json_raw(o, "null");
}

void json_raw(struct out *o, const char *json)
{
	value_begin(o);
	out_add(o, json);
}
