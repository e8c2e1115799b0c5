/*
 * Who asks: Token, JWT and Basic credentials, and the accounts behind them.
 */
#ifndef AUTH_H
#define AUTH_H

#include "api.h"
#include "req.h"

/* A logged-in account; lives as long as the request. */
struct account {
	int id;
	bool superuser;
	const char *name;
	const char *email;
};

/* NULL on routes that need no login. */
const struct account *auth_account(const struct req *);

/* device_password and card_no are shown: superuser, and not hide_credentials. */
bool auth_sees_credentials(const struct req *);

/* The surface's `before`: checks credentials and rights by route->flags, then next(r, NULL). */
void auth_before(struct req *, req_step *next);

/* Flags of struct route. Without any: login needed; methods that write need a superuser. */
enum { API_OPEN = 1 /* no login */, API_READER = 2 /* any account, whatever the method */ };

/* The token of /api-token-auth/: 40 hex digits and NUL. */
void auth_login_token(
	const unsigned char key[SEAL_KEY_SIZE], int account, int generation, char out[static 41]);

/* What the tables keep of a token: SHA-256 of its text. */
void auth_token_hash(const char *token, unsigned char out[static SEAL_KEY_SIZE]);

#endif
