/* Addresses as owners. */
#include "owner.h"

#include <arpa/inet.h>
#include <string.h>

static uint64_t number(const unsigned char *bytes, int n)
{
	uint64_t value = 0;

	for (int i = 0; i < n; i++)
		value = value << 8 | bytes[i];
	return value;
}

uint64_t owner_address(const char *text)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		return number(bytes, 4);
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return 0;
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return number(bytes + 12, 4);
	/* a /64 that is also an IPv4 address would have to be of ::/32, which nobody is given but
	 * the machine itself */
	uint64_t network = number(bytes, 8);
	return network ? network : 1;
}
