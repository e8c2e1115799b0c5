/* One listening socket. */
#ifndef LISTENER_H
#define LISTENER_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "inside.h"

struct listener {
	struct http *http;
	TAILQ_ENTRY(listener) all;
	const struct surface *const *surfaces;
	bool devices;
	bool proxied; /* each connection begins with a PROXY header */
	struct tls *tls; /* NULL: plain; shared by the addresses of one http_listen() */
	bool owns_tls;
	bool paused; /* no place for another connection, or no file descriptor */
	int fd;
	struct event event;
};

/* Binds one "host:port" and starts accepting. NULL: *error says why. */
struct listener *listener_new(struct http *, const struct http_listener *, const char *address,
	struct tls *, const char **error);
void listener_free(struct listener *);

/* Strangers' connections keep too many bytes: ends the slowest of them that keeps some. */
void listener_relieve(struct http *);

/* Accepts again when paused and there is room. */
void listener_resume(struct listener *);

/* Gives the port back; connections stay. */
void listener_close(struct listener *);

#endif
