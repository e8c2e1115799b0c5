/* Addresses and the list of trusted proxies. */
#include "proxy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "str.h"

struct network {
	struct address address;
	int bits;
};

struct proxies {
	int n;
	struct network networks[];
};

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool address_is_v4(const struct address *a)
{
	return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

struct address address_of(const struct sockaddr *sa)
{
	struct address a = { { 0 } };

	if (sa->sa_family == AF_INET6) {
		memcpy(a.bytes, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	} else if (sa->sa_family == AF_INET) {
		memcpy(a.bytes, mapped, sizeof(mapped));
		memcpy(a.bytes + 12, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	}
	return a;
}

static bool host_parse(const char *text, size_t len, struct address *a)
{
	char host[INET6_ADDRSTRLEN];

	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	memcpy(a->bytes, mapped, sizeof(mapped));
	return inet_pton(AF_INET, host, a->bytes + 12) == 1 ||
	       inet_pton(AF_INET6, host, a->bytes) == 1;
}

bool address_parse(const char *text, size_t len, struct address *a)
{
	const char *end = text + len;

	if (len && *text == '[') {
		const char *close = memchr(text, ']', len);
		return close && (close + 1 == end || close[1] == ':') &&
		       host_parse(text + 1, (size_t)(close - text - 1), a);
	}
	const char *colon = memchr(text, ':', len);
	if (colon && !memchr(colon + 1, ':', (size_t)(end - colon - 1)))
		end = colon;
	return host_parse(text, (size_t)(end - text), a);
}

const char *address_text(const struct address *a, char out[static INET6_ADDRSTRLEN])
{
	if (address_is_v4(a))
		inet_ntop(AF_INET, a->bytes + 12, out, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, a->bytes, out, INET6_ADDRSTRLEN);
	return out;
}

static bool network_parse(const char *text, size_t len, struct network *n)
{
	const char *slash = memchr(text, '/', len);
	int64_t bits = -1;

	if (!host_parse(text, slash ? (size_t)(slash - text) : len, &n->address))
		return false;
	int most = address_is_v4(&n->address) ? 32 : 128;
	bits = most;
	if (slash && !str_to_intn(slash + 1, len - (size_t)(slash - text) - 1, 0, most, &bits))
		return false;
	n->bits = (int)bits + 128 - most;
	return true;
}

static bool network_holds(const struct network *n, const struct address *a)
{
	size_t whole = (size_t)n->bits / 8;
	int rest = n->bits % 8;

	if (memcmp(n->address.bytes, a->bytes, whole) != 0)
		return false;
	return rest == 0 || (n->address.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0;
}

struct proxies *proxies_new(const char *list, const char **error)
{
	static char why[256];
	size_t count = 1;

	list = list ? list : "";
	for (const char *p = list; *p; p++)
		count += *p == ',' || *p == ' ' || *p == '\t';
	struct proxies *all = xcalloc(1, sizeof(*all) + count * sizeof(all->networks[0]));
	for (const char *p = list; *p;) {
		p += strspn(p, " \t,");
		size_t len = strcspn(p, " \t,");
		if (len == 0)
			break;
		if (!network_parse(p, len, &all->networks[all->n++])) {
			snprintf(why, sizeof(why),
				"trusted_proxies: \"%.*s\" is no address or CIDR",
				len > 100 ? 100 : (int)len, p);
			*error = why;
			free(all);
			return NULL;
		}
		p += len;
	}
	return all;
}

void proxies_free(struct proxies *all)
{
	free(all);
}

bool proxies_trust(const struct proxies *all, const struct address *a)
{
	for (int i = 0; i < all->n; i++)
		if (network_holds(&all->networks[i], a))
			return true;
	return false;
}

bool proxies_client(const struct proxies *all, const char *forwarded, struct address *client)
{
	const char *end = forwarded + strlen(forwarded);

	while (end > forwarded) {
		const char *start = end;
		while (start > forwarded && start[-1] != ',')
			start--;
		const char *text = start + strspn(start, " \t");
		size_t len = text < end ? (size_t)(end - text) : 0;
		while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
			len--;
		struct address found;
		if (!address_parse(text, len, &found))
			return true;
		*client = found;
		if (!proxies_trust(all, client))
			return true;
		end = start > forwarded ? start - 1 : start;
	}
	return false;
}
