/* Request heads, decoding, chunked bodies. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

static struct parse_head head;
static const char *reason;

static enum parse_result parse(const char *bytes)
{
	size_t scanned = 0, used = 0;
	enum parse_result result =
		parse_request(bytes, strlen(bytes), &scanned, &head, &used, &reason);

	if (result == PARSE_DONE)
		assert(used == strlen(bytes));
	return result;
}

static bool same(const struct parse_text *t, const char *expected)
{
	return t->len == strlen(expected) && memcmp(t->text, expected, t->len) == 0;
}

/* A head that is right but for one more header line. */
static enum parse_result with(const char *line)
{
	static char bytes[512];

	snprintf(bytes, sizeof(bytes), "POST /x HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", line);
	return parse(bytes);
}

static void test_heartbeat(void)
{
	assert(parse("GET /iclock/getrequest?SN=0316144680030 HTTP/1.1\r\n"
		     "Host: 203.0.113.81:8011\r\nUser-Agent: iClock Proxy/1.09\r\n"
		     "Connection: close\r\nAccept: */*\r\n\r\n") == PARSE_DONE);
	assert(same(&head.method, "GET"));
	assert(same(&head.target, "/iclock/getrequest?SN=0316144680030"));
	assert(same(&head.path, "/iclock/getrequest"));
	assert(same(&head.query, "SN=0316144680030"));
	assert(head.minor == 1 && head.nheaders == 4 && head.close && !head.keep_alive);
	assert(head.content_length == -1 && !head.chunked && !head.expects_continue);
	assert(same(parse_header(&head, "user-agent"), "iClock Proxy/1.09"));
	assert(!parse_header(&head, "cookie"));
}

static void test_targets(void)
{
	assert(parse("GET /c?INFO=Ver 6.39 Apr 28 2008,2 HTTP/1.1\r\n\r\n") == PARSE_DONE);
	assert(same(&head.query, "INFO=Ver 6.39 Apr 28 2008,2"));
	assert(parse("GET /a HTTP/1.1 HTTP/1.0\r\n\r\n") == PARSE_DONE);
	assert(same(&head.path, "/a HTTP/1.1") && head.minor == 0);
	assert(parse("GET http://host:80/p?q HTTP/1.1\r\n\r\n") == PARSE_DONE);
	assert(same(&head.path, "/p") && same(&head.query, "q"));
	assert(parse("GET HTTPS://host HTTP/1.1\r\n\r\n") == PARSE_DONE);
	assert(same(&head.path, "/") && head.query.len == 0);
	assert(parse("GET http://host?x=1 HTTP/1.1\r\n\r\n") == PARSE_DONE);
	assert(same(&head.path, "/") && same(&head.query, "x=1"));
	assert(parse("OPTIONS * HTTP/1.1\r\n\r\n") == PARSE_DONE);
	assert(parse("GET /\xd5\xc5?\xff HTTP/1.1\r\n\r\n") == PARSE_DONE);
	assert(parse("GET /a\tb HTTP/1.1\r\n\r\n") == PARSE_DONE);
	assert(parse("GET x HTTP/1.1\r\n\r\n") == PARSE_BAD);
	assert(parse("GET  / HTTP/1.1\r\n\r\n") == PARSE_BAD);
	assert(parse("GET /a\x01 HTTP/1.1\r\n\r\n") == PARSE_BAD);
	assert(parse("GET /a\rb HTTP/1.1\r\n\r\n") == PARSE_BAD);
	assert(parse("GET HTTP/1.1\r\n\r\n") == PARSE_BAD);
	assert(parse("GET /\r\n\r\n") == PARSE_BAD);
	assert(parse(" GET / HTTP/1.1\r\n\r\n") == PARSE_BAD);
	assert(parse("GET / HTTP/1.1 \r\n\r\n") == PARSE_BAD);
	assert(parse("GET / HTTP/1.10\r\n\r\n") == PARSE_BAD);
	assert(parse("GET / HTTP/2.0\r\n\r\n") == PARSE_VERSION);
	assert(parse("GET / HTTP/1.9\r\n\r\n") == PARSE_DONE && head.minor == 9);
}

static void test_lines(void)
{
	assert(parse("GET / HTTP/1.0\n\n") == PARSE_DONE && head.minor == 0);
	assert(parse("\r\n\r\n\nGET / HTTP/1.1\r\nA: b\n\r\n") == PARSE_DONE);
	assert(same(parse_header(&head, "a"), "b"));
	assert(with("A:") == PARSE_DONE && same(parse_header(&head, "A"), ""));
	assert(with("A: \t b c \t") == PARSE_DONE && same(parse_header(&head, "A"), "b c"));
	assert(with("A: 1\r\n b") == PARSE_BAD);
	assert(with("A: 1\rb") == PARSE_BAD);
	assert(with("A: 1\r") == PARSE_BAD);
	assert(with("A : 1") == PARSE_BAD);
	assert(with(": 1") == PARSE_BAD);
	assert(with("A") == PARSE_BAD);
	assert(with("A: \x7f") == PARSE_BAD);
	assert(with("Host: b") == PARSE_BAD);
	assert(parse("\x16\x03\x01\x02") == PARSE_BAD);
	assert(parse("GETGETGETGETGETGETGET") == PARSE_BAD);
	size_t scanned = 0, used;
	assert(parse_request("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 25, &scanned, &head, &used,
		       &reason) == PARSE_BAD);
}

static void test_framing(void)
{
	assert(with("Content-Length: 12") == PARSE_DONE && head.content_length == 12);
	assert(with("content-length:0") == PARSE_DONE && head.content_length == 0);
	assert(with("Content-Length: 1\r\nContent-Length: 1") == PARSE_BAD);
	assert(with("Content-Length: 1, 1") == PARSE_BAD);
	assert(with("Content-Length: +1") == PARSE_BAD);
	assert(with("Content-Length: -1") == PARSE_BAD);
	assert(with("Content-Length: 0x1") == PARSE_BAD);
	assert(with("Content-Length:") == PARSE_BAD);
	assert(with("Content-Length: 99999999999999999999") == PARSE_BAD);
	assert(with("Transfer-Encoding: Chunked") == PARSE_DONE && head.chunked);
	assert(with("Transfer-Encoding: gzip, chunked") == PARSE_CODING);
	assert(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: x") == PARSE_BAD);
	assert(with("Transfer-Encoding: chunked\r\nContent-Length: 3") == PARSE_BAD);
	assert(with("Content-Length: 3\r\nTransfer-Encoding: chunked") == PARSE_BAD);
	assert(parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == PARSE_BAD);
	assert(with("Expect: 100-Continue") == PARSE_DONE && head.expects_continue);
}

static void test_connection(void)
{
	assert(with("Connection: starting") == PARSE_DONE && !head.close && !head.keep_alive);
	assert(with("Connection: Keep-Alive") == PARSE_DONE && !head.close && head.keep_alive);
	assert(with("Connection: x, CLOSE ,y") == PARSE_DONE && head.close);
	assert(with("Connection: closed") == PARSE_DONE && !head.close);
	assert(with("Connection: keep-alive\r\nConnection: close") == PARSE_DONE);
	assert(head.close && head.keep_alive);
}

static void test_limits(void)
{
	size_t n = PARSE_MAX_HEAD + 100;
	char *bytes = malloc(n + 1);
	size_t scanned = 0, used;

	memset(bytes, 'a', n);
	memcpy(bytes, "GET /", 5);
	assert(parse_request(bytes, PARSE_MAX_HEAD - 1, &scanned, &head, &used, &reason) ==
		PARSE_MORE);
	assert(scanned == PARSE_MAX_HEAD - 1);
	assert(parse_request(bytes, n, &scanned, &head, &used, &reason) == PARSE_TOO_LONG);
	size_t at = (size_t)sprintf(bytes, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < PARSE_MAX_HEADERS; i++)
		at += (size_t)sprintf(bytes + at, "A%d: x\r\n", i);
	strcpy(bytes + at, "\r\n");
	assert(parse(bytes) == PARSE_DONE && head.nheaders == PARSE_MAX_HEADERS);
	strcpy(bytes + at, "B: x\r\n\r\n");
	assert(parse(bytes) == PARSE_TOO_LONG);
	free(bytes);
}

static void test_bytewise(void)
{
	const char *bytes = "\r\nPOST /x?y HTTP/1.1\r\nA: b\r\n\nrest";
	size_t scanned = 0, used = 0, n = 0;
	enum parse_result result;

	do
		result = parse_request(bytes, ++n, &scanned, &head, &used, &reason);
	while (result == PARSE_MORE);
	assert(result == PARSE_DONE && used == n && strcmp(bytes + n, "rest") == 0);
	assert(same(parse_header(&head, "A"), "b"));
}

static void decode_is(const char *text, bool plus, const char *expected)
{
	char out[64];

	assert(parse_decode(text, strlen(text), plus, out) == strlen(expected));
	assert(strcmp(out, expected) == 0);
}

static void test_decode(void)
{
	decode_is("a%20b+c", true, "a b c");
	decode_is("a%20b+c", false, "a b+c");
	decode_is("%41%e4%Bd%a0", false, "A\xe4\xbd\xa0");
	decode_is("%", false, "%");
	decode_is("%4", false, "%4");
	decode_is("%zz%4z%", false, "%zz%4z%");
	decode_is("%00%01", false, "%00\x01");
	decode_is("%2541", false, "%41");
	decode_is("", true, "");
}

struct sink {
	char bytes[256];
	size_t len;
};

static void sink_put(void *arg, const char *bytes, size_t n)
{
	struct sink *s = arg;

	assert(s->len + n < sizeof(s->bytes));
	memcpy(s->bytes + s->len, bytes, n);
	s->len += n;
	s->bytes[s->len] = '\0';
}

/* Whole and byte by byte must agree; returns parse_chunk's result. */
static int chunks(const char *bytes, const char *payload, const char *rest)
{
	struct parse_chunks whole = { 0 }, split = { 0 };
	struct sink a = { .len = 0 }, b = { .len = 0 };
	size_t n = strlen(bytes), used = 0, at = 0, one = 0;
	int result = parse_chunk(&whole, bytes, n, &used, sink_put, &a);
	int again = 0;

	while (at < n && again == 0) {
		again = parse_chunk(&split, bytes + at, 1, &one, sink_put, &b);
		at += one;
	}
	assert(again == result && at == used && a.len == b.len);
	assert(strcmp(a.bytes, b.bytes) == 0);
	if (result >= 0)
		assert(strcmp(a.bytes, payload) == 0);
	if (result == 1)
		assert(strcmp(bytes + used, rest) == 0);
	return result;
}

static void test_chunks(void)
{
	assert(chunks("0\r\n\r\nGET", "", "GET") == 1);
	assert(chunks("5\r\nhello\r\n0\r\n\r\n", "hello", "") == 1);
	assert(chunks("a;x=\"y\"\r\n0123456789\r\n001 \r\n!\r\n00\r\nA: b\r\n\r\nX", "0123456789!",
		       "X") == 1);
	assert(chunks("5 \t \r\nhello\r\n0 ;a b\r\n\r\n", "hello", "") == 1);
	assert(chunks("5\r\nhel", "hel", "") == 0);
	assert(chunks("3 7\r\nabc\r\n0\r\n\r\n", "", "") == -1);
	assert(chunks("3\ta\r\nabc\r\n0\r\n\r\n", "", "") == -1);
	assert(chunks("3 \n", "", "") == -1 && chunks("3 =\r\n", "", "") == -1);
	assert(chunks("0 0\r\n\r\n", "", "") == -1);
	assert(chunks(" 3\r\nabc\r\n", "", "") == -1);
	assert(chunks("5\r\nhello\n0\r\n\r\n", "", "") == -1);
	assert(chunks("5\nhello\r\n", "", "") == -1);
	assert(chunks("\r\n", "", "") == -1);
	assert(chunks("-1\r\n", "", "") == -1);
	assert(chunks("g\r\n", "", "") == -1);
	assert(chunks("0;\n\r\n", "", "") == -1);
	assert(chunks("10000000000000000\r\n", "", "") == -1);
	assert(chunks("0\r\nA\n\r\n", "", "") == -1);
	assert(chunks("0\r\n\rX", "", "") == -1);
}

int main(void)
{
	test_heartbeat();
	test_targets();
	test_lines();
	test_framing();
	test_connection();
	test_limits();
	test_bytewise();
	test_decode();
	test_chunks();
	return 0;
}
