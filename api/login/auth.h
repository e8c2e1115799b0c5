/*
 * Who asks: Token, JWT and Basic credentials, and the accounts behind them.
 */
#ifndef AUTH_H
#define AUTH_H

#include "api_options.h"
#include "req.h"
#include "rights.h"

/* A logged-in account; lives as long as the request. */
struct account {
	int id; /* 0: staff */
	int staff; /* the employee who has logged in, 0: a user */
	bool superuser; /* and not by a token with a scope */
	bool scoped; /* it came with a token that has a scope */
	bool limited; /* to areas or departments, see scope.h */
	struct rights rights;
	const char *name;
	const char *email;
	int token; /* the general token it came with, or 0 */
};

/* NULL on routes that need no login. */
const struct account *auth_account(const struct req *);

/* Who asks may do this (one bit MAY_...) to the subject. */
bool auth_may(const struct req *, enum subject, int action);

/* device_password, card_no and templates may be shown: the right is there, and not
 * hide_credentials. */
bool auth_sees_credentials(const struct req *);

/* The surface's `before`: checks credentials and rights by route->flags, then next(r, NULL). */
void auth_before(struct req *, req_step *next);

/* Flags of struct route. Without any: for superusers. Staff are refused everywhere but on routes of
 * theirs, so a new route is closed to them. */
enum {
	API_OPEN = 1, /* no login */
	API_READER = 2, /* any user, whatever the method */
	API_STAFF = 4, /* staff, whatever the method, and nobody else */
	API_WHOLE = 8, /* beside a right: not for who is limited to areas or departments */
	API_OF_TERMINAL = 16, /* beside a right: :id is a terminal's, whatever the subject */
	API_NOTED = 32 /* a GET that the audit trail knows */
};

/* Or: whoever has the right to the subject. What it does follows from the method, where API_DOES
 * (bits MAY_...) does not say it. Where :id is the id of a row of the subject's table, it must
 * exist for who asks. */
#define API_RIGHT(subject) ((subject) << 8)
#define API_DOES(actions) ((actions) << 16)

enum subject auth_subject(const struct route *);
int auth_actions(const struct route *, enum method);

/* The token of /api-token-auth/: 40 hex digits and NUL. */
void auth_login_token(
	const unsigned char key[SEAL_KEY_SIZE], int account, int generation, char out[static 41]);

/* Tokens of staff are of other keys, so that no number in them can be taken for a user's. */
void auth_staff_key(
	const unsigned char key[SEAL_KEY_SIZE], unsigned char out[static SEAL_KEY_SIZE]);

/* What the tables keep of a token: SHA-256 of its text. */
void auth_token_hash(const char *token, unsigned char out[static SEAL_KEY_SIZE]);

#endif
