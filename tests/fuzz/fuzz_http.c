/* Request heads, chunked bodies and decoding: whole and byte by byte must agree. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define BYTEWISE_MAX 2048

static void must(bool holds)
{
	if (!holds)
		abort();
}

static size_t sum;

static void touch(const struct parse_text *t)
{
	for (size_t i = 0; i < t->len; i++)
		sum += (unsigned char)t->text[i];
}

static void decode(const struct parse_text *t, bool plus)
{
	char *out = malloc(t->len + 1);
	size_t n = parse_decode(t->text, t->len, plus, out);

	must(n <= t->len && strlen(out) == n);
	free(out);
}

static void look(const struct parse_head *h)
{
	must(h->path.len > 0 && h->nheaders <= PARSE_MAX_HEADERS);
	must(!(h->chunked && h->content_length >= 0));
	must(!memchr(h->target.text, '\0', h->target.len));
	touch(&h->method);
	touch(&h->target);
	decode(&h->path, false);
	decode(&h->query, true);
	decode(&h->query, false);
	for (int i = 0; i < h->nheaders; i++) {
		touch(&h->headers[i].name);
		touch(&h->headers[i].value);
		must(!memchr(h->headers[i].value.text, '\r', h->headers[i].value.len));
	}
	parse_header(h, "host");
}

/* Returns where the head ends, 0 when it was not accepted. */
static size_t heads(const char *bytes, size_t n)
{
	static struct parse_head head, again;
	const char *reason, *why;
	size_t scanned = 0, used = 0;
	enum parse_result whole = parse_request(bytes, n, &scanned, &head, &used, &reason);
	enum parse_result split = PARSE_MORE;
	size_t part = 0;

	must((whole == PARSE_MORE || whole == PARSE_DONE) == !reason);
	if (whole == PARSE_DONE)
		look(&head);
	if (n > BYTEWISE_MAX)
		return whole == PARSE_DONE ? used : 0;
	scanned = 0;
	for (size_t i = 1; i <= n && split == PARSE_MORE; i++) {
		char *copy = malloc(i); /* so that a read past the end is seen */
		memcpy(copy, bytes, i);
		split = parse_request(copy, i, &scanned, &again, &part, &why);
		if (split == PARSE_DONE)
			look(&again);
		free(copy);
	}
	must(split == whole && (whole != PARSE_DONE || part == used));
	return whole == PARSE_DONE ? used : 0;
}

static void put(void *arg, const char *bytes, size_t n)
{
	size_t *digest = arg;

	for (size_t i = 0; i < n; i++)
		*digest = *digest * 31 + (unsigned char)bytes[i] + 1;
}

static void chunks(const char *bytes, size_t n)
{
	struct parse_chunks a = { 0 }, b = { 0 };
	size_t used = 0, at = 0, one, digest = 0, again = 0;
	int whole = parse_chunk(&a, bytes, n, &used, put, &digest);
	int split = 0;

	must(used <= n && (whole != 0 || used == n));
	while (at < n && split == 0) {
		split = parse_chunk(&b, bytes + at, 1, &one, put, &again);
		at += one;
	}
	must(split == whole && at == used && digest == again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *bytes = malloc(n + 1);
	struct parse_text all = { bytes, n };

	if (n)
		memcpy(bytes, data, n);
	bytes[n] = '\n';
	size_t used = heads(bytes, n);
	chunks(bytes + used, n - used);
	if (n && !memchr(bytes, '\0', n)) {
		decode(&all, true);
		decode(&all, false);
	}
	free(bytes);
	return 0;
}
