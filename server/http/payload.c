/* Bodies by length, by chunks, or dropped. */
#include "payload.h"

#include <stdlib.h>
#include <string.h>

#include "fatal.h"

#define PAYLOAD_FIRST 16384 /* a length is only believed as far as bytes come */
#define CHUNKED_STEP (1024 * 1024) /* claimed at a time when the length is not known */

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
	struct budget_claim *claim = b->claim;

	free(b->bytes);
	*b = (struct payload){ 0 };
	budget_give(claim);
}

bool payload_expected(const struct payload *b)
{
	return b->chunked || b->length > 0;
}

enum payload_claimed payload_claim(struct payload *b, struct owner owner,
	const struct budget_hooks *hooks, void *arg, int64_t now)
{
	size_t step = b->max < CHUNKED_STEP ? b->max : CHUNKED_STEP;
	bool ready = false;

	if (!b->budget || !payload_expected(b))
		return PAYLOAD_GRANTED;
	if (b->claim) {
		ready = budget_more(b->claim, step, now);
	} else {
		b->claim = budget_take(b->budget, owner, b->chunked ? step : (size_t)b->length,
			hooks, arg, now, &ready);
		if (!b->claim)
			return PAYLOAD_REFUSED;
	}
	return ready ? PAYLOAD_GRANTED : PAYLOAD_WAITS;
}

/* Bytes that may come before the next claim. */
static size_t payload_allowed(const struct payload *b)
{
	return b->claim ? budget_held(b->claim) - b->len : SIZE_MAX;
}

static void payload_count(struct payload *b)
{
	if (b->claim)
		budget_came(b->claim, b->len);
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
	if (b->claim)
		budget_whole(b->claim);
	return PAYLOAD_DONE;
}

static enum payload_result chunked_take(
	struct payload *b, const char *bytes, size_t n, size_t *used)
{
	size_t offered = n < payload_allowed(b) ? n : payload_allowed(b);

	if (offered == 0 && n > 0) {
		*used = 0;
		return PAYLOAD_CLAIM;
	}
	int result = parse_chunk(&b->chunks, bytes, offered, used, payload_put, b);
	b->seen += *used;
	payload_count(b);
	if (result < 0)
		return PAYLOAD_BAD;
	/* Framing of one-byte chunks is five times the payload: bounded as well. */
	if (b->len > b->max || b->seen > 16 * (uint64_t)b->max + 65536)
		return PAYLOAD_TOO_LONG;
	if (result > 0)
		return payload_end(b);
	return *used < n ? PAYLOAD_CLAIM : PAYLOAD_MORE;
}

/* Of a body whose length is known: how much of n may be taken now. */
static size_t payload_next(const struct payload *b, size_t n)
{
	size_t left = (size_t)b->length - b->len, allowed = payload_allowed(b);

	if (n > left)
		n = left;
	return n < allowed ? n : allowed;
}

static enum payload_result payload_so_far(struct payload *b)
{
	payload_count(b);
	if (b->len == (size_t)b->length)
		return payload_end(b);
	return payload_allowed(b) ? PAYLOAD_MORE : PAYLOAD_CLAIM;
}

enum payload_result payload_take(struct payload *b, const char *bytes, size_t n, size_t *used)
{
	if (b->chunked)
		return chunked_take(b, bytes, n, used);
	*used = payload_next(b, n);
	payload_put(b, bytes, *used);
	b->seen += *used;
	return payload_so_far(b);
}

char *payload_room(struct payload *b, size_t *n)
{
	if (b->chunked || b->dropped)
		return NULL;
	if (b->cap - b->len <= 1)
		payload_grow(b, 1);
	*n = payload_next(b, b->cap - b->len - 1);
	return b->bytes + b->len;
}

enum payload_result payload_took(struct payload *b, size_t n)
{
	b->len += n;
	b->seen += n;
	return payload_so_far(b);
}
