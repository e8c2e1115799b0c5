/*
 * The address of a photo: who has it may fetch the photo for half an hour. It is a keyed hash over
 * photo, terminal and time; nothing is stored. Relative, so that the terminal asks the server it
 * knows (adms-push 4.4).
 */
#ifndef PHOTO_H
#define PHOTO_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

struct adms;

#define PHOTO_SECONDS 1800

/* "iclock/photo/<id>-<terminal>-<expires>-<hash>.jpg", on the arena. */
const char *photo_url(const struct adms *, struct arena *, int64_t photo, int terminal);

struct photo_token {
	int64_t photo, terminal, expires; /* seconds since 1970 */
	const char *hash; /* 64 hex digits, within the text that was read */
};

/* Reads the last part of a path; false when it is no such token. Pure, fuzzed. */
bool photo_token_read(const char *name, struct photo_token *out);

/* Whether photo_url() made it, not longer ago than PHOTO_SECONDS. */
bool photo_token_good(const struct adms *, struct arena *, const struct photo_token *);

#endif
