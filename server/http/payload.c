/* Bodies by length, by chunks, or dropped. */
#include "payload.h"

#include <stdlib.h>
#include <string.h>

#include "fatal.h"

#define PAYLOAD_FIRST 16384 /* a length is only believed as far as bytes come */
#define CHUNKED_STEP (1024 * 1024) /* claimed at a time when the length is not known */

struct claim {
	struct budget_claim *claim;
	struct claim *next;
};

void payload_init(struct payload *b, const struct parse_head *h, size_t max, bool dropped,
	struct budget *budget)
{
	*b = (struct payload){
		.max = max,
		.length = h->chunked		  ? -1
			  : h->content_length < 0 ? 0
						  : h->content_length,
		.chunked = h->chunked,
		.dropped = dropped,
		.budget = dropped ? NULL : budget,
	};
}

void payload_free(struct payload *b)
{
	struct claim *claims = b->claims;

	free(b->bytes);
	*b = (struct payload){ 0 };
	while (claims) {
		struct claim *next = claims->next;
		budget_give(claims->claim);
		free(claims);
		claims = next;
	}
}

bool payload_expected(const struct payload *b)
{
	return b->chunked || b->length > 0;
}

bool payload_claim(struct payload *b, void (*granted)(void *), void *arg)
{
	if (!b->budget || !payload_expected(b))
		return true;
	size_t step = b->max < CHUNKED_STEP ? b->max : CHUNKED_STEP;
	size_t size = b->chunked ? step : (size_t)b->length;
	struct claim *c = xcalloc(1, sizeof(*c));
	bool ready = false;

	c->next = b->claims;
	b->claims = c;
	b->claimed += size;
	c->claim = budget_take(b->budget, size, granted, arg, &ready);
	return ready;
}

static void payload_grow(struct payload *b, size_t more)
{
	size_t cap = b->cap ? b->cap : b->chunked ? 1024 : PAYLOAD_FIRST;

	if (b->cap - b->len > more)
		return;
	while (cap - b->len <= more)
		cap *= 2;
	if (!b->chunked && cap > (size_t)b->length + 1)
		cap = (size_t)b->length + 1;
	b->bytes = xrealloc(b->bytes, cap);
	b->cap = cap;
}

static void payload_put(void *arg, const char *bytes, size_t n)
{
	struct payload *b = arg;

	if (b->dropped || b->len + n > b->max) {
		b->len += n;
		return;
	}
	payload_grow(b, n);
	memcpy(b->bytes + b->len, bytes, n);
	b->len += n;
}

static enum payload_result payload_end(struct payload *b)
{
	if (b->dropped)
		b->len = 0;
	if (b->bytes)
		b->bytes[b->len] = '\0';
	return PAYLOAD_DONE;
}

static enum payload_result chunked_take(
	struct payload *b, const char *bytes, size_t n, size_t *used)
{
	size_t offered = n;

	if (b->budget && b->claimed - b->len < offered)
		offered = b->claimed - b->len;
	if (offered == 0 && n > 0) {
		*used = 0;
		return PAYLOAD_CLAIM;
	}
	int result = parse_chunk(&b->chunks, bytes, offered, used, payload_put, b);
	b->seen += *used;
	if (result < 0)
		return PAYLOAD_BAD;
	/* Framing of one-byte chunks is five times the payload: bounded as well. */
	if (b->len > b->max || b->seen > 16 * (uint64_t)b->max + 65536)
		return PAYLOAD_TOO_LONG;
	if (result > 0)
		return payload_end(b);
	return *used < n ? PAYLOAD_CLAIM : PAYLOAD_MORE;
}

enum payload_result payload_take(struct payload *b, const char *bytes, size_t n, size_t *used)
{
	if (b->chunked)
		return chunked_take(b, bytes, n, used);
	size_t left = (size_t)b->length - b->len;
	*used = n < left ? n : left;
	payload_put(b, bytes, *used);
	b->seen += *used;
	return *used == left ? payload_end(b) : PAYLOAD_MORE;
}

char *payload_room(struct payload *b, size_t *n)
{
	if (b->chunked || b->dropped)
		return NULL;
	size_t left = (size_t)b->length - b->len;
	if (b->cap - b->len <= 1)
		payload_grow(b, 1);
	*n = b->cap - b->len - 1;
	if (*n > left)
		*n = left;
	return b->bytes + b->len;
}

enum payload_result payload_took(struct payload *b, size_t n)
{
	b->len += n;
	b->seen += n;
	return b->len == (size_t)b->length ? payload_end(b) : PAYLOAD_MORE;
}
