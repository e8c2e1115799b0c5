/*
 * Passwords against stored hashes: Argon2id on worker threads, few at a time, with a memory of
 * what was right, so that clients which log in with every request stay cheap. That memory holds
 * keyed hashes under a key of this process; an entry ends with the stored hash it was made of.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include "req.h"

struct event_base;
struct known;
struct offload;
struct verify;

struct verify *verify_new(struct event_base *, struct offload *);

/* No request waits any more; jobs still running may end later, before the loop's end or by
 * offload_stop(). */
void verify_free(struct verify *);

/* One attempt, the request's; the texts must live as long. */
struct verify_try {
	const char *name; /* as typed */
	const char *password;
	int account; /* 0: there is none; below 0: staff */
	const char *called; /* the account, in the log; NULL: there is none */
	const char *hash; /* NULL: there is none */

	bool good;
	bool busy; /* not looked at: too much to do */
	int retry_after; /* not 0: not looked at, too many failures; seconds */
};

/* Whose attempt it is: account and hash of who was found, or of nobody. */
void verify_of(struct verify_try *, const struct known *);

/* Runs next(r, NULL) at once or later; the answer is in the attempt. Failures are those of the
 * account, whatever it was called by, or of a name that nobody has. */
void verify_run(struct verify *, struct req *, struct verify_try *, req_step *next);

/* Replies to attempts that were not looked at: 429 or 503. False: it was. */
bool verify_refused(struct req *, const struct verify_try *);

/* Under which failures of an employee's login are counted. */
const char *staff_guard_name(struct arena *, const char *emp_code);

#endif
