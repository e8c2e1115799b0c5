/* Lists of addresses and CIDRs (settings, terminals' allowed_address), X-Forwarded-For. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *a = arena_new();
	const char *text = arena_memdup(a, bytes, n), *error = NULL;
	struct address address = { { 0 } }, again;
	char said[INET6_ADDRSTRLEN];
	struct proxies *all = proxies_new(text, &error);

	assert(all || error);
	if (address_parse(text, strlen(text), &address)) {
		address_text(&address, said);
		assert(address_parse(said, strlen(said), &again));
		assert(memcmp(&address, &again, sizeof(address)) == 0);
		/* an address alone is a list that holds it */
		struct proxies *only = proxies_new(said, &error);
		assert(only && proxies_trust(only, &address));
		proxies_free(only);
	}
	if (all) {
		proxies_trust(all, &address);
		proxies_client(all, text, &address);
	}
	proxies_free(all);
	arena_free(a);
	return 0;
}
