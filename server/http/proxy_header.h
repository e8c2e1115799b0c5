/*
 * The PROXY protocol, versions 1 and 2: what a balancer that passes connections on as they are says
 * before the client's first byte, so that the client's address is not lost. Pure; fuzzed.
 *
 * As HAProxy's proxy-protocol.txt has it; what it calls unassigned is refused, additional values
 * (TLVs) are passed over.
 */
#ifndef PROXY_HEADER_H
#define PROXY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "proxy.h"

enum {
	PROXY_HEADER_LINE = 107, /* bytes of version 1, with its line end */
	PROXY_HEADER_FIXED = 16, /* of version 2, before what it announces */
	PROXY_HEADER_MAX = PROXY_HEADER_FIXED + 4096
};

enum proxy_header_result {
	PROXY_HEADER_MORE, /* all n bytes belong to a header that is not complete */
	PROXY_HEADER_DONE,
	PROXY_HEADER_BAD /* no header, or one that is not valid */
};

struct proxy_header {
	size_t len; /* bytes of it; what follows is the client's */
	bool told; /* client is an address; else the balancer speaks for itself, or says none */
	struct address client;
};

enum proxy_header_result proxy_header_parse(const char *bytes, size_t n, struct proxy_header *);

#endif
