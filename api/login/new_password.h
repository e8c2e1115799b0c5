/* A password that somebody is to have from now on: kept as long as the request, judged, hashed. */
#ifndef NEW_PASSWORD_H
#define NEW_PASSWORD_H

#include "password.h"
#include "password_rule.h"
#include "req.h"

struct new_password {
	char *text; /* NULL: none was given; wiped when the request ends */
	char hash[PASSWORD_HASH_SIZE];
	bool good; /* the hash is there */
};

void new_password_take(struct req *, struct new_password *, const char *text);

/* Not one that is guessed first, or says whose it is; false: replied, 400 of the member. */
bool new_password_judge(struct req *, const struct new_password *, const char *member,
	const struct password_name *names, int n);

/* Hashes it on a thread. */
void new_password_hash(struct req *, struct new_password *, req_step *next);

#endif
