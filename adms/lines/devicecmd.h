/*
 * What terminals say about the commands they were given (POST /iclock/devicecmd): pure, bounded,
 * no allocation. Fuzzed. All spans point into the body.
 *
 * Three forms occur: one line a result, "ID=1&Return=0&CMD=DATA"; such a line followed by lines of
 * data that belong to it (INFO); one key a line, where Content= takes the rest, which may be
 * binary. Keys in any case, lines ended by LF, CRLF or nothing.
 */
#ifndef DEVICECMD_H
#define DEVICECMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

struct devicecmd {
	const char *at, *end;
};

struct devicecmd_result {
	struct span id; /* as sent; absent when only the URL has it */
	bool has_return;
	int64_t code; /* Return */
	struct span cmd; /* only the verb, not to be relied on */
	struct span sn; /* absent on most */
	struct span content; /* lines after the result, or Content=; absent if none */
	struct span head; /* the line or lines that the keys stand in */
};

struct devicecmd devicecmd_start(const void *body, size_t n);

/* False at the end. Whatever the body holds, this ends after at most n calls. */
bool devicecmd_next(struct devicecmd *, struct devicecmd_result *);

/* ID, Return, CMD and SN of a query string ("SN=1&ID=5&Return=0"); values are not decoded. False
 * when it has neither ID nor Return. */
bool devicecmd_query(struct span query, struct devicecmd_result *);

/* A further key of the head (AttlogSum of VERIFY SUM, FILENAME of GetFile); absent if not there. */
struct span devicecmd_field(const struct devicecmd_result *, const char *key);

#endif
