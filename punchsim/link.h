#pragma once
#include "reply.h"

#include <event2/event.h>

/*
 * One HTTP exchange at a time over one TCP connection, which is opened when needed and kept when
 * keep-alive is wanted and granted. net is what all links of the program share.
 */
struct net;
struct link;

/* r == NULL: no usable answer (refused, cut, silent too long); link_error() says which. */
typedef void link_done(void *arg, const struct reply *r);

/* server = HOST:PORT; dies when it cannot be resolved. Owned by the caller. */
struct net *net_new(struct event_base *base, const char *server, double timeout_seconds);
void net_free(struct net *n); /* after all its links */
const char *net_host(const struct net *n); /* for the Host header */

/* Takes source addresses 127.0.1.1.. in turn, when the server is on the loopback: many ports. */
void net_spread_sources(struct net *n);

struct link *link_new(struct net *n, bool keep_alive, link_done *done, void *arg);
void link_move(struct link *l); /* to an address of its own, when the server is on the loopback */
void link_free(struct link *l); /* not from inside done */

/*
 * Sends one whole request. The bytes are not needed after it returns. done is called exactly once,
 * never before link_send() returns, and may call link_send() again. The reply's slices are valid
 * only during that call.
 */
void link_send(struct link *l, const char *bytes, size_t len);

bool link_busy(const struct link *l);
void link_cut(struct link *l); /* close now; a running exchange fails */
const char *link_error(const struct link *l);
int64_t link_latency_us(const struct link *l); /* last byte sent to last byte received */
