/* What the files of this directory share about the server as a whole; nobody else includes it. */
#ifndef INSIDE_H
#define INSIDE_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "http.h"
#include "out.h"
#include "outage.h"
#include "parse.h"
#include "proxy.h"
#include "tls.h"

#define SCRATCH_SIZE 65536

struct client;
struct listener;

/* What a connection waits for, each with a time limit of its own (docs/limits.md has the table). A
 * connection is in one queue at most; a queue is in order of time because its limit is the same for
 * all. */
enum wait {
	WAIT_NONE,
	WAIT_HEAD,
	WAIT_CLAIM,
	WAIT_BODY,
	WAIT_IDLE,
	WAIT_WRITE,
	WAIT_LINGER,
	WAIT_GONE, /* the peer has sent FIN: half-closed, or gone */
	WAITS,
};

struct wait_queue {
	TAILQ_HEAD(, client) clients[2]; /* strangers, known */
	int64_t limit; /* ms */
};

struct http {
	struct event_base *base;
	struct http_limits limits;
	struct proxies *proxies;
	bool proxied; /* some proxy is trusted */

	TAILQ_HEAD(, listener) listeners;
	TAILQ_HEAD(, client) clients;
	struct wait_queue waits[WAITS];
	int nclients;
	int ndevices; /* of these, on listeners of terminals */
	int strangers_at_work; /* requests of nobody known yet that wait for something */
	size_t kept; /* bytes of strangers' connections: unread input, unsent output */
	uint64_t places_ended; /* connections that made room */
	uint64_t strangers_refused; /* requests, because of strangers_at_work */
	uint64_t nrequests;
	int64_t now; /* clock_ticks() when the loop last woke for us */
	struct outage away; /* the database, as statements of requests find it */
	int64_t complained; /* when the lack of places was last logged */
	int64_t headers_complained; /* likewise a connection without its PROXY header */
	struct event tick;
	bool ticking;

	bool draining;
	void (*drained)(void *arg);
	void *drained_arg;
	struct event drain;

	/* Used between two returns to the loop only. */
	struct parse_head head;
	struct out reply;
	char scratch[SCRATCH_SIZE];
};

/* Makes sure that time limits are looked at. */
void http_tick(struct http *);

/* A connection has ended: a listener that was full goes on, a drain may be complete. */
void http_client_ended(struct http *, bool device);

#endif
