/* /iclock/api/terminals/ and ZKBio Time's own actions. */
#ifndef TERMINALS_H
#define TERMINALS_H

#include "about.h"
#include "resource.h"

extern const struct resource terminals;

/* POST /iclock/api/terminals/{action}/ and .../{id}/{action}/; route->spec is the action's name. */
req_step terminals_action;

/* The terminals that an action is for: the one of the path (*one), or those of the body. */
void terminals_chosen(
	struct req *, const json_t *body, json_t *errors, int32_t **ids, int *n, bool *one);

/* The first of them that does not exist is told. */
void terminals_missing(struct req *, bool one, long long id);

about_teller terminals_action_about;

#endif
