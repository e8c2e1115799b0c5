#pragma once
#include "base.h"

/* One HTTP answer; the slices point into the bytes that were parsed. */
struct reply {
	int status;
	bool close; /* the connection ends with this answer */
	struct slice date; /* value of the Date header, empty when absent */
	struct slice body;
};

enum reply_state {
	REPLY_MORE, /* give it more bytes */
	REPLY_DONE,
	REPLY_BAD, /* nothing a terminal could read */
};

/*
 * Looks at everything received so far. eof: the peer has closed. On REPLY_DONE *used is how many
 * bytes the answer took. Head and body are bounded; chunked answers are bad because old terminals
 * cannot read them.
 */
enum reply_state reply_parse(
	const char *data, size_t len, bool eof, struct reply *out, size_t *used);
