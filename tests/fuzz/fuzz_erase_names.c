/* Looking for a PIN in lines: a byte for its length, the PIN, the lines. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "erase.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char pin[21] = "";

	if (n == 0)
		return 0;
	size_t len = bytes[0] % sizeof(pin);
	if (len >= n)
		return 0;
	memcpy(pin, bytes + 1, len);
	/* exactly as long as it is said to be */
	size_t left = n - 1 - len;
	char *lines = malloc(left ? left : 1);
	if (!lines)
		abort();
	memcpy(lines, bytes + 1 + len, left);
	bool named = erase_names(lines, left, pin);
	if (named && (!*pin || !memmem(lines, left, pin, strlen(pin))))
		abort();
	free(lines);
	return 0;
}
