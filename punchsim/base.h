#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* One line on stderr, then exit. 2 = wrong usage, 1 = everything else. */
_Noreturn void die(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Memory: never NULL, out of memory is fatal. xalloc() zeroes. The caller frees. */
void *xalloc(size_t size);
void *xrealloc(void *old, size_t size);
char *xstrndup(const char *text, size_t len);

/* A view on bytes that somebody else owns. */
struct slice {
	const char *p;
	size_t n;
};

struct slice slice_text(const char *text);
bool slice_is(struct slice s, const char *text); /* exact */
bool slice_is_nocase(struct slice s, const char *text);
long slice_long(struct slice s, long missing); /* decimal prefix, or missing */

/* Growable bytes, always followed by a NUL that is not counted. Zeroed struct = empty. */
struct buf {
	char *data;
	size_t len, cap;
};

char *buf_reserve(struct buf *b, size_t more); /* where the next byte goes */
void buf_add(struct buf *b, const char *p, size_t n);
void buf_text(struct buf *b, const char *text);
void buf_slice(struct buf *b, struct slice s);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));
void buf_clear(struct buf *b); /* keeps the memory */
void buf_free(struct buf *b);

/* Decimal digits without printf; returns the place after the last one. */
char *digits_put(char *at, uint64_t n);

int64_t now_us(void); /* monotonic */
