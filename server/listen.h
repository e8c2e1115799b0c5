/*
 * Which surface answers on which address, and how many connections there may be.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include <stdbool.h>

#include "config.h"
#include "http.h"
#include "ops.h"

struct event_base;

/* Raises the limit of open files to the hard one. */
void listen_raise_limits(void);

/* The HTTP server with the limits of the settings; max_connections is lowered to what the limit
 * of open files allows, and said. */
struct http *listen_http(const struct config *, struct event_base *);

/* Opens every address of listen, device_listen and metrics_listen. False: *error. */
bool listen_all(struct arena *, const struct config *, struct http *, const struct ops *,
	struct adms *, struct api *, const char **error);

/* The same addresses before the server can do its work: one surface on all but device_listen, which
 * has another. They last as long as the arena. */
bool listen_waiting(struct arena *, const struct config *, struct http *, const struct surface *all,
	const struct surface *device, const char **error);

#endif
