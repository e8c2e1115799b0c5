/*
 * Replies of failed requests in the words of Django REST framework, which clients parse.
 */
#ifndef ERRORS_H
#define ERRORS_H

#include <jansson.h>

#include "req.h"

/* {"detail":"..."} */
void error_detail(struct req *, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* 400 {"<field>":["<message>"]} */
void error_field(struct req *, const char *field, const char *message);

/* Gathers messages: errors is an object of lists, see errors_new(). */
json_t *errors_new(struct arena *);
void errors_add(json_t *errors, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Says of a code that terminals could not have (pin.h) why. */
void errors_add_pin(json_t *errors, const char *field, const char *code);

/* 400 with everything gathered; false, and no reply, when there is nothing. */
bool errors_reply(struct req *, const json_t *errors);

/* 404 {"detail":"Not found."} */
void error_not_found(struct req *);

/* A JSON tree as a reply, written as §1.2 of the API wants it. */
void reply_json(struct req *, int status, const json_t *);

/* 200 {"code":0,"msg":"","data":[]}: what every action answers. */
void reply_done(struct req *);

/* A guard of an account's limits (scope.h) has ended the transaction: 400 with SCOPE_REFUSAL. */
#define SCOPE_REFUSAL                                                                              \
	"An account that is limited to areas or departments changes only what belongs to them."
bool scope_refused(const struct db_error *);

/* The surface's functions. */
void api_refused(struct req *, int status, const char *reason, int allowed);
void api_failed(struct req *, const struct db_error *);

/* That reply says all there is to say: nothing of ours has failed. */
bool api_answers(const struct db_error *);

#endif
