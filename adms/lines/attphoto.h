/*
 * Punch photos as terminals upload them: pure, bounded. Fuzzed.
 *
 * Three forms: lines of text, a NUL, the JPEG; the same lines with `picture=` and base64; lines (or
 * nothing at all) with the JPEG right behind them. What follows the lines is the picture, however
 * long the line `size=` says it is. The wire format is in PROTOCOL.md.
 */
#ifndef ATTPHOTO_H
#define ATTPHOTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

struct attphoto {
	struct span name; /* the line PIN=, as sent; absent when there is none */
	struct span picture; /* never empty */
	bool base64; /* the picture is text: attphoto_decode() */
};

/* NULL, or the reason why this is no photo. Spans point into the body. */
const char *attphoto_read(const void *body, size_t n, struct attphoto *out);

/* Base64 to at most len / 4 * 3 + 3 bytes at out; blanks and line ends between are passed over.
 * False: it is none, or nothing. */
bool attphoto_decode(struct span base64, unsigned char *out, size_t *n);

enum attphoto_kind {
	ATTPHOTO_ATTENDANCE,
	ATTPHOTO_FAILED, /* nobody was recognised */
	ATTPHOTO_BLACKLIST,
	ATTPHOTO_VERIFIED,
	ATTPHOTO_NOT_VERIFIED
};

#define ATTPHOTO_MAX_NAME 100

/* What a file name says. Directories and the extension do not count. */
struct attphoto_name {
	struct span whole; /* as sent, at most ATTPHOTO_MAX_NAME bytes, no control characters */
	struct span pin; /* as of pin_check_bytes(); absent: none */
	bool has_time;
	int64_t wall; /* the terminal's wall clock: microseconds since 1970, no zone */
	enum attphoto_kind kind;
};

/*
 * "YYYYMMDDhhmmss-<pin>.jpg"; "YYYYMMDDhhmmss.jpg" for attempts that failed;
 * "<time>-<type>-<pin>-<id number>.jpg" of person-ID terminals (person_id, or the id number tells);
 * "<pin>". Every name has a reading.
 */
void attphoto_name(struct span sent, bool person_id, struct attphoto_name *out);

/* "attendance", "failed", ... Constant. */
const char *attphoto_kind_word(enum attphoto_kind);

#endif
