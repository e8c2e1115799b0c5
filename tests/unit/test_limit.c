/* Buckets of terminals and strangers: what is let through, and that it comes back with time. */
#include "limit.h"

#include <assert.h>
#include <stdio.h>

static int let_through(int64_t *spent, int n, int64_t now)
{
	int good = 0;
	for (int i = 0; i < n; i++)
		good += limit_terminal(spent, now);
	return good;
}

static void test_terminal(void)
{
	int64_t spent = 0;
	int burst = let_through(&spent, 100000, 1000000);
	assert(burst >= 10000 && burst <= 50000);
	assert(let_through(&spent, 10, 1000000) == 0);
	int second = let_through(&spent, 100000, 1001000);
	assert(second >= 500 && second <= 2000);
	assert(let_through(&spent, 100000, 2000000) == burst); /* no more than that, however late */
}

static int strangers(struct limits *l, const char *address, int n, int64_t now)
{
	int good = 0;
	for (int i = 0; i < n; i++)
		good += limit_stranger(l, address, now);
	return good;
}

static void test_strangers(void)
{
	struct limits *l = limits_new();
	char address[32];
	int burst = strangers(l, "192.0.2.1", 100000, 5000);
	assert(burst >= 1000 && burst < 100000);
	assert(strangers(l, "192.0.2.1", 1, 5000) == 0);
	assert(strangers(l, "192.0.2.2", 10, 5000) == 10); /* others are not meant */
	for (int i = 0; i < 20000; i++) { /* who floods is not forgotten for the sake of many */
		snprintf(address, sizeof(address), "10.%d.%d.1", i / 250, i % 250);
		strangers(l, address, 1, 5000);
	}
	assert(strangers(l, "192.0.2.1", 1, 5000) == 0);
	assert(strangers(l, "192.0.2.1", 100000, 6000) > 0);
	/* a customer of IPv6 has a /64, and IPv4 may be written as IPv6 */
	assert(strangers(l, "2001:db8:1:2::1", 100000, 5000) == burst);
	assert(strangers(l, "2001:db8:1:2:ffff::9", 1, 5000) == 0);
	assert(strangers(l, "2001:db8:1:3::1", 1, 5000) == 1);
	assert(strangers(l, "198.51.100.7", 100000, 5000) == burst);
	assert(strangers(l, "::ffff:198.51.100.7", 1, 5000) == 0);
	limits_free(l);
}

int main(void)
{
	test_terminal();
	test_strangers();
	return 0;
}
