/*
 * Append-only text on an arena. Grows by doubling; str_text() is always NUL-terminated.
 * Ends with its arena.
 */
#ifndef STR_H
#define STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct str {
	struct arena *arena;
	char *text; /* NUL-terminated; NULL until the first append */
	size_t len;
	size_t cap;
};

/* An empty text on the arena. */
struct str str_new(struct arena *);

void str_add(struct str *, const char *text);
void str_addn(struct str *, const void *bytes, size_t n);
void str_addc(struct str *, char c);
void str_addf(struct str *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_addi(struct str *, int64_t n);

/* The text so far; "" when nothing was added. Valid until the next append. */
const char *str_text(const struct str *);

/* True when a and b are equal but for ASCII case. */
bool str_same_word(const char *a, const char *b);

/* Parses a whole decimal number; false on anything else, or outside [min, max]. */
bool str_to_int(const char *text, int64_t min, int64_t max, int64_t *out);

/* As str_to_int over the n bytes at text. */
bool str_to_intn(const char *text, size_t n, int64_t min, int64_t max, int64_t *out);

/* Lower-case hexadecimal of n bytes; out takes 2n + 1 bytes. */
void str_hex(const void *bytes, size_t n, char *out);

/* Reverse; false unless text is exactly 2n hexadecimal digits. */
bool str_unhex(const char *text, void *out, size_t n);

/* True when the n bytes are valid UTF-8 without NUL. */
bool str_is_utf8(const void *bytes, size_t n);

#endif
