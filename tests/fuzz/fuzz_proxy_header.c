/* The PROXY protocol's header, whole and cut. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct proxy_header whole, part;
	enum proxy_header_result result = proxy_header_parse((const char *)bytes, n, &whole);

	if (result != PROXY_HEADER_DONE) {
		assert(result == PROXY_HEADER_BAD || n < PROXY_HEADER_MAX);
		return 0;
	}
	assert(whole.len > 0 && whole.len <= n && whole.len <= PROXY_HEADER_MAX);
	/* nothing behind it counts, and nothing less of it is enough */
	assert(proxy_header_parse((const char *)bytes, whole.len, &part) == PROXY_HEADER_DONE);
	assert(part.told == whole.told && part.len == whole.len);
	assert(memcmp(&part.client, &whole.client, sizeof(part.client)) == 0);
	for (size_t cut = 0; cut < whole.len; cut += 1 + cut / 16)
		assert(proxy_header_parse((const char *)bytes, cut, &part) == PROXY_HEADER_MORE);
	return 0;
}
