/* The life of a connection: opened, watched, limited in time, closed. */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fatal.h"
#include "request.h"

enum {
	READ_AHEAD = 16384, /* of pipelined requests while one is at work */
	STEP_BYTES = 16384, /* in a body's or a reply's time limit: about 256 B/s, less than the
			     * slowest mobile link */
	STRANGERS_KEEP = 32 * 1024 * 1024
};

static void client_happened(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;

	c->http->now = clock_ticks();
	client_enter(c);
	if (c->poked) {
		c->poked = false;
		client_pump(c);
		what |= wire_pending(&c->wire) ? EV_READ | EV_WRITE : EV_WRITE;
	}
	if ((what & EV_CLOSED) && c->state == CLIENT_CLAIM && !c->leaving) {
		c->leaving = true;
		client_wait(c, WAIT_GONE);
	} else if ((what & EV_CLOSED) && c->state == CLIENT_RUN) {
		c->leaving = true;
		client_no_more(c);
	}
	if (what & EV_WRITE) {
		c->stuck = false;
		client_flush(c);
	}
	if ((what & EV_READ) || ((what & EV_WRITE) && c->wire.read_wants_write))
		client_read(c);
	client_leave(c);
}

static void client_free(struct client *c)
{
	struct http *h = c->http;
	bool device = c->listener->devices;

	TAILQ_REMOVE(&h->clients, c, all);
	h->kept -= c->kept;
	free(c->in);
	free(c);
	http_client_ended(h, device);
}

static struct client *client_new(struct listener *l, int fd, const struct sockaddr *peer)
{
	struct http *h = l->http;
	struct client *c = xcalloc(1, sizeof(*c));

	c->http = h;
	c->listener = l;
	c->wire.fd = fd;
	c->state = CLIENT_HEAD;
	c->peer = address_of(peer);
	c->trusted = h->proxied && proxies_trust(h->proxies, &c->peer);
	c->unannounced = l->proxied;
	event_assign(&c->readable, h->base, fd, EV_READ | EV_PERSIST, client_happened, c);
	event_assign(&c->writable, h->base, fd, EV_WRITE | EV_PERSIST, client_happened, c);
	TAILQ_INSERT_TAIL(&h->clients, c, all);
	h->nclients++;
	h->ndevices += l->devices;
	return c;
}

struct client *client_open(struct listener *l, int fd, const struct sockaddr *peer)
{
	struct client *c = client_new(l, fd, peer);

	if (l->tls) {
		c->wire.ssl = tls_session(l->tls, fd);
		if (!c->wire.ssl)
			fatal("no memory for a TLS session");
	}
	client_wait(c, WAIT_HEAD);
	http_tick(c->http);
	return c;
}

void client_begin(struct client *c)
{
	client_enter(c);
	client_read(c);
	client_leave(c);
}

/* --- what to watch -------------------------------------------------------------------------- */

/*
 * WATCH_CLOSE is edge-triggered, because bytes that nobody wants to read yet stay in the socket:
 * it wakes for each arrival, of which only a FIN or an error matters.
 */
static void client_watch(struct client *c, enum watch watch)
{
	static const short flags[] = {
		[WATCH_READ] = EV_READ | EV_PERSIST,
		[WATCH_CLOSE] = EV_READ | EV_CLOSED | EV_ET | EV_PERSIST,
	};

	if (c->watch == watch)
		return;
	if (c->watch != WATCH_NONE)
		event_del(&c->readable);
	c->watch = watch;
	if (watch == WATCH_NONE)
		return;
	event_assign(&c->readable, c->http->base, c->wire.fd, flags[watch], client_happened, c);
	if (event_add(&c->readable, NULL) != 0)
		fatal("cannot watch a connection: %s", strerror(errno));
}

static void client_watch_writable(struct client *c, bool on)
{
	if (c->writing == on)
		return;
	c->writing = on;
	if ((on ? event_add(&c->writable, NULL) : event_del(&c->writable)) != 0)
		fatal("cannot watch a connection: %s", strerror(errno));
}

static bool client_wants_writable(const struct client *c)
{
	return c->stuck || c->wire.read_wants_write;
}

/* Of the requests behind the one at work no more is read, but the end is still to be seen. */
static bool client_is_ahead(const struct client *c)
{
	return c->in_len > READ_AHEAD && !c->unread && !c->ended && !c->leaving &&
	       !client_wants_writable(c);
}

static enum watch client_watch_wanted(const struct client *c)
{
	switch ((enum client_state)c->state) {
	case CLIENT_HEAD:
	case CLIENT_BODY:
	case CLIENT_LINGER:
		return c->ended ? WATCH_NONE : WATCH_READ;
	case CLIENT_CLAIM:
		return c->leaving ? WATCH_NONE : WATCH_CLOSE;
	case CLIENT_RUN:
		if (client_is_ahead(c))
			return WATCH_CLOSE;
		/* fall through */
	case CLIENT_FLUSH:
		return c->ended || c->in_len > READ_AHEAD ? WATCH_NONE : WATCH_READ;
	case CLIENT_DEAD:
		break;
	}
	return WATCH_NONE;
}

/* From now on a peer that vanishes would not be noticed by a time limit. */
static void client_settle(struct client *c)
{
	int on = 1;

	c->settled = true;
	setsockopt(c->wire.fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* What strangers leave unread, or do not let us read, has a bound over all of them; only a few
 * slow ones ever come near it. */
static void client_weigh(struct client *c)
{
	struct http *h = c->http;
	size_t kept = c->known ? 0 : c->in_cap + c->out.cap;

	h->kept += kept - c->kept;
	c->kept = kept;
	if (h->kept > STRANGERS_KEEP)
		listener_relieve(h);
}

void client_enter(struct client *c)
{
	c->busy++;
}

void client_leave(struct client *c)
{
	if (--c->busy)
		return;
	if (c->state == CLIENT_DEAD) {
		if (!c->req)
			client_free(c);
		return;
	}
	if (c->in_len == 0 && c->in) {
		free(c->in);
		c->in = NULL;
		c->in_cap = 0;
	}
	if (!c->settled &&
		(c->state == CLIENT_RUN || c->state == CLIENT_CLAIM || c->wait == WAIT_IDLE))
		client_settle(c);
	enum watch wanted = client_watch_wanted(c);
	bool writable = client_wants_writable(c);
	if (wanted == WATCH_CLOSE) /* the two triggers do not mix on one socket */
		client_watch_writable(c, false);
	client_watch(c, wanted);
	if (wanted != WATCH_CLOSE)
		client_watch_writable(c, writable);
	if (wanted == WATCH_READ && wire_pending(&c->wire))
		c->poked = true;
	if (c->poked)
		event_active(&c->writable, EV_WRITE, 0);
	client_weigh(c);
}

/* --- time limits ---------------------------------------------------------------------------- */

void client_wait(struct client *c, enum wait wait)
{
	struct http *h = c->http;

	if (c->wait != WAIT_NONE)
		TAILQ_REMOVE(&h->waits[c->wait].clients[c->queued_known], c, queue);
	c->wait = wait;
	c->stepped = 0;
	if (wait == WAIT_NONE)
		return;
	c->due = h->now + h->waits[wait].limit;
	c->queued_known = c->known;
	TAILQ_INSERT_TAIL(&h->waits[wait].clients[c->known], c, queue);
}

void client_progress(struct client *c, enum wait wait, size_t bytes)
{
	c->stepped += bytes;
	if (c->wait != wait || c->stepped >= STEP_BYTES)
		client_wait(c, wait);
}

int64_t client_waits_since(const struct client *c)
{
	return c->due - c->http->waits[c->wait].limit;
}

static void client_timeout(struct client *c, int status, const char *reason)
{
	struct req *r = c->req ? c->req : req_broken(c, NULL);

	c->unread = true;
	req_refuse(r, status, reason, 0);
}

void client_overdue(struct client *c)
{
	enum wait wait = c->wait;

	client_enter(c);
	client_wait(c, WAIT_NONE);
	if (wait == WAIT_WRITE)
		wire_abandon(&c->wire);
	if (wait == WAIT_GONE && c->state == CLIENT_RUN)
		req_client_gone(c->req); /* what cannot be taken back may still be answered */
	else if (wait == WAIT_HEAD && c->in_len > 0 && !c->unannounced)
		client_timeout(c, 408, "request head too slow");
	else if (wait == WAIT_CLAIM)
		client_timeout(c, 503, "busy");
	else if (wait == WAIT_BODY)
		client_timeout(c, 408, "request body too slow");
	else
		client_kill(c);
	client_leave(c);
}

/* --- the end -------------------------------------------------------------------------------- */

void client_kill(struct client *c)
{
	if (c->state == CLIENT_DEAD)
		return;
	client_enter(c);
	client_wait(c, WAIT_NONE);
	client_watch_writable(c, false);
	client_watch(c, WATCH_NONE);
	event_del(&c->writable); /* it may be active without being watched */
	wire_close(&c->wire);
	c->state = CLIENT_DEAD;
	out_free(&c->out);
	c->sent = c->in_len = 0;
	if (c->req)
		req_client_gone(c->req);
	client_leave(c);
}

void client_poke(struct client *c)
{
	client_enter(c);
	c->poked = true;
	client_leave(c);
}

bool client_idle(const struct client *c)
{
	return c->state == CLIENT_HEAD && c->in_len == 0;
}
