/* What auth.c and login.c share. */
#ifndef AUTH_PRIVATE_H
#define AUTH_PRIVATE_H

#include "auth.h"
#include "field.h"
#include "route.h"
#include "webtoken.h"

struct auth {
	const struct config *config;
	const struct api_secrets *secrets;
	struct accounts *accounts;
	struct verify *verify;
};

/* passwords: threads to look at them. */
struct auth *auth_new(struct arena *, const struct api_options *, struct offload *passwords);
void auth_free(struct auth *);

/* A web token of a user, or of staff. */
enum webtoken_result auth_webtoken(
	const struct auth *, const char *token, struct webtoken *, bool *staff);

extern const struct route auth_routes[];

/* Logging in, and what its bodies and replies hold. */
req_step login, refresh;
extern const struct field login_members[], refresh_members[], login_reply[];

#endif
