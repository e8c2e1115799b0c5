/* Which addresses are one owner. */
#include <assert.h>

#include "owner.h"

static void test_addresses(void)
{
	assert(owner_address("192.0.2.7") == UINT64_C(0xc0000207));
	assert(owner_address("::ffff:192.0.2.7") == owner_address("192.0.2.7"));
	assert(owner_address("192.0.2.8") != owner_address("192.0.2.7"));
	assert(owner_address("2001:db8:1:2::1") == owner_address("2001:db8:1:2:ffff::9"));
	assert(owner_address("2001:db8:1:3::1") != owner_address("2001:db8:1:2::1"));
	assert(owner_address("::1") != 0); /* 0 is what has no address */
	assert(owner_address("") == 0 && owner_address("unix") == 0);
}

static void test_same(void)
{
	struct owner a = owner_stranger("192.0.2.7"), t = { OWNER_TERMINAL, a.key };

	assert(owner_same(a, owner_stranger("::ffff:192.0.2.7")));
	assert(!owner_same(a, t));
}

int main(void)
{
	test_addresses();
	test_same();
	return 0;
}
