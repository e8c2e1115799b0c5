/* Text that grows on an arena, and the few operations on text that every layer needs. */
#include "str.h"

#include <stdio.h>
#include <string.h>

#include "fatal.h"

struct str str_new(struct arena *a)
{
	return (struct str){ .arena = a };
}

/* Room for n more bytes and the NUL. */
static void str_grow(struct str *s, size_t n)
{
	if (n < s->cap - s->len)
		return;
	if (n > SIZE_MAX / 4 || s->len > SIZE_MAX / 4)
		fatal("str: %zu bytes asked for", n);
	size_t cap = s->cap ? s->cap * 2 : 64;
	while (cap <= s->len + n)
		cap *= 2;
	char *text = arena_alloc(s->arena, cap);
	if (s->len)
		memcpy(text, s->text, s->len);
	s->text = text;
	s->cap = cap;
}

void str_addn(struct str *s, const void *bytes, size_t n)
{
	str_grow(s, n);
	if (n)
		memcpy(s->text + s->len, bytes, n);
	s->len += n;
	s->text[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		fatal("str: format \"%s\" failed", fmt);
	str_grow(s, (size_t)n);
	vsnprintf(s->text + s->len, (size_t)n + 1, fmt, again);
	va_end(again);
	s->len += (size_t)n;
}

void str_addi(struct str *s, int64_t n)
{
	char digits[24];
	char *c = digits + sizeof(digits);
	uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	do
		*--c = (char)('0' + rest % 10);
	while (rest /= 10);
	if (n < 0)
		*--c = '-';
	str_addn(s, c, (size_t)(digits + sizeof(digits) - c));
}

const char *str_text(const struct str *s)
{
	return s->text ? s->text : "";
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

bool str_same_word(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return *a == *b;
}

bool str_to_intn(const char *text, size_t n, int64_t min, int64_t max, int64_t *out)
{
	bool negative = n > 0 && text[0] == '-';
	size_t i = negative ? 1 : 0;
	if (i == n)
		return false;
	/* negative all the way: the smallest number has no positive counterpart */
	int64_t value = 0;
	for (; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_sub_overflow(value, text[i] - '0', &value))
			return false;
	}
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return false;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool str_to_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	return text && str_to_intn(text, strlen(text), min, max, out);
}

void str_hex(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = bytes;
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_unhex(const char *text, void *out, size_t n)
{
	unsigned char *bytes = out;
	if (strlen(text) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* Length of the valid sequence at b, or 0: no NUL, no overlong form, no surrogate. */
static size_t utf8_len(const unsigned char *b, size_t n)
{
	if (b[0] < 0x80)
		return b[0] ? 1 : 0;
	size_t len = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
	if (b[0] < 0xc2 || b[0] > 0xf4 || n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((b[i] & 0xc0) != 0x80)
			return 0;
	bool outside = (b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) ||
		       (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f);
	return outside ? 0 : len;
}

bool str_is_utf8(const void *bytes, size_t n)
{
	const unsigned char *b = bytes;
	while (n) {
		size_t len = utf8_len(b, n);
		if (!len)
			return false;
		b += len;
		n -= len;
	}
	return true;
}
