/*
 * What terminals are given of people: templates and pictures as base64. Whatever road it came by, it
 * has to pass here where it enters, and again before it is sent. Pure; what it looks at is not
 * copied.
 */
#ifndef CONTENT_H
#define CONTENT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* How many digits of base64 the text begins with; '=' is none. */
size_t content_digits(const char *text, size_t n);

/* Whole base64 of at least one byte: digits of the usual alphabet, in fours, with its padding. */
bool content_is_base64(const char *text, size_t n);

/* The bytes that n digits of base64 stand for, padding included in n. */
size_t content_bytes(const char *text, size_t n);

/* Begins as every JPEG does; terminals show nothing else. */
bool content_is_jpeg(const void *bytes, size_t n);

/*
 * NULL, or why no terminal should be given this, constant or on the arena. size: what its terminal
 * said of its size, the length of the text or of what it stands for (adms-push 2.2); NULL or blank:
 * nothing.
 */
const char *content_template_problem(
	struct arena *, const char *text, size_t n, const char *size, size_t size_n);
const char *content_picture_problem(
	struct arena *, const char *text, size_t n, const char *size, size_t size_n);

/* NULL, or why a template of a type (as of BIODATA, adms-push 2.5) cannot be in such a place. */
const char *content_place_problem(int type, int no, int index);

#endif
