/*
 * Which passwords nobody should take, because they are tried first: short ones, common ones, plain
 * ones, and those that say whose they are. Pure. Letters count alike in either case.
 */
#ifndef PASSWORD_RULE_H
#define PASSWORD_RULE_H

#include "arena.h"

enum { PASSWORD_LEAST = 8 }; /* bytes */

/* What an account is known by. */
struct password_name {
	const char *label; /* "username" */
	const char *text; /* NULL or "": it has none */
};

/* NULL, or what is wrong with it, as a sentence on the arena. */
const char *password_flaw(
	struct arena *, const char *password, const struct password_name *names, int n);

#endif
