/* What the REST side is given at the start. */
#ifndef API_OPTIONS_H
#define API_OPTIONS_H

#include "config.h"
#include "db.h"
#include "seal.h"
#include "zone.h"

struct event_base;

enum { API_JWT_KEYS = 8 };

/* Server secrets, read from table secret at start; SEAL_KEY_SIZE bytes each. */
struct api_secrets {
	/* HS256 keys, the newest first; others may come and go while the server runs */
	unsigned char jwt[API_JWT_KEYS][SEAL_KEY_SIZE];
	int njwt;
	int signing; /* which of them makes tokens: one that every server knows */
	int unnamed; /* the first there was, whose tokens are as the original's; -1: it ended */
	unsigned char login_token[SEAL_KEY_SIZE]; /* HMAC key of login tokens */
	unsigned char lookup[SEAL_KEY_SIZE]; /* keyed hashes of card and e-mail */
};

struct api_options {
	struct event_base *base;
	const struct config *config;
	const struct seal *seal;
	const struct api_secrets *secrets;
	const struct zone *zone; /* of the setting timezone */
	struct db *db; /* the pool for requests */
};

#endif
