/* From bytes to requests. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client.h"
#include "fatal.h"
#include "log.h"
#include "request.h"

#define READ_STEP 16384 /* into a buffer of the connection's own */
#define LINGER_BYTES ((size_t)256 * 1024 * 1024)

static void client_refuse(struct client *c, struct req *r, int status, const char *reason)
{
	c->unread = true;
	client_wait(c, WAIT_NONE);
	req_refuse(r, status, reason, 0);
}

static int status_of(enum parse_result result)
{
	switch (result) {
	case PARSE_TOO_LONG:
		return 431;
	case PARSE_VERSION:
		return 505;
	case PARSE_CODING:
		return 501;
	default:
		return 400;
	}
}

/* --- bodies --------------------------------------------------------------------------------- */

/* In bytes; of a surface that says less, less. */
static size_t body_limit(const struct client *c, const struct req *r, bool judged)
{
	int64_t max = c->http->limits.max_body;
	int64_t own =
		r->surface->max_body && r->match.route ? r->surface->max_body(r, judged) : max;

	return (size_t)(own < max ? own : max);
}

static void body_complete(struct client *c)
{
	c->unread = false;
	c->state = CLIENT_RUN;
	client_wait(c, WAIT_NONE);
	req_body_came(c->req);
}

static void body_begin(struct client *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct req *r = c->req;

	c->state = CLIENT_BODY;
	client_wait(c, WAIT_BODY);
	bool says = r->expects_continue;
	r->expects_continue = false;
	if (says) /* the request may end with it */
		client_send(c, &(struct iovec){ (void *)go_on, sizeof(go_on) - 1 }, 1);
}

/* Runs inside somebody else's budget_give(): the reading goes on from the loop. */
static void body_granted(void *arg)
{
	struct client *c = arg;

	client_enter(c);
	body_begin(c);
	c->poked = true;
	client_leave(c);
}

/* Others have waited, and this one is the furthest behind. */
static void body_late(void *arg)
{
	struct client *c = arg;
	bool reads = c->state == CLIENT_BODY;

	client_enter(c);
	client_refuse(c, c->req, reads ? 408 : 503, reads ? "request body too slow" : "busy");
	client_leave(c);
}

static const struct budget_hooks body_hooks = { body_granted, body_late };

static enum payload_claimed body_claim(struct client *c)
{
	enum payload_claimed claimed =
		payload_claim(&c->req->body, req_owner(c->req), &body_hooks, c, c->http->now);

	if (claimed == PAYLOAD_WAITS) {
		c->state = CLIENT_CLAIM;
		client_wait(c, WAIT_CLAIM);
	}
	return claimed;
}

enum body_answer client_body(struct client *c)
{
	struct req *r = c->req;
	size_t max = body_limit(c, r, true);

	if (!payload_expected(&r->body))
		return BODY_NONE;
	if (r->body.length > (int64_t)max)
		return BODY_TOO_LONG;
	r->body.max = max;
	enum payload_claimed claimed = body_claim(c);
	if (claimed == PAYLOAD_REFUSED)
		return BODY_BUSY;
	if (claimed == PAYLOAD_GRANTED)
		body_begin(c);
	if (!c->taking)
		client_poke(c); /* some of it may be here */
	return BODY_COMES;
}

static void body_judge(struct client *c, enum payload_result result, size_t came)
{
	switch (result) {
	case PAYLOAD_MORE:
		client_progress(c, WAIT_BODY, came);
		break;
	case PAYLOAD_DONE:
		body_complete(c);
		break;
	case PAYLOAD_CLAIM:
		body_claim(c);
		break;
	case PAYLOAD_BAD:
		client_refuse(c, c->req, 400, "malformed chunk");
		break;
	case PAYLOAD_TOO_LONG:
		client_refuse(c, c->req, 413, "body too long");
		break;
	}
}

/* --- heads ---------------------------------------------------------------------------------- */

static void request_begin(struct client *c, const char *bytes, size_t n, bool all)
{
	const struct parse_head *h = &c->http->head;
	struct req *r = req_new(c, h, bytes, n);
	size_t max = body_limit(c, r, false);
	int status = 403;
	const char *why = r->surface->refuses ? r->surface->refuses(r, &status) : NULL;

	c->state = CLIENT_RUN;
	client_wait(c, WAIT_NONE);
	payload_init(&r->body, h, max, r->method & (GET | HEAD), r->surface->budget);
	c->unread = payload_expected(&r->body);
	if (why)
		client_refuse(c, r, status, why);
	else if (!r->method)
		client_refuse(c, r, 501, "method not implemented");
	else if (!r->match.route)
		req_refuse(r, r->match.allowed ? 405 : 404,
			r->match.allowed ? "method not allowed" : "not found", r->match.allowed);
	else if (h->content_length > (int64_t)max)
		client_refuse(c, r, 413, "body too long");
	else {
		r->expects_continue = c->unread && h->expects_continue && h->minor > 0 && all;
		req_start(r);
	}
}

/* False when nothing more can be done with these bytes now. */
static bool head_take(struct client *c, const char *bytes, size_t n, size_t *used)
{
	struct parse_head *h = &c->http->head;
	const char *reason;

	*used = 0;
	if (n == 0)
		return false;
	enum parse_result result = parse_request(bytes, n, &c->scanned, h, used, &reason);
	if (result == PARSE_MORE) {
		if (c->wait != WAIT_HEAD)
			client_wait(c, WAIT_HEAD);
		return false;
	}
	c->scanned = 0;
	if (result == PARSE_DONE)
		request_begin(c, bytes, *used, *used == n);
	else
		client_refuse(c, req_broken(c, h), status_of(result), reason);
	return true;
}

static bool body_some(struct client *c, const char *bytes, size_t n, size_t *used)
{
	*used = 0;
	if (n == 0)
		return false;
	body_judge(c, payload_take(&c->req->body, bytes, n, used), *used);
	return true;
}

/* How many of the bytes were taken. */
static size_t client_take(struct client *c, const char *bytes, size_t n)
{
	size_t at = 0;
	size_t used = 0;
	bool more = true;

	c->taking = true;
	while (more) {
		if (c->state == CLIENT_HEAD)
			more = head_take(c, bytes + at, n - at, &used);
		else if (c->state == CLIENT_BODY)
			more = body_some(c, bytes + at, n - at, &used);
		else
			break;
		at += used;
	}
	c->taking = false;
	return c->state == CLIENT_DEAD || c->state == CLIENT_LINGER ? n : at;
}

void client_no_more(struct client *c)
{
	bool reads =
		c->state == CLIENT_HEAD || c->state == CLIENT_BODY || c->state == CLIENT_LINGER;

	if (c->state == CLIENT_RUN && (c->ended || c->leaving) && c->wait == WAIT_NONE)
		client_wait(c, WAIT_GONE);
	else if (c->ended && reads)
		client_kill(c);
}

void client_pump(struct client *c)
{
	size_t used = c->in_len ? client_take(c, c->in, c->in_len) : 0;

	if (c->state == CLIENT_DEAD)
		return;
	size_t left = c->in_len > used ? c->in_len - used : 0; /* lingering has dropped all */
	if (left && used)
		memmove(c->in, c->in + used, left);
	c->in_len = left;
	client_no_more(c);
}

/* --- the socket ----------------------------------------------------------------------------- */

static void in_reserve(struct client *c, size_t n)
{
	if (c->in_cap - c->in_len >= n)
		return;
	c->in_cap = c->in_len + n;
	c->in = xrealloc(c->in, c->in_cap);
}

void client_keep(struct client *c, const char *bytes, size_t n)
{
	in_reserve(c, n);
	memcpy(c->in + c->in_len, bytes, n);
	c->in_len += n;
}

static void client_got(struct client *c, ssize_t got)
{
	if (got == WIRE_BROKEN) {
		client_kill(c);
	} else if (got == WIRE_END) {
		c->ended = true;
		client_no_more(c);
	}
}

/* Nothing of ours waits: parse in the shared buffer, keep what is left. */
static void client_read_shared(struct client *c)
{
	char *bytes = c->http->scratch;
	ssize_t got = wire_read(&c->wire, bytes, SCRATCH_SIZE);

	c->quiet = got < SCRATCH_SIZE;
	if (got <= 0) {
		client_got(c, got);
		return;
	}
	size_t used = client_take(c, bytes, (size_t)got);
	size_t left = (size_t)got - used;
	if (left)
		client_keep(c, bytes + used, left);
}

static void client_read_own(struct client *c)
{
	in_reserve(c, READ_STEP);
	ssize_t got = wire_read(&c->wire, c->in + c->in_len, READ_STEP);

	c->quiet = got < READ_STEP;
	if (got <= 0) {
		client_got(c, got);
		return;
	}
	c->in_len += (size_t)got;
	client_pump(c);
}

static void client_read_body(struct client *c, char *to, size_t room)
{
	if (room == 0) { /* it fell behind, and holds no more than what came */
		body_judge(c, PAYLOAD_CLAIM, 0);
		return;
	}
	ssize_t got = wire_read(&c->wire, to, room);

	c->quiet = got < (ssize_t)room;
	if (got <= 0)
		client_got(c, got);
	else
		body_judge(c, payload_took(&c->req->body, (size_t)got), (size_t)got);
}

static void client_read_drop(struct client *c)
{
	ssize_t got = wire_discard(&c->wire, c->http->scratch, SCRATCH_SIZE);

	if (got > 0)
		c->lingered += (size_t)got;
	if (got == WIRE_END || got == WIRE_BROKEN || c->lingered > LINGER_BYTES)
		client_kill(c);
}

static void client_check(struct client *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(c->wire.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error)
		client_kill(c);
}

void client_read(struct client *c)
{
	size_t room;
	char *to;

	if (c->state == CLIENT_DEAD || c->ended)
		return;
	if (c->unannounced && !client_read_announcement(c))
		return;
	if (c->state == CLIENT_LINGER)
		client_read_drop(c);
	else if (c->state == CLIENT_CLAIM || c->watch == WATCH_CLOSE)
		client_check(c);
	else if (c->in_len > 0)
		client_read_own(c);
	else if (c->state == CLIENT_BODY && (to = payload_room(&c->req->body, &room)))
		client_read_body(c, to, room);
	else
		client_read_shared(c);
}
