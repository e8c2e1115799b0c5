/* Packed uploads. The first byte says whether the rest is a package, or a tar still to be packed: so
 * that the tar is reached although nobody guesses a gzip. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tgz.h"

#define MAX (1 << 18)

static void check(const void *package, size_t n)
{
	char *text;
	size_t len;
	const char *reason = tgz_unpack(package, n, MAX, &text, &len);
	if (!reason != !!text || len > MAX + TGZ_MAX_FILES)
		abort();
	if (text && len)
		free(memcpy(malloc(len), text, len)); /* all of it can be read */
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static unsigned char packed[1 << 20];
	if (n < 1 || n > sizeof(packed) / 2)
		return 0;
	if (bytes[0] & 1) {
		check(bytes + 1, n - 1);
		return 0;
	}
	z_stream z = { .next_in = (unsigned char *)bytes + 1,
		.avail_in = (unsigned)(n - 1),
		.next_out = packed,
		.avail_out = sizeof(packed) };
	if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	if (deflate(&z, Z_FINISH) == Z_STREAM_END)
		check(packed, z.total_out);
	deflateEnd(&z);
	return 0;
}
