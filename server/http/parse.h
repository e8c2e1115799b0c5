/*
 * HTTP/1.x request heads: pure, bounded, fuzzed.
 */
#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARSE_MAX_HEAD 65536 /* a G2 terminal's INFO and a browser's cookies fit many times */
#define PARSE_MAX_HEADERS 64

struct parse_text {
	const char *text; /* into the buffer, not terminated */
	size_t len;
};

struct parse_head {
	struct parse_text method, target, path, query; /* query without '?' */
	int minor; /* HTTP/1.minor */
	struct {
		struct parse_text name, value; /* value without outer blanks */
	} headers[PARSE_MAX_HEADERS];
	int nheaders;
	int64_t content_length; /* -1: none given */
	bool chunked;
	bool close; /* Connection says close */
	bool keep_alive; /* Connection says keep-alive */
	bool expects_continue;
};

enum parse_result {
	PARSE_MORE, /* the head is not complete */
	PARSE_DONE, /* *used bytes are the head */
	PARSE_BAD, /* 400 */
	PARSE_TOO_LONG, /* 431 */
	PARSE_VERSION, /* 505 */
	PARSE_CODING /* 501: a Transfer-Encoding other than chunked */
};

/* Bytes from the start of the head; *scanned (0 at first) remembers how far the end was searched
 * for, so that 1-byte writes stay cheap. reason: a few words when not MORE or DONE. */
enum parse_result parse_request(const char *bytes, size_t n, size_t *scanned,
	struct parse_head *head, size_t *used, const char **reason);

const struct parse_text *parse_header(const struct parse_head *, const char *name);

/* Decodes %XX in place form: out needs len + 1 bytes; returns the length. plus: '+' is a space.
 * A malformed %XX stays as it is; %00 stays as it is (no NUL can come in). */
size_t parse_decode(const char *text, size_t len, bool plus, char *out);

/* Chunked bodies, resumable. */
struct parse_chunks {
	int state;
	uint64_t left;
	size_t line;
};
/* Consumes from bytes, appends payload by calling put; *used says how much was taken. Returns 1
 * when the body is complete, 0 for more, -1 malformed. */
int parse_chunk(struct parse_chunks *, const char *bytes, size_t n, size_t *used,
	void (*put)(void *arg, const char *bytes, size_t n), void *arg);

#endif
