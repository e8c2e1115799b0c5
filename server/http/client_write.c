/* From replies to bytes. */
#include <string.h>

#include "client.h"
#include "request.h"

#define LOW_WATER 65536 /* a stream goes on when less than this is unsent */

size_t client_unsent(const struct client *c)
{
	return c->out.len - c->sent;
}

/* Another request, or the end. */
static void client_next(struct client *c)
{
	if (c->keep && !c->http->draining && !(c->ended && c->in_len == 0 && !c->taking)) {
		c->state = CLIENT_HEAD;
		client_wait(c, WAIT_IDLE);
		if (!c->taking)
			client_pump(c);
	} else if (!c->ended && (c->unread || (!c->quiet && wire_unread(&c->wire)))) {
		c->state = CLIENT_LINGER;
		c->in_len = 0;
		wire_finish(&c->wire);
		client_wait(c, WAIT_LINGER);
	} else {
		client_kill(c);
	}
}

static void out_keep(struct client *c, const struct iovec *v, int n, size_t skip)
{
	for (int i = 0; i < n; i++) {
		size_t done = skip < v[i].iov_len ? skip : v[i].iov_len;
		out_addn(&c->out, (const char *)v[i].iov_base + done, v[i].iov_len - done);
		skip -= done;
	}
}

/* A stream adds while the front goes out. */
static void out_shift(struct client *c)
{
	if (c->sent < LOW_WATER)
		return;
	memmove(c->out.bytes, c->out.bytes + c->sent, c->out.len - c->sent);
	c->out.len -= c->sent;
	c->sent = 0;
}

void client_send(struct client *c, const struct iovec *v, int n)
{
	ssize_t sent = 0;
	size_t size = 0;

	if (c->state == CLIENT_DEAD)
		return;
	for (int i = 0; i < n; i++)
		size += v[i].iov_len;
	client_enter(c);
	if (client_unsent(c) == 0)
		sent = wire_write(&c->wire, v, n);
	if (sent == WIRE_BROKEN) {
		client_kill(c);
	} else if (sent < 0 || (size_t)sent < size) {
		out_shift(c);
		out_keep(c, v, n, sent < 0 ? 0 : (size_t)sent);
		if (!c->stuck)
			client_wait(c, WAIT_WRITE);
		c->stuck = true;
	}
	client_leave(c);
}

static void client_drained(struct client *c)
{
	out_free(&c->out);
	c->sent = 0;
	if (c->wait == WAIT_WRITE)
		client_wait(c, c->state == CLIENT_BODY ? WAIT_BODY : WAIT_NONE);
	if (c->state == CLIENT_FLUSH)
		client_next(c);
	else if (c->state == CLIENT_RUN)
		client_no_more(c);
}

void client_flush(struct client *c)
{
	if (c->state == CLIENT_DEAD)
		return;
	if (client_unsent(c) > 0) {
		struct iovec v = { c->out.bytes + c->sent, client_unsent(c) };
		ssize_t sent = wire_write(&c->wire, &v, 1);
		if (sent == WIRE_BROKEN) {
			client_kill(c);
			return;
		}
		if (sent > 0) {
			c->sent += (size_t)sent;
			client_progress(c, WAIT_WRITE, (size_t)sent);
		}
		c->stuck = client_unsent(c) > 0;
		if (!c->stuck)
			client_drained(c);
	}
	if (c->state == CLIENT_RUN && client_unsent(c) < LOW_WATER)
		req_drained(c->req);
}

void client_ended(struct client *c, bool keep)
{
	client_enter(c);
	c->req = NULL;
	c->keep = keep && !c->unread;
	if (c->state != CLIENT_DEAD) {
		c->state = CLIENT_FLUSH;
		if (client_unsent(c) == 0)
			client_next(c);
	}
	client_leave(c);
}
