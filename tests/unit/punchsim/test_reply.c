/* Answers, whole, in pieces, and broken. */
#include "check.h"
#include "reply.h"

#include <stdlib.h>
#include <string.h>

static enum reply_state parse(const char *text, bool eof, struct reply *r)
{
	size_t used;
	return reply_parse(text, strlen(text), eof, r, &used);
}

static bool bad(const char *text)
{
	struct reply r;
	return parse(text, true, &r) == REPLY_BAD;
}

int main(void)
{
	static const char good[] =
		"HTTP/1.1 200 OK\r\nServer: x\r\nDate: Thu, 19 Feb 2015 15:52:10 GMT\r\n"
		"content-length: 5\r\nConnection: close\r\n\r\nOK: 1";
	struct reply r;
	size_t used;

	assert(parse(good, false, &r) == REPLY_DONE);
	assert(r.status == 200 && r.close && slice_is(r.body, "OK: 1"));
	assert(slice_is(r.date, "Thu, 19 Feb 2015 15:52:10 GMT"));
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		char *copy = malloc(n ? n : 1);
		memcpy(copy, good, n);
		assert(reply_parse(copy, n, false, &r, &used) == REPLY_MORE);
		assert(reply_parse(copy, n, true, &r, &used) == REPLY_BAD);
		free(copy);
	}
	assert(parse("HTTP/1.1 200 OK\nContent-Length: 2\n\nOK", false, &r) == REPLY_DONE);
	assert(!r.close);
	assert(parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false, &r) == REPLY_DONE);
	assert(r.close && r.body.n == 0);
	assert(parse("HTTP/1.1 200 OK\r\n\r\nOK", false, &r) == REPLY_MORE);
	assert(parse("HTTP/1.1 200 OK\r\n\r\nOK", true, &r) == REPLY_DONE && r.close);
	assert(parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n", false, &r) ==
		REPLY_DONE);
	assert(r.status == 204);
	assert(bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
	assert(bad("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nOK"));
	assert(bad("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"));
	assert(bad("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"));
	assert(bad("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"));
	assert(bad("HTTP/2 200\r\n\r\n") && bad("nonsense\n\n") && bad(""));
	assert(bad("HTTP/1.1 2x0 OK\r\n\r\n") && bad("HTTP/1.1 2000 OK\r\n\r\n"));
	char *head = malloc(20000);
	memset(head, 'a', 20000);
	assert(reply_parse(head, 20000, false, &r, &used) == REPLY_BAD);
	free(head);
	return 0;
}
