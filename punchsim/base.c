/* What every other file needs: a way out, memory, slices and growable text. */
#include "base.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void die(int code, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("punchsim: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(code);
}

void *xalloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);
	if (!p)
		die(1, "out of memory; use fewer terminals");
	return p;
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);
	if (!p)
		die(1, "out of memory; use fewer terminals");
	return p;
}

char *xstrndup(const char *text, size_t len)
{
	char *copy = xalloc(len + 1);
	if (len)
		memcpy(copy, text, len);
	return copy;
}

struct slice slice_text(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

bool slice_is(struct slice s, const char *text)
{
	return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

bool slice_is_nocase(struct slice s, const char *text)
{
	return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

long slice_long(struct slice s, long missing)
{
	size_t i = 0;
	bool negative = s.n > 0 && s.p[0] == '-';
	long value = 0;

	if (negative)
		i++;
	size_t first = i;
	for (; i < s.n && isdigit((unsigned char)s.p[i]) && i - first < 15; i++)
		value = value * 10 + (s.p[i] - '0');
	if (i == first)
		return missing;
	return negative ? -value : value;
}

char *buf_reserve(struct buf *b, size_t more)
{
	if (b->len + more + 1 > b->cap) {
		size_t cap = b->cap ? b->cap : 64;
		while (cap < b->len + more + 1)
			cap *= 2;
		b->data = xrealloc(b->data, cap);
		b->cap = cap;
	}
	return b->data + b->len;
}

void buf_add(struct buf *b, const char *p, size_t n)
{
	char *at = buf_reserve(b, n);
	if (n)
		memcpy(at, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_slice(struct buf *b, struct slice s)
{
	buf_add(b, s.p, s.n);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int need = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (need < 0)
		return;
	char *at = buf_reserve(b, (size_t)need);
	va_start(ap, fmt);
	vsnprintf(at, (size_t)need + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)need;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

char *digits_put(char *at, uint64_t n)
{
	char tmp[20];
	int i = 0;

	do {
		tmp[i++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (i)
		*at++ = tmp[--i];
	return at;
}

int64_t now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
