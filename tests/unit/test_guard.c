/* Failed logins: slowed, refused, forgotten; strangers lock nobody out. */
#include "guard.h"

#include <assert.h>
#include <stdio.h>

static void fail(struct guard *g, const char *address, const char *name, int times, int64_t now)
{
	for (int i = 0; i < times; i++)
		guard_failed(g, address, name, now);
}

static void test_one_address(void)
{
	struct arena *a = arena_new();
	struct guard *g = guard_new(a);

	fail(g, "192.0.2.1", "admin", 4, 1000);
	assert(guard_ask(g, "192.0.2.1", "admin", 1000).delay_ms == 0);
	fail(g, "192.0.2.1", "admin", 1, 1000);
	assert(guard_ask(g, "192.0.2.1", "admin", 1000).delay_ms > 0);
	assert(guard_ask(g, "192.0.2.1", "somebody else", 1000).delay_ms > 0);
	fail(g, "192.0.2.1", "other", 15, 1000);
	struct guard_advice advice = guard_ask(g, "192.0.2.1", "third", 1000);
	assert(advice.refuse_seconds > 0 && advice.refuse_seconds <= 11);
	/* that is when it may come back */
	assert(guard_ask(g, "192.0.2.1", "third", 1000 + advice.refuse_seconds * 1000)
			.refuse_seconds == 0);
	assert(guard_ask(g, "192.0.2.1", "third", 1000 + 400000).delay_ms == 0);
	assert(guard_ask(g, "192.0.2.2", "third", 1000).delay_ms == 0);
	arena_free(a);
}

static void test_strangers_lock_nobody_out(void)
{
	struct arena *a = arena_new();
	struct guard *g = guard_new(a);
	char address[32];

	for (int i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), "198.51.100.%d", i);
		fail(g, address, "admin", 1, 1000);
	}
	struct guard_advice owner = guard_ask(g, "192.0.2.9", "admin", 1000);
	assert(owner.refuse_seconds == 0 && owner.delay_ms > 0 && owner.delay_ms <= 1000);
	assert(guard_ask(g, "198.51.100.7", "admin", 1000).refuse_seconds > 0);
	assert(guard_ask(g, "192.0.2.9", "other", 1000).delay_ms == 0);
	arena_free(a);
}

static void test_ipv6_counts_by_network(void)
{
	struct arena *a = arena_new();
	struct guard *g = guard_new(a);

	fail(g, "2001:db8:1:2::1", "x", 20, 1000);
	assert(guard_ask(g, "2001:db8:1:2:3:4:5:6", "y", 1000).refuse_seconds > 0);
	assert(guard_ask(g, "2001:db8:1:3::1", "y", 1000).refuse_seconds == 0);
	fail(g, "::ffff:192.0.2.1", "x", 20, 1000);
	assert(guard_ask(g, "192.0.2.1", "y", 1000).refuse_seconds > 0);
	assert(guard_ask(g, "::ffff:192.0.2.2", "y", 1000).refuse_seconds == 0);
	arena_free(a);
}

int main(void)
{
	test_one_address();
	test_strangers_lock_nobody_out();
	test_ipv6_counts_by_network();
	return 0;
}
