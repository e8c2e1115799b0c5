/* Positions of punches: the columns as stored, and the JSON in them. */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "punch_gps.h"

static void check(const void *rest, size_t n)
{
	struct punch_gps gps;
	punch_gps_read(rest, n, &gps);
	if (!memchr(gps.text, 0, sizeof(gps.text)))
		abort();
	if (gps.known && (gps.latitude < -90 || gps.latitude > 90 || gps.longitude < -180 ||
				 gps.longitude > 180))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char before[] = "0\t0\t0\t0\t0\t0\t";
	char text[4096];
	check(bytes, n);
	if (n > 2000)
		return 0;
	memcpy(text, before, sizeof(before) - 1);
	int len = EVP_EncodeBlock((unsigned char *)text + sizeof(before) - 1, bytes, (int)n);
	check(text, sizeof(before) - 1 + (size_t)len);
	return 0;
}
