/*
 * Listening sockets and the places for connections.
 *
 * When all places are taken a connection makes room, strangers' first; when none can the listener
 * stops accepting until one ends (new ones wait in the kernel's queue, which tells a client more
 * politely than a reset). Listeners of terminals leave the reserved places alone.
 */
#include "listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "fatal.h"
#include "log.h"

#define BACKLOG 4096
#define ACCEPTS 64 /* at a time, so that those being served are not kept waiting */
#define COMPLAIN_MS 60000
#define HEAD_GRACE_MS 3000 /* enough for the slowest mobile link's handshake and head */
#define KEEPS_LITTLE 4096
#define STALLED_MS 10000 /* without a step of 16 KiB */

static void listener_pause(struct listener *l, const char *why)
{
	struct http *h = l->http;

	if (h->complained == 0 || h->now - h->complained > COMPLAIN_MS) {
		h->complained = h->now;
		log_warn("connections_full", "reason", why, "connections", log_num(h->nclients),
			NULL);
	}
	event_del(&l->event);
	l->paused = true;
	http_tick(h);
}

void listener_resume(struct listener *l)
{
	if (!l->paused || l->fd < 0)
		return;
	l->paused = false;
	event_add(&l->event, NULL);
}

/* The first of a queue, of terminals only when devices is set. */
static struct client *client_first(struct http *h, enum wait wait, bool known, bool devices)
{
	struct client *c;

	TAILQ_FOREACH(c, &h->waits[wait].clients[known], queue)
	if (c->listener->devices || !devices)
		break;
	return c;
}

/* Who makes room when all places are taken: strangers before who is known, idle ones before others,
 * of one step whoever has been there for the longest. A request at work never does. Who only opens
 * connections and dribbles, in whatever state, cannot keep all others out. */
static const struct {
	int step;
	enum wait wait;
	bool known;
	int64_t grace; /* ms */
} room[] = {
	{ 0, WAIT_IDLE, false, 0 },
	{ 0, WAIT_HEAD, false, HEAD_GRACE_MS },
	{ 1, WAIT_LINGER, false, HEAD_GRACE_MS },
	{ 1, WAIT_CLAIM, false, HEAD_GRACE_MS },
	{ 1, WAIT_BODY, false, HEAD_GRACE_MS },
	{ 1, WAIT_WRITE, false, HEAD_GRACE_MS },
	{ 2, WAIT_IDLE, true, 0 },
	{ 2, WAIT_HEAD, true, HEAD_GRACE_MS },
	{ 2, WAIT_LINGER, true, HEAD_GRACE_MS },
	{ 3, WAIT_CLAIM, true, STALLED_MS },
	{ 3, WAIT_BODY, true, STALLED_MS },
	{ 3, WAIT_WRITE, true, STALLED_MS },
};

static bool client_make_room(struct http *h, bool devices)
{
	struct client *found = NULL;
	int step = 0;

	for (size_t i = 0; i < LEN(room) && (!found || room[i].step == step); i++) {
		struct client *c = client_first(h, room[i].wait, room[i].known, devices);
		bool stays = !c || client_waits_since(c) + room[i].grace > h->now;
		if (stays || (found && client_waits_since(found) <= client_waits_since(c)))
			continue;
		found = c;
		step = room[i].step;
	}
	if (found) {
		h->places_ended++;
		client_kill(found);
	}
	return found != NULL;
}

/* Who keeps little is spared: a head that comes in two pieces. Nor one that is being worked on: it
 * may be up the stack. */
void listener_relieve(struct http *h)
{
	static const enum wait kinds[] = { WAIT_CLAIM, WAIT_BODY, WAIT_WRITE, WAIT_HEAD };

	for (size_t i = 0; i < LEN(kinds); i++) {
		struct client *c;
		TAILQ_FOREACH(c, &h->waits[kinds[i]].clients[false], queue)
		if (c->kept >= KEEPS_LITTLE && !c->busy && c->state != CLIENT_DEAD) {
			h->places_ended++;
			client_kill(c);
			return;
		}
	}
}

static bool listener_devices_full(const struct listener *l)
{
	const struct http *h = l->http;

	return l->devices && h->ndevices >= h->limits.max_connections - h->limits.reserved;
}

static bool listener_has_room(const struct listener *l)
{
	return !listener_devices_full(l) && l->http->nclients < l->http->limits.max_connections;
}

static bool listener_make_room(struct listener *l)
{
	return client_make_room(l->http, listener_devices_full(l)) && listener_has_room(l);
}

static void accept_failed(struct listener *l, int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		if (!client_make_room(l->http, false))
			listener_pause(l, strerror(error));
		break;
	default: /* nobody there (any more), or a network error of that peer */
		break;
	}
}

static struct client *listener_accept(struct listener *l, bool first)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (!listener_has_room(l)) {
		if (!first)
			return NULL; /* perhaps nobody else is waiting */
		if (!listener_make_room(l)) {
			listener_pause(l, "max_connections");
			return NULL;
		}
	}
	int fd = accept4(l->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		accept_failed(l, errno);
		return NULL;
	}
	return client_open(l, fd, (struct sockaddr *)&peer);
}

static void listener_ready(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;
	struct client *fresh[ACCEPTS];
	int n = 0;

	l->http->now = clock_ticks();
	while (n < ACCEPTS && (fresh[n] = listener_accept(l, n == 0)))
		n++;
	for (int i = 0; i < n; i++) /* meanwhile the first requests have come in */
		client_begin(fresh[i]);
}

/* Options that accepted sockets inherit from their listener, which saves a system call each. */
static void options_set(int fd, int family)
{
	int on = 1;
	int idle = 60;
	int interval = 20;
	int count = 3;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	if (family == AF_INET6) /* 0.0.0.0 and [::] on one port are two listeners */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
}

static int socket_bind(const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	options_set(fd, ai->ai_family);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* "host:port" or "[host]:port" into two texts. */
static bool address_split(const char *address, char host[256], char port[16])
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (!colon || len >= 256 || strlen(colon + 1) >= 16 || !colon[1] ||
		strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	if (*address == '[') {
		if (len < 3 || address[len - 1] != ']')
			return false;
		address++;
		len -= 2;
	} else if (memchr(address, ':', len)) {
		return false;
	}
	memcpy(host, address, len);
	host[len] = '\0';
	strcpy(port, colon + 1);
	return true;
}

static int listener_bind(const char *address, const char **error)
{
	static char why[512];
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *found;
	char host[256], port[16];

	*error = why;
	if (!address_split(address, host, port)) {
		snprintf(why, sizeof(why),
			"cannot listen on \"%s\": write address:port or [address]:port", address);
		return -1;
	}
	int failed = getaddrinfo(*host ? host : "0.0.0.0", port, &hints, &found);
	if (failed) {
		snprintf(
			why, sizeof(why), "cannot listen on %s: %s", address, gai_strerror(failed));
		return -1;
	}
	int fd = socket_bind(found);
	if (fd < 0)
		snprintf(why, sizeof(why), "cannot listen on %s: %s%s", address, strerror(errno),
			errno == EADDRINUSE ? " (stop what uses the port, or choose another)" : "");
	freeaddrinfo(found);
	return fd;
}

struct listener *listener_new(struct http *h, const struct http_listener *options,
	const char *address, struct tls *tls, const char **error)
{
	int fd = listener_bind(address, error);

	if (fd < 0)
		return NULL;
	struct listener *l = xcalloc(1, sizeof(*l));
	l->http = h;
	l->surfaces = options->surfaces;
	l->devices = options->devices;
	l->proxied = options->proxy_protocol;
	l->tls = tls;
	l->fd = fd;
	event_assign(&l->event, h->base, fd, EV_READ | EV_PERSIST, listener_ready, l);
	event_add(&l->event, NULL);
	return l;
}

void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	event_del(&l->event);
	close(l->fd);
	l->fd = -1;
}

void listener_free(struct listener *l)
{
	listener_close(l);
	if (l->owns_tls)
		tls_free(l->tls);
	free(l);
}
