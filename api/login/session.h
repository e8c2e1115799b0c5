/*
 * Logins of web pages: an id in a cookie that scripts cannot read and other sites do not send. What
 * changes anything must come with the session's CSRF token in X-CSRFToken, too.
 */
#ifndef SESSION_H
#define SESSION_H

#include "about.h"
#include "accounts.h"
#include "req.h"

enum { SESSION_HASH_SIZE = SEAL_KEY_SIZE };

/* The value of the one cookie of that name in a Cookie header, *n bytes; NULL: none, or several. */
const char *session_cookie_find(const char *header, const char *name, size_t *n);

/* SHA-256 of the id in the request's cookie. False: there is none, or none of ours. */
bool session_cookie(const struct req *, unsigned char hash[static SESSION_HASH_SIZE]);

/* The request may be by a page of ours: it only reads, or proves it. False: replied 403. */
bool session_request_good(struct req *, const unsigned char hash[static SESSION_HASH_SIZE]);

/* The same of a login, which has no token yet. */
bool session_origin_good(struct req *);

/* Replies to a login of the account with a new session. */
void session_begin(struct req *, const struct known *);

/* /base/api/session/: who is logged in; the end of it. */
req_step session_show, session_end;

extern const struct field session_reply[];
about_teller session_about;

#endif
