/* The header of the PROXY protocol. */
#include "proxy_header.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "str.h"

/* True when the n bytes are the beginning of the word, or begin with it. */
static bool begins_like(const char *bytes, size_t n, const char *word, size_t len)
{
	return memcmp(bytes, word, n < len ? n : len) == 0;
}

/* --- version 1: a line of text ---------------------------------------------------------------- */

/* The next word of the line, behind one blank. */
static bool word_next(const char **at, const char *end, const char **word, size_t *len)
{
	if (*at == end || **at != ' ')
		return false;
	*word = ++*at;
	const char *blank = memchr(*at, ' ', (size_t)(end - *at));
	*at = blank ? blank : end;
	*len = (size_t)(*at - *word);
	return *len > 0;
}

static bool address_next(const char **at, const char *end, int family, struct in6_addr *address)
{
	char text[INET6_ADDRSTRLEN];
	const char *word;
	size_t len;

	if (!word_next(at, end, &word, &len) || len >= sizeof(text) || memchr(word, '\0', len))
		return false;
	memcpy(text, word, len);
	text[len] = '\0';
	return inet_pton(family, text, address) == 1;
}

static bool port_next(const char **at, const char *end)
{
	const char *word;
	size_t len;
	int64_t port;

	return word_next(at, end, &word, &len) && (*word != '0' || len == 1) && *word != '+' &&
	       str_to_intn(word, len, 0, 65535, &port);
}

static struct address address_made(int family, const struct in6_addr *bytes)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = *bytes };

	memcpy(&v4.sin_addr, bytes, sizeof(v4.sin_addr));
	return family == AF_INET ? address_of((struct sockaddr *)&v4)
				 : address_of((struct sockaddr *)&v6);
}

/* What stands between "PROXY" and the line end. */
static bool line_read(const char *at, const char *end, struct proxy_header *h)
{
	struct in6_addr client = { 0 }, server;
	const char *word;
	size_t len;

	if (!word_next(&at, end, &word, &len))
		return false;
	if (len == 7 && memcmp(word, "UNKNOWN", 7) == 0)
		return true;
	if (len != 4 || (memcmp(word, "TCP4", 4) != 0 && memcmp(word, "TCP6", 4) != 0))
		return false;
	int family = word[3] == '4' ? AF_INET : AF_INET6;
	if (!address_next(&at, end, family, &client) || !address_next(&at, end, family, &server) ||
		!port_next(&at, end) || !port_next(&at, end) || at != end)
		return false;
	h->told = true;
	h->client = address_made(family, &client);
	return true;
}

static enum proxy_header_result line_parse(const char *bytes, size_t n, struct proxy_header *h)
{
	static const char word[] = "PROXY ";
	size_t len = sizeof(word) - 1;

	if (!begins_like(bytes, n, word, len))
		return PROXY_HEADER_BAD;
	size_t most = n < PROXY_HEADER_LINE ? n : PROXY_HEADER_LINE;
	const char *lf = memchr(bytes, '\n', most);
	const char *cr = memchr(bytes, '\r', most);
	if (!lf && !(cr && cr + 1 < bytes + most))
		return most == PROXY_HEADER_LINE ? PROXY_HEADER_BAD : PROXY_HEADER_MORE;
	if (!lf || cr != lf - 1 || !line_read(bytes + len - 1, cr, h))
		return PROXY_HEADER_BAD;
	h->len = (size_t)(lf + 1 - bytes);
	return PROXY_HEADER_DONE;
}

/* --- version 2: bytes ------------------------------------------------------------------------- */

enum { VERSION = 2, LOCAL = 0, PROXY = 1, STREAM = 1, DATAGRAM = 2 };

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";

/* Address families as the protocol numbers them, and the bytes of both addresses with their ports. */
static const struct {
	int family;
	size_t len;
} families[] = { { AF_UNSPEC, 0 }, { AF_INET, 12 }, { AF_INET6, 36 }, { AF_UNIX, 216 } };

static bool block_read(const char *block, size_t len, unsigned kind, struct proxy_header *h)
{
	unsigned family = kind >> 4, transport = kind & 15;
	struct in6_addr client = { 0 };

	if (family >= sizeof(families) / sizeof(families[0]) || transport > DATAGRAM ||
		len < families[family].len)
		return false;
	int known = families[family].family;
	if (transport != STREAM || (known != AF_INET && known != AF_INET6))
		return true;
	memcpy(&client, block, known == AF_INET ? 4 : 16);
	h->told = true;
	h->client = address_made(known, &client);
	return true;
}

static enum proxy_header_result block_parse(const char *bytes, size_t n, struct proxy_header *h)
{
	const unsigned char *b = (const unsigned char *)bytes;
	size_t at = sizeof(signature) - 1;

	if (!begins_like(bytes, n, signature, at))
		return PROXY_HEADER_BAD;
	if (n > at && (b[at] >> 4 != VERSION || (b[at] & 15) > PROXY))
		return PROXY_HEADER_BAD;
	if (n < PROXY_HEADER_FIXED)
		return PROXY_HEADER_MORE;
	size_t len = (size_t)b[14] << 8 | b[15];
	if (PROXY_HEADER_FIXED + len > PROXY_HEADER_MAX)
		return PROXY_HEADER_BAD;
	if (n < PROXY_HEADER_FIXED + len)
		return PROXY_HEADER_MORE;
	if ((b[at] & 15) != LOCAL && !block_read(bytes + PROXY_HEADER_FIXED, len, b[13], h))
		return PROXY_HEADER_BAD;
	h->len = PROXY_HEADER_FIXED + len;
	return PROXY_HEADER_DONE;
}

enum proxy_header_result proxy_header_parse(const char *bytes, size_t n, struct proxy_header *h)
{
	*h = (struct proxy_header){ 0 };
	if (n == 0)
		return PROXY_HEADER_MORE;
	return *bytes == *signature ? block_parse(bytes, n, h) : line_parse(bytes, n, h);
}
