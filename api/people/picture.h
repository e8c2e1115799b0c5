/*
 * Pictures in request bodies: the bytes themselves (image/jpeg), a file of a multipart form, or
 * base64 as a member of JSON or of a form (also as data:image/jpeg;base64,...). Terminals show
 * JPEG only, so nothing else is taken.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include <jansson.h>
#include <stddef.h>

#include "arena.h"
#include "req.h"

#define PICTURE_MAX (1 << 20) /* bytes */

struct picture {
	const unsigned char *bytes; /* NULL: none came */
	size_t n;
	json_t *members; /* the body's other members, an object; the caller's to release */
};

/* Why a body cannot be taken, in words for the client. */
struct picture_error {
	const char *text; /* NULL: it can */
	const char *member; /* what it is about, or NULL */
	int status; /* 400 or 415 */
};

/* member: the one that holds base64. Pure, fuzzed. Bytes live as long as the body and the arena. No
 * bytes and no error: no picture came. After an error nothing is to be released. */
struct picture_error picture_read(struct arena *, const char *type, const char *body, size_t n,
	const char *member, struct picture *out);

/* Base64 text, blanks allowed, perhaps behind "data:...,". False: it is none. */
bool picture_decode(struct arena *, const char *text, struct picture *out);

/* NULL, or why these bytes are no picture for terminals. */
const char *picture_problem(const struct picture *);

/* Base64 text of the picture, NUL-terminated, on the arena. */
char *picture_text(struct arena *, const struct picture *, size_t *n);

/* picture_read() of the request. False: replied. members are released with the request. */
bool picture_of(struct req *, const char *member, struct picture *out);

/* 200 with a picture that nobody may keep. */
void picture_reply(struct req *, const void *bytes, size_t n);

#endif
