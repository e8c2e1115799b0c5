/* The body of one request as it comes in: bounded, grown as bytes arrive, claimed from a budget. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "budget.h"
#include "parse.h"

enum payload_result {
	PAYLOAD_MORE,
	PAYLOAD_DONE,
	PAYLOAD_BAD,
	PAYLOAD_TOO_LONG,
	PAYLOAD_CLAIM, /* what was claimed is full: payload_claim() again */
};

struct payload {
	char *bytes; /* malloc'd, NUL-terminated once done; NULL when empty */
	size_t len, cap;
	size_t max;
	int64_t length; /* Content-Length, -1: chunked */
	struct parse_chunks chunks;
	bool chunked;
	bool dropped; /* read past, not kept: a GET's */
	uint64_t seen; /* bytes taken, framing included */
	struct budget *budget; /* NULL: no claims */
	struct budget_claim *claim;
};

void payload_init(
	struct payload *, const struct parse_head *, size_t max, bool dropped, struct budget *);

/* Memory and claim go back. */
void payload_free(struct payload *);

bool payload_expected(const struct payload *); /* anything to read at all */

enum payload_claimed {
	PAYLOAD_GRANTED,
	PAYLOAD_WAITS, /* hooks->granted(arg) will be called */
	PAYLOAD_REFUSED, /* its owner has as many bodies as it may */
};

/* Claims what comes next; later again for PAYLOAD_CLAIM. now is clock_ticks(). */
enum payload_claimed payload_claim(
	struct payload *, struct owner, const struct budget_hooks *, void *arg, int64_t now);

enum payload_result payload_take(struct payload *, const char *bytes, size_t n, size_t *used);

/* Where the socket may write to directly, and how much (0: PAYLOAD_CLAIM); NULL: use
 * payload_take(). payload_took() says how much came. */
char *payload_room(struct payload *, size_t *n);
enum payload_result payload_took(struct payload *, size_t n);

#endif
