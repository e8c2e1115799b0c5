/*
 * A whole connection: bytes through a socket pair, cut where the input says, against handlers
 * that echo, wait and stream. The first byte says how the rest is cut.
 */
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "log.h"
#include "request.h"

static struct event_base *base;
static struct http *http;
static struct req *waiting;

static void echo(struct req *r, const struct rows *rows)
{
	size_t n;
	const char *body = req_body(r, &n);

	if (strlen(body) > n)
		abort();
	req_param(r, "SN");
	req_host(r);
	req_peer(r);
	req_reply(r, 200, "text/plain", body, n);
}

static bool wait_cancelled(void *arg)
{
	waiting = NULL;
	return true;
}

static void wait(struct req *r, const struct rows *rows)
{
	if (waiting) {
		req_text(r, 503, "one at a time");
		return;
	}
	waiting = r;
	req_wait(r, echo, wait_cancelled, NULL);
}

static void stream_more(struct req *r, const struct rows *rows)
{
	int *left = req_data(r);

	out_add(req_stream_out(r), "0123456789");
	if (--*left)
		req_stream_flush(r);
	else
		req_stream_end(r);
}

static void stream(struct req *r, const struct rows *rows)
{
	int *left = arena_alloc(req_arena(r), sizeof(*left));

	*left = 3;
	req_set_data(r, left);
	req_stream(r, 200, "text/csv", stream_more);
}

static const struct route routes[] = {
	{ GET | POST, "/e/", echo },
	{ GET | POST, "/w/", wait },
	{ GET | POST, "/s/", stream },
	{ 0 },
};

static void surface_match(const struct surface *s, enum method method, const char *path, size_t len,
	struct route_match *m)
{
	route_find(routes, method, path, len, m);
}

static void surface_refused(struct req *r, int status, const char *reason, int allowed)
{
	req_text(r, status, "%s", reason);
}

static bool device_claims(const struct surface *s, const char *path, size_t len)
{
	return len > 1 && path[1] == 'e';
}

static struct listener *fuzz_listener(void)
{
	static const struct surface rest = {
		.name = "rest", .match = surface_match, .refused = surface_refused
	};
	static struct surface devices = { .name = "devices",
		.match = surface_match,
		.refused = surface_refused,
		.claims = device_claims,
		.keep_alive_by_name = true,
		.params_nocase = true };
	static const struct surface *const both[] = { &devices, &rest, NULL };
	static struct listener l;
	static const struct http_limits limits = { .max_body = 5000,
		.max_connections = 10,
		.header_seconds = 100,
		.claim_seconds = 100,
		.body_seconds = 100,
		.idle_seconds = 100,
		.write_seconds = 100 };
	const char *error;

	if (http)
		return &l;
	log_setup(LOG_ERROR, false);
	base = event_base_new();
	http = http_new(base, &limits, "127.0.0.1", &error);
	devices.budget = budget_new(3000);
	l.surfaces = both;
	l.http = http;
	l.fd = -1;
	return &l;
}

static void loop(int fd)
{
	char drop[4096];

	event_base_loop(base, EVLOOP_NONBLOCK);
	while (recv(fd, drop, sizeof(drop), MSG_DONTWAIT) > 0)
		event_base_loop(base, EVLOOP_NONBLOCK);
	if (waiting) {
		struct req *r = waiting;
		waiting = NULL;
		req_wake(r, NULL);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct listener *l = fuzz_listener();
	struct sockaddr peer = { .sa_family = AF_UNIX };
	int fds[2];

	if (n < 2 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		return 0;
	size_t step = data[0] & 0x7f ? data[0] & 0x7f : n;
	bool half = data[0] & 0x80;
	client_begin(client_open(l, fds[1], &peer));
	for (size_t at = 1; at < n; at += step) {
		if (send(fds[0], data + at, n - at < step ? n - at : step, MSG_NOSIGNAL) < 0)
			break;
		loop(fds[0]);
	}
	if (half) {
		shutdown(fds[0], SHUT_WR);
		loop(fds[0]);
	}
	close(fds[0]);
	for (int i = 0; i < 20 && http_connections(http) > 0; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	if (http_connections(http) > 0 || waiting)
		abort(); /* the end of the peer was not noticed */
	return 0;
}
