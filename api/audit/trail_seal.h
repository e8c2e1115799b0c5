/*
 * The personal part of audit rows: {"before":{...},"after":{...}} under the key of the person, behind
 * 16 random bytes that it is bound to. Passwords are masked before that.
 */
#ifndef TRAIL_SEAL_H
#define TRAIL_SEAL_H

#include <jansson.h>

#include "seal.h"

/* A fresh key for a person; row_key and sealed are for table person_key, on the arena. */
void trail_key_make(const struct seal *, struct arena *, unsigned char **row_key,
	unsigned char **sealed, size_t *n);

/* The key as table person_key has it; false: it cannot be opened. The caller wipes it. */
bool trail_key_open(const struct seal *, struct arena *, const char *row_key, size_t row_key_n,
	const char *sealed, size_t n, unsigned char key[SEAL_KEY_SIZE]);

/* A sealed record of a row, as it was or will be. */
struct trail_record {
	const char *row_key, *sealed; /* NULL: none */
	size_t row_key_n, n;
};

/* before and after: JSON objects, or NULL; members that differ between the records join them. The
 * result is on the arena. */
unsigned char *trail_close(const struct seal *, struct arena *, const char *resource,
	const unsigned char key[SEAL_KEY_SIZE], const char *before, const char *after,
	const struct trail_record *was, const struct trail_record *is, size_t *n);

/* The JSON text of what trail_close() made, on the arena; NULL: it cannot be opened. */
char *trail_open(
	struct arena *, const unsigned char key[SEAL_KEY_SIZE], const char *bytes, size_t n);

#endif
