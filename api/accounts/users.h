/* /base/api/: users, groups, permissions, tokens. */
#ifndef USERS_H
#define USERS_H

#include "about.h"
#include "resource.h"

extern const struct resource users, groups, tokens;
extern const struct field me_reply[], me_password_members[], token_members[], token_reply[],
	permission_fields[];

/* Those of users look at the password first: it is hashed away from the loop. */
req_step users_create, users_update, users_delete;
req_step me_show, me_password;
req_step tokens_create, tokens_revoke;
req_step permissions_list;
about_teller users_about;

#endif
