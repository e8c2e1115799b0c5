/* JSON web tokens of ours: HS256 and nothing else. */
#ifndef WEBTOKEN_H
#define WEBTOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "seal.h"

struct webtoken {
	int64_t user_id;
	const char *username; /* only to make one */
	const char *email;
	int64_t exp; /* seconds since 1970 */
	int64_t orig_iat; /* of the login; 0: the token has none */
	bool refresh; /* only good for /jwt-api-token-refresh/ */
};

enum webtoken_result { WEBTOKEN_GOOD, WEBTOKEN_EXPIRED, WEBTOKEN_BAD };

/* Header and claims in the order in which the original prints them; then, in the header, where it is
 * named, the key's kid, which is made of the key. */
const char *webtoken_make(struct arena *, const unsigned char key[SEAL_KEY_SIZE], bool named,
	const struct webtoken *);

/* now: seconds since 1970. The texts are not filled in. Of an expired token everything is.
 * A token whose header names another key than this is bad; it need not name any. */
enum webtoken_result webtoken_read(
	const unsigned char key[SEAL_KEY_SIZE], const char *token, int64_t now, struct webtoken *);

#endif
