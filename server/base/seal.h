/*
 * Sealing of secrets at rest: AES-256-GCM under data keys that the master key wraps.
 *
 * A sealed value is  version 0x01 | key id, 4 bytes big-endian | nonce, 12 bytes | ciphertext |
 * tag, 16 bytes.  Associated data is "table.column" and the row's random key (row_key, 16 bytes,
 * stored beside the value), so a value moved to another row or column does not open.
 */
#ifndef SEAL_H
#define SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

#define SEAL_KEY_SIZE 32
#define SEAL_ROW_KEY_SIZE 16
#define SEAL_OVERHEAD 33

struct seal;

/* Keys are kept in memory that is locked and left out of core dumps, as far as the system lets it. */
struct seal *seal_new(const unsigned char master[SEAL_KEY_SIZE]);
void seal_free(struct seal *); /* wipes the keys */

/* Another master key opens and wraps data keys from now on; those known stay. Not while others add
 * keys. */
void seal_set_master(struct seal *, const unsigned char master[SEAL_KEY_SIZE]);

/* A fresh random data key, wrapped by the master key for the table data_key. */
void seal_make_key(struct seal *, uint32_t id, struct arena *, unsigned char **wrapped, size_t *n);

/* Adds a data key read from the table; false when the master key does not open it. current: new
 * values are sealed under it. */
bool seal_add_key(struct seal *, uint32_t id, const void *wrapped, size_t n, bool current);

/* The data key id, known to from, wrapped by the master key of to; false: from does not know it. */
bool seal_wrap_key(const struct seal *from, const struct seal *to, uint32_t id, struct arena *,
	unsigned char **wrapped, size_t *n);

bool seal_knows_key(const struct seal *, uint32_t id);

/* Makes a key that is known current; false when it is not. */
bool seal_use_key(struct seal *, uint32_t id);

/* A key that the master key does not open is in use elsewhere: what is sealed under it cannot be read
 * here. seal_ready() is false as long as this is so. */
void seal_set_behind(struct seal *, bool);

bool seal_ready(const struct seal *); /* a current key is there, and none is missing */
uint32_t seal_current_key(const struct seal *);

/* Random bytes from the operating system's generator; fatal when there are none. */
void seal_random(void *out, size_t n);

/* The sealed form of n bytes, on the arena. place is "table.column". */
unsigned char *seal_close(const struct seal *, struct arena *, const char *place,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *plain, size_t n,
	size_t *sealed_n);

/* The plain bytes (NUL added) on the arena, or NULL when key, place, row or bytes do not fit. */
char *seal_open(const struct seal *, struct arena *, const char *place,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *sealed, size_t n,
	size_t *plain_n);

/* The same under a key of the caller's, which no master key wraps: what is to become unreadable when
 * that key is destroyed. */
unsigned char *seal_close_under(const unsigned char key[SEAL_KEY_SIZE], struct arena *,
	const char *place, const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *plain,
	size_t n, size_t *sealed_n);
char *seal_open_under(const unsigned char key[SEAL_KEY_SIZE], struct arena *, const char *place,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *sealed, size_t n,
	size_t *plain_n);

/* HMAC-SHA256(key, bytes): look-up hashes of card and e-mail, content hashes. */
void seal_hmac(const unsigned char key[SEAL_KEY_SIZE], const void *bytes, size_t n,
	unsigned char out[SEAL_KEY_SIZE]);

/* The keyed hash by which the database knows an e-mail address, on the arena; letters of ASCII in any
 * case. */
const unsigned char *seal_email(
	struct arena *, const unsigned char key[SEAL_KEY_SIZE], const char *email);

void seal_sha256(const void *bytes, size_t n, unsigned char out[SEAL_KEY_SIZE]);

/* Constant-time comparison. */
bool seal_same(const void *a, const void *b, size_t n);

#endif
