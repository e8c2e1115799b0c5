/*
 * Accounts as the database has them, remembered for two seconds, so that a request costs no round
 * trip of its own and a revocation still acts at once.
 */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include "arena.h"
#include "req.h"
#include "rights.h"
#include "seal.h"

struct accounts;

struct known {
	int id; /* 0: there is none */
	int generation;
	bool superuser; /* and its token has no scope */
	bool active;
	bool staff; /* an employee: id and name are the employee's */
	bool dead; /* the token was revoked or has expired */
	int token; /* the general token that it was found by, or 0 */
	struct rights rights; /* of its groups, or all; no more than the token's */
	bool scoped; /* the token has a scope */
	bool limited; /* to areas or departments */
	bool by_login_hash; /* found as a login token: its generation must be checked */
	int64_t tokens_from; /* seconds since 1970; JSON web tokens up to then are refused */
	int64_t now; /* likewise, when this was read: both by the database's clock */
	char name[256], email[256];
	char password_hash[128];
};

struct accounts *accounts_new(struct arena *, struct db *);

/* How to find one. */
enum account_by {
	ACCOUNT_BY_ID,
	ACCOUNT_BY_NAME, /* or e-mail, see account_named() of the schema */
	ACCOUNT_BY_TOKEN,
	ACCOUNT_BY_SESSION, /* of a page; dead when the account's tokens have ended since */
	STAFF_BY_ID, /* of the employee */
	STAFF_BY_NAME, /* emp_code, or e-mail */
	STAFF_BY_TOKEN
};

struct account_query {
	enum account_by by;
	int id;
	const char *name;
	const unsigned char *token_hash; /* SEAL_KEY_SIZE bytes; or of the session */
	const unsigned char *email_hash; /* likewise, of a name that may be staff's e-mail */
	int64_t idle; /* seconds after which a session ends by itself */
	bool fresh; /* not from memory */

	const struct known *found; /* NULL: nobody; the request's */
};

/* After a change that must act at once in this process. */
void accounts_forget(struct accounts *);

/* Runs next(r, NULL) at once or after a statement; q must live as long as the request. */
void accounts_find(struct accounts *, struct req *, struct account_query *q, req_step *next);

#endif
