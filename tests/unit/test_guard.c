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

/* What is being looked at counts as if it had failed. */
static void test_guesses_under_way_count(void)
{
	struct arena *a = arena_new();
	struct guard *g = guard_new(a);
	struct guard_who who = guard_who(g, "192.0.2.1", "admin");

	fail(g, "192.0.2.1", "admin", 18, 1000);
	assert(guard_ask_who(g, &who, 0, 1000).refuse_seconds == 0);
	assert(guard_ask_who(g, &who, 1, 1000).refuse_seconds == 0);
	assert(guard_ask_who(g, &who, 2, 1000).refuse_seconds > 0);
	guard_succeeded(g, "192.0.2.1", "admin", 1000);
	assert(guard_ask_who(g, &who, 19, 1000).refuse_seconds == 0);
	assert(guard_ask_who(g, &who, 20, 1000).refuse_seconds > 0);
	arena_free(a);
}

static bool before(struct guard *g, const struct guard_who *one, const struct guard_who *other)
{
	const int64_t now = 500000; /* long after what failed at 1000 */
	assert(!guard_before(g, one, other, now) || !guard_before(g, other, one, now));
	return guard_before(g, one, other, now);
}

static void test_who_comes_first(void)
{
	struct arena *a = arena_new();
	struct guard *g = guard_new(a);
	struct guard_who home = guard_who(g, "192.0.2.1", "anna");
	struct guard_who stranger = guard_who(g, "192.0.2.2", "admin");
	struct guard_who guesser = guard_who(g, "192.0.2.3", "admin");
	struct guard_who other = guard_who(g, "192.0.2.4", "bert");

	guard_succeeded(g, "192.0.2.1", "anna", 1000);
	fail(g, "192.0.2.1", "x", 10, 1000);
	fail(g, "192.0.2.3", "admin", 1, 1000);
	assert(before(g, &home, &stranger) && before(g, &home, &other));
	assert(before(g, &stranger, &guesser)); /* though it has fallen to 0 long ago */
	assert(before(g, &other, &stranger)); /* of the same address, whose name failed less */
	assert(!before(g, &other, &other));
	guard_enter(g, &other); /* one that waits is no more than itself */
	assert(before(g, &other, &guesser));
	guard_enter(g, &other);
	assert(before(g, &guesser, &other));
	guard_leave(g, &other);
	guard_leave(g, &other);
	assert(before(g, &other, &guesser));
	arena_free(a);
}

int main(void)
{
	test_guesses_under_way_count();
	test_who_comes_first();
	test_one_address();
	test_strangers_lock_nobody_out();
	test_neighbours_lock_nobody_out();
	test_ipv6_counts_by_network();
	return 0;
}
