/* Addresses, and which of them are proxies whose X-Forwarded-* headers are believed. */
#ifndef PROXY_H
#define PROXY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* IPv4 as ::ffff:a.b.c.d, so that both kinds compare alike. */
struct address {
	unsigned char bytes[16];
};

struct address address_of(const struct sockaddr *);

/* "1.2.3.4", "1.2.3.4:80", "::1", "[::1]", "[::1]:80"; false on anything else. */
bool address_parse(const char *text, size_t len, struct address *);

/* The short form, without port or brackets. */
const char *address_text(const struct address *, char out[static INET6_ADDRSTRLEN]);

struct proxies;

/* A comma list of addresses and CIDRs; empty or NULL: nobody is trusted. NULL: *error says why. */
struct proxies *proxies_new(const char *list, const char **error);
void proxies_free(struct proxies *);
bool proxies_trust(const struct proxies *, const struct address *);

/*
 * Walks one X-Forwarded-For value from its right end: *client becomes the nearest address that is
 * not a trusted proxy. True when it was found (or the value makes no sense there), false when all
 * are proxies and an earlier header may say more.
 */
bool proxies_client(const struct proxies *, const char *forwarded, struct address *client);

#endif
