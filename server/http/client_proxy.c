/*
 * What a balancer says of a connection before its first byte.
 *
 * The header is looked at before it is taken, so that what follows, be it a TLS hello, stays in the
 * socket: of an incomplete header everything is taken, of a complete one exactly its bytes.
 */
#include <string.h>

#include "client.h"
#include "log.h"
#include "proxy_header.h"

#define COMPLAIN_MS 60000

static void announcement_refuse(struct client *c, const char *why)
{
	struct http *h = c->http;
	char address[INET6_ADDRSTRLEN];

	if (h->headers_complained == 0 || h->now - h->headers_complained > COMPLAIN_MS) {
		h->headers_complained = h->now;
		log_warn("proxy_header_refused", "address", address_text(&c->peer, address),
			"reason", why, NULL);
	}
	client_kill(c);
}

/* From now on all that is known of the connection is the client's. What a client behind a balancer
 * says of itself in X-Forwarded-* is worth as much as its own address. */
static void announcement_apply(struct client *c, const struct proxy_header *header)
{
	c->unannounced = false;
	c->in_len = 0;
	if (header->told)
		c->peer = header->client;
	c->trusted = header->told && proxies_trust(c->http->proxies, &c->peer);
}

/* The header is at the beginning of the scratch buffer: had bytes of it are taken, got are not. */
static bool announcement_take(struct client *c, size_t had, size_t got)
{
	char *bytes = c->http->scratch;
	struct proxy_header header;
	enum proxy_header_result result = proxy_header_parse(bytes, had + got, &header);
	size_t take = result == PROXY_HEADER_DONE ? header.len - had : got;

	if (result == PROXY_HEADER_BAD) {
		announcement_refuse(c, "no valid PROXY header");
		return false;
	}
	if (wire_skip(&c->wire, take) != (ssize_t)take) {
		client_kill(c);
		return false;
	}
	if (result == PROXY_HEADER_MORE)
		client_keep(c, bytes + had, got);
	else
		announcement_apply(c, &header);
	return result == PROXY_HEADER_DONE;
}

bool client_read_announcement(struct client *c)
{
	char *bytes = c->http->scratch;
	size_t had = c->in_len;

	if (!c->trusted) {
		announcement_refuse(c, "not in trusted_proxies");
		return false;
	}
	if (had)
		memcpy(bytes, c->in, had);
	ssize_t got = wire_peek(&c->wire, bytes + had, PROXY_HEADER_MAX - had);
	if (got == WIRE_AGAIN)
		return false;
	if (got <= 0) { /* also who only looks whether the port is open */
		client_kill(c);
		return false;
	}
	return announcement_take(c, had, (size_t)got);
}
