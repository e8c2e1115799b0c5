/* The PROXY protocol's header: both versions, whole and cut at each byte. */
#include <assert.h>
#include <string.h>

#include "proxy_header.h"

static struct proxy_header header;

/* Each beginning of a header is only a beginning; a wrong one never becomes right by more bytes. */
static enum proxy_header_result parse(const char *bytes, size_t n)
{
	struct proxy_header part;
	enum proxy_header_result result = proxy_header_parse(bytes, n, &header), one;
	bool over = false;

	for (size_t i = 0; i < n; i++) {
		one = proxy_header_parse(bytes, i, &part);
		over = over || one != PROXY_HEADER_MORE;
		assert(!over || one == result);
		if (result == PROXY_HEADER_DONE)
			assert(over == (i >= header.len));
	}
	return result;
}

static void tells(const char *bytes, size_t n, size_t len, const char *client)
{
	char text[INET6_ADDRSTRLEN];

	assert(parse(bytes, n) == PROXY_HEADER_DONE && header.len == len);
	assert(header.told == (client != NULL));
	if (client)
		assert(strcmp(address_text(&header.client, text), client) == 0);
}

/* --- version 1 -------------------------------------------------------------------------------- */

static void line_tells(const char *line, const char *client)
{
	char text[256];
	size_t n = strlen(line);

	tells(line, n, n, client);
	memcpy(text, line, n);
	strcpy(text + n, "GET / HTTP/1.1\r\n\r\n");
	tells(text, strlen(text), n, client);
}

static void bad(const char *line)
{
	assert(parse(line, strlen(line)) == PROXY_HEADER_BAD);
}

static void test_lines(void)
{
	line_tells("PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n", "192.0.2.7");
	line_tells("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255");
	line_tells("PROXY TCP6 2001:db8::7 ::1 0 65535\r\n", "2001:db8::7");
	line_tells("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", "192.0.2.7");
	line_tells("PROXY UNKNOWN\r\n", NULL);
	line_tells("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
		NULL);
}

static void test_bad_lines(void)
{
	const char *const lines[] = { "GET / HTTP/1.1\r\n", "proxy UNKNOWN\r\n", "PROXY\r\n",
		"PROXY  UNKNOWN\r\n", "PROXY UNKNOWNS\r\n", "PROXY UNKNOWN\n", "PROXY UNKNOWN\rx\n",
		"PROXY TCP4\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 0x1 2\r\n", "PROXY TCP4 1.2.3.4:1 1.2.3.4 1 2\r\n",
		"PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4 ::1 1 2\r\n", "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
		"PROXY TCP4 256.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP6 [::1] ::1 1 2\r\n",
		"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "PROXY\tTCP4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4\t1.2.3.4 1 2\r\n", " PROXY UNKNOWN\r\n" };
	char line[PROXY_HEADER_LINE + 2];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		bad(lines[i]);
	assert(parse("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 2\r\n", 34) == PROXY_HEADER_BAD);
	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY UNKNOWN ", 14);
	memcpy(line + PROXY_HEADER_LINE - 2, "\r\n", 2);
	assert(parse(line, PROXY_HEADER_LINE) == PROXY_HEADER_DONE);
	memcpy(line + PROXY_HEADER_LINE - 2, "x\r\n", 3);
	assert(parse(line, PROXY_HEADER_LINE + 1) == PROXY_HEADER_BAD);
}

/* --- version 2 -------------------------------------------------------------------------------- */

static char block[PROXY_HEADER_MAX + 16];

/* The fixed part, and len bytes that count up. */
static size_t make(int command, int kind, size_t len)
{
	memset(block, 'x', sizeof(block));
	memcpy(block, "\r\n\r\n\0\r\nQUIT\n", 12);
	block[12] = (char)command;
	block[13] = (char)kind;
	block[14] = (char)(len >> 8);
	block[15] = (char)len;
	for (size_t i = 0; i < len && i < 256; i++)
		block[16 + i] = (char)(i + 1);
	return 16 + len;
}

static void made_tells(int command, int kind, size_t len, const char *client)
{
	size_t n = make(command, kind, len);

	tells(block, n, n, client);
	tells(block, n + 16, n, client);
}

static void made_bad(int command, int kind, size_t len)
{
	size_t n = make(command, kind, len);

	assert(parse(block, n < sizeof(block) ? n : sizeof(block)) == PROXY_HEADER_BAD);
}

static void test_blocks(void)
{
	made_tells(0x21, 0x11, 12, "1.2.3.4");
	made_tells(0x21, 0x21, 36, "102:304:506:708:90a:b0c:d0e:f10");
	made_tells(0x21, 0x11, 12 + 50, "1.2.3.4"); /* values behind it */
	made_tells(0x21, 0x11, 4096, "1.2.3.4");
	made_tells(0x21, 0x00, 0, NULL);
	made_tells(0x21, 0x00, 40, NULL);
	made_tells(0x21, 0x10, 12, NULL);
	made_tells(0x21, 0x12, 12, NULL); /* UDP: not this connection */
	made_tells(0x21, 0x22, 36, NULL);
	made_tells(0x21, 0x31, 216, NULL);
	made_tells(0x21, 0x32, 216, NULL);
	made_tells(0x20, 0x00, 0, NULL);
	made_tells(0x20, 0x11, 12, NULL); /* LOCAL: whatever it says */
	made_tells(0x20, 0xff, 3, NULL);
}

static void test_bad_blocks(void)
{
	made_bad(0x21, 0x11, 11);
	made_bad(0x21, 0x21, 35);
	made_bad(0x21, 0x31, 215);
	made_bad(0x21, 0x41, 300);
	made_bad(0x21, 0x13, 12);
	made_bad(0x22, 0x11, 12);
	made_bad(0x2f, 0x11, 12);
	made_bad(0x11, 0x11, 12);
	made_bad(0x31, 0x11, 12);
	made_bad(0x21, 0x11, 4097);
	made_bad(0x21, 0x11, 65535);
	size_t n = make(0x21, 0x11, 12);
	block[11] = '\r';
	assert(parse(block, n) == PROXY_HEADER_BAD);
	assert(parse("\r\n\r\nGET / HTTP/1.1\r\n\r\n", 22) == PROXY_HEADER_BAD);
}

int main(void)
{
	test_lines();
	test_bad_lines();
	test_blocks();
	test_bad_blocks();
	return 0;
}
