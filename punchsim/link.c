/*
 * The only file that touches sockets of the protocol. Made to be cheap: in the usual case one
 * exchange is one send() and one recv(), into a buffer that all links share.
 */
#include "link.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
#define SOURCES 64
#define IN_MAX ((64u << 20) + 16384)

struct net {
	struct event_base *base;
	struct event *sweep;
	struct sockaddr_storage addr;
	socklen_t addr_len;
	char *host;
	int64_t timeout_us;
	unsigned sources, next_source;
	TAILQ_HEAD(links, link) links;
	char scratch[65536];
};

enum state { IDLE, SENDING, WAITING, FAILING };

struct link {
	struct net *net;
	TAILQ_ENTRY(link) peers;
	link_done *done;
	void *arg;
	int fd;
	bool keep, moved;
	unsigned source;
	enum state state;
	struct event rd, wr;
	struct buf out; /* what the kernel has not taken yet */
	size_t out_done;
	struct buf in; /* an answer that came in pieces */
	int64_t sent_at, got_at, deadline;
	const char *error;
};

static void link_fail(struct link *l, const char *why);

/* A timer per link would cost more than this walk once a second. */
static void net_swept(evutil_socket_t fd, short what, void *arg)
{
	struct net *n = arg;
	int64_t now = now_us();
	struct link *l;

	for (l = TAILQ_FIRST(&n->links); l; l = TAILQ_NEXT(l, peers))
		if ((l->state == SENDING || l->state == WAITING) && now > l->deadline)
			link_fail(l, "no answer in time");
}

static void net_resolve(struct net *n, const char *server)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *res = NULL;
	char host[256];
	const char *colon;

	if (strncmp(server, "http://", 7) == 0)
		server += 7;
	colon = strrchr(server, ':');
	if (!colon || colon == server || (size_t)(colon - server) >= sizeof(host) || !colon[1] ||
		colon[1 + strspn(colon + 1, "0123456789")])
		die(2, "--server wants HOST:PORT, not '%s'", server);
	memcpy(host, server, (size_t)(colon - server));
	host[colon - server] = '\0';
	char *name = host;
	if (*name == '[' && name[strlen(name) - 1] == ']') {
		name[strlen(name) - 1] = '\0';
		name++;
	}
	int rc = getaddrinfo(name, colon + 1, &hints, &res);
	if (rc)
		die(1, "cannot resolve '%s': %s; check --server", name, gai_strerror(rc));
	memcpy(&n->addr, res->ai_addr, res->ai_addrlen);
	n->addr_len = res->ai_addrlen;
	n->host = xstrndup(server, strlen(server));
	freeaddrinfo(res);
}

struct net *net_new(struct event_base *base, const char *server, double timeout_seconds)
{
	struct net *n = xalloc(sizeof(*n));
	struct timeval second = { 1, 0 };

	n->base = base;
	n->timeout_us = (int64_t)(timeout_seconds * 1e6);
	TAILQ_INIT(&n->links);
	net_resolve(n, server);
	n->sweep = event_new(base, -1, EV_PERSIST, net_swept, n);
	event_add(n->sweep, &second);
	return n;
}

void net_free(struct net *n)
{
	event_free(n->sweep);
	free(n->host);
	free(n);
}

const char *net_host(const struct net *n)
{
	return n->host;
}

static bool net_is_loopback(const struct net *n);

void net_spread_sources(struct net *n)
{
	if (net_is_loopback(n))
		n->sources = SOURCES;
}

struct link *link_new(struct net *n, bool keep_alive, link_done *done, void *arg)
{
	struct link *l = xalloc(sizeof(*l));

	*l = (struct link){ .net = n, .keep = keep_alive, .done = done, .arg = arg, .fd = -1 };
	l->source = n->next_source++;
	TAILQ_INSERT_TAIL(&n->links, l, peers);
	return l;
}

static void link_close(struct link *l)
{
	if (l->fd < 0)
		return;
	event_del(&l->rd);
	event_del(&l->wr);
	close(l->fd);
	l->fd = -1;
}

void link_free(struct link *l)
{
	link_close(l);
	if (l->state == FAILING)
		event_del(&l->wr);
	TAILQ_REMOVE(&l->net->links, l, peers);
	buf_free(&l->out);
	buf_free(&l->in);
	free(l);
}

static void link_failed(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	l->state = IDLE;
	l->done(l->arg, NULL);
}

/* The failure is told from the loop, so that no caller is called back while it is busy. */
static void link_fail(struct link *l, const char *why)
{
	link_close(l);
	buf_clear(&l->in);
	l->error = why;
	l->state = FAILING;
	event_assign(&l->wr, l->net->base, -1, 0, link_failed, l);
	event_active(&l->wr, EV_TIMEOUT, 1);
}

static void link_answered(struct link *l, const struct reply *r)
{
	l->got_at = now_us();
	if (r->close || !l->keep)
		link_close(l);
	l->state = IDLE;
	l->done(l->arg, r);
}

/* data is the shared scratch or l->in; both stay as they are until done has returned. */
static void link_consume(struct link *l, const char *data, size_t len, bool eof)
{
	struct reply r;
	size_t used = 0;

	switch (reply_parse(data, len, eof, &r, &used)) {
	case REPLY_DONE:
		if (used != len) {
			link_fail(l, "bytes after the answer");
			return;
		}
		if (l->state != WAITING) /* it answers before it has read all: it will cut */
			r.close = true;
		link_answered(l, &r);
		buf_clear(&l->in);
		return;
	case REPLY_BAD:
		link_fail(l, len ? "unreadable answer" : "connection cut");
		return;
	case REPLY_MORE:
		if (data != l->in.data)
			buf_add(&l->in, data, len);
		if (l->in.len > IN_MAX)
			link_fail(l, "answer too long");
		return;
	}
}

static void link_readable(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	ssize_t got = recv(fd, l->net->scratch, sizeof(l->net->scratch), 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (l->state == IDLE) { /* the server ended a connection that we kept */
		link_close(l);
	} else if (got < 0) {
		link_fail(l, errno == ECONNREFUSED ? "connection refused" : "connection cut");
	} else if (l->in.len == 0) {
		link_consume(l, l->net->scratch, (size_t)got, got == 0);
	} else {
		buf_add(&l->in, l->net->scratch, (size_t)got);
		link_consume(l, l->in.data, l->in.len, got == 0);
	}
}

/* Sends what is left; true when nothing is. */
static bool link_push(struct link *l, const char **p, size_t *n)
{
	while (*n) {
		ssize_t put = send(l->fd, *p, *n, MSG_NOSIGNAL);
		if (put < 0)
			return false;
		*p += put;
		*n -= (size_t)put;
	}
	l->sent_at = now_us();
	l->state = WAITING;
	return true;
}

static const char *error_name(int err)
{
	return err == ECONNREFUSED ? "connection refused" : "connection cut";
}

static bool error_transient(int err)
{
	return err == EAGAIN || err == EINTR || err == EINPROGRESS || err == ENOTCONN;
}

static void link_writable(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	int err = 0;
	socklen_t len = sizeof(err);
	const char *p = l->out.data + l->out_done;
	size_t n = l->out.len - l->out_done;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && err) {
		link_fail(l, error_name(err));
		return;
	}
	if (link_push(l, &p, &n))
		return;
	if (!error_transient(errno)) {
		/* it may have answered before it cut us off; reading will tell */
		if (errno != EPIPE && errno != ECONNRESET)
			link_fail(l, error_name(errno));
		return;
	}
	l->out_done = l->out.len - n;
	event_add(&l->wr, NULL);
}

static bool net_is_loopback(const struct net *n)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&n->addr;
	return n->addr.ss_family == AF_INET && ntohl(in->sin_addr.s_addr) >> 24 == 127;
}

void link_move(struct link *l)
{
	l->moved = net_is_loopback(l->net);
}

static void link_bind(struct link *l)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int on = 1;

	if (!l->net->sources && !l->moved)
		return;
	unsigned host = l->moved ? 0x100 + l->source % SOURCES : l->source % l->net->sources;
	from.sin_addr.s_addr = htonl(0x7f000101u + host);
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(l->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(l->fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		l->net->sources = 0; /* not a Linux loopback: one address has to do */
}

static const char *link_connect(struct link *l)
{
	int on = 1;

	for (unsigned try = 0; try <= l->net->sources; try++) {
		l->fd = socket(
			l->net->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (l->fd < 0)
			return "no socket left: raise the limit of open files";
		setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		link_bind(l);
		if (connect(l->fd, (struct sockaddr *)&l->net->addr, l->net->addr_len) == 0 ||
			errno == EINPROGRESS)
			return NULL;
		close(l->fd);
		l->fd = -1;
		if (errno != EADDRNOTAVAIL)
			return error_name(errno);
		l->source++;
	}
	return "no free port: use --keepalive or fewer requests";
}

static bool link_open(struct link *l)
{
	const char *why = link_connect(l);
	if (why) {
		link_fail(l, why);
		return false;
	}
	event_assign(&l->rd, l->net->base, l->fd, EV_READ | EV_PERSIST, link_readable, l);
	event_assign(&l->wr, l->net->base, l->fd, EV_WRITE, link_writable, l);
	event_add(&l->rd, NULL);
	return true;
}

void link_send(struct link *l, const char *bytes, size_t len)
{
	l->state = SENDING;
	l->error = "connection cut";
	l->deadline = now_us() + l->net->timeout_us;
	if (l->fd < 0 && !link_open(l))
		return;
	/* over loopback the connection stands by now, so this spares a turn of the loop */
	if (link_push(l, &bytes, &len))
		return;
	if (!error_transient(errno)) {
		link_fail(l, error_name(errno));
		return;
	}
	buf_clear(&l->out);
	buf_add(&l->out, bytes, len);
	l->out_done = 0;
	event_add(&l->wr, NULL);
}

bool link_busy(const struct link *l)
{
	return l->state != IDLE;
}

void link_cut(struct link *l)
{
	if (l->state == SENDING || l->state == WAITING)
		link_fail(l, "connection cut");
	else
		link_close(l);
}

const char *link_error(const struct link *l)
{
	return l->error ? l->error : "";
}

int64_t link_latency_us(const struct link *l)
{
	return l->got_at - l->sent_at;
}
