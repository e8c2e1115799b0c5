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

/* Behind one address: an owner who logged in there, and somebody who guesses at everything. */
static void test_neighbours_lock_nobody_out(void)
{
	struct arena *a = arena_new();
	struct guard *g = guard_new(a);
	const int64_t month = 30 * INT64_C(86400000);

	guard_succeeded(g, "192.0.2.1", "anna", 1000);
	fail(g, "192.0.2.1", "admin", 40, 2000);
	assert(guard_ask(g, "192.0.2.1", "admin", 2000).refuse_seconds > 0);
	assert(guard_ask(g, "192.0.2.1", "bert", 2000).refuse_seconds > 0);
	struct guard_advice owner = guard_ask(g, "192.0.2.1", "anna", 2000);
	assert(owner.refuse_seconds == 0 && owner.delay_ms == 0);
	/* guesses at her own account from there count all the same */
	fail(g, "192.0.2.1", "anna", 5, 2000);
	assert(guard_ask(g, "192.0.2.1", "anna", 2000).delay_ms > 0);
	fail(g, "192.0.2.1", "anna", 15, 2000);
	int wait = guard_ask(g, "192.0.2.1", "anna", 2000).refuse_seconds;
	assert(wait > 0 && wait <= 11);
	assert(guard_ask(g, "192.0.2.1", "anna", 2000 + wait * 1000).refuse_seconds == 0);
	/* and after a month without a login the address is nobody's */
	fail(g, "192.0.2.1", "admin", 40, 1000 + month);
	assert(guard_ask(g, "192.0.2.1", "anna", 1000 + month).refuse_seconds > 0);
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
	test_neighbours_lock_nobody_out();
	test_ipv6_counts_by_network();
	return 0;
}
