/*
 * The REST side as the rest of the program sees it: one surface.
 */
#ifndef API_H
#define API_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "db.h"
#include "http.h"
#include "seal.h"
#include "zone.h"

struct api;

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

struct api *api_new(const struct api_options *);
const struct surface *api_surface(struct api *);
/* Waits for the jobs of its threads and tells their requests, while everything these hold is there;
 * between http_free() and the end of the parts. */
void api_stop(struct api *);
void api_free(struct api *);

/* For other surfaces that need a login (/metrics on `listen`): checks Authorization like any API
 * request, then runs next(r, NULL); replies 401 itself. */
void api_require_login(struct api *, struct req *, req_step *next);

#endif
