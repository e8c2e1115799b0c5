/*
 * The REST side as the rest of the program sees it: one surface.
 */
#ifndef API_H
#define API_H

#include "api_options.h"
#include "http.h"

struct api;

struct api *api_new(const struct api_options *);
const struct surface *api_surface(struct api *);
/* Waits for the jobs of its threads and tells their requests, while everything these hold is there;
 * between http_free() and the end of the parts. */
void api_stop(struct api *);
void api_free(struct api *);

/* For other surfaces that need a login (/metrics on `listen`): checks Authorization like any API
 * request, then runs next(r, NULL); replies 401 itself. */
void api_require_login(struct api *, struct req *, req_step *next);

#endif
