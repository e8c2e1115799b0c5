/* Who gets bytes when: lines, owners, parts, and what happens to who falls behind. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "budget.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

/* "x" when x was granted, "x!" when it was told to end, in that order. */
static char order[64];
static int64_t now = 1000;

struct body {
	const char *name;
	struct budget_claim *claim;
	bool stays; /* does not end at once when told */
};

static void granted(void *arg)
{
	strcat(order, ((struct body *)arg)->name);
}

static void late(void *arg)
{
	struct body *b = arg;

	strcat(order, b->name);
	strcat(order, "!");
	if (b->stays)
		return;
	budget_give(b->claim);
	b->claim = NULL;
}

static const struct budget_hooks hooks = { granted, late };

static struct owner terminal(uint64_t id)
{
	return (struct owner){ OWNER_TERMINAL, id };
}

static void take(
	struct budget *b, struct body *body, struct owner owner, size_t size, bool expected)
{
	bool ready;

	body->claim = budget_take(b, owner, size, &hooks, body, now, &ready);
	assert(ready == expected);
}

static void give(struct body *body)
{
	budget_give(body->claim);
	body->claim = NULL;
}

static void came(struct body *body, size_t n)
{
	budget_came(body->claim, n);
}

static uint64_t used(const struct budget *b, bool strangers)
{
	struct budget_stats s;
	budget_stats(b, strangers, &s);
	return s.used;
}

static uint64_t waiting(const struct budget *b)
{
	struct budget_stats s;
	budget_stats(b, false, &s);
	return s.waiting;
}

/* 700 bytes for terminals, 100 for strangers */
static struct budget *small(void)
{
	order[0] = '\0';
	return budget_new(800);
}

static void test_in_order(void)
{
	struct budget *b = small();
	struct body a = { "a" }, c = { "c" }, d = { "d" }, e = { "e" };

	take(b, &a, terminal(1), 600, true);
	came(&a, 600);
	take(b, &c, terminal(2), 500, false);
	take(b, &d, terminal(3), 50, false); /* would fit, but c was before */
	take(b, &e, terminal(4), 100, false);
	assert(used(b, false) == 600 && waiting(b) == 650);
	give(&a);
	assert(strcmp(order, "cde") == 0);
	assert(used(b, false) == 650 && waiting(b) == 0);
	give(&c);
	give(&d);
	give(&e);
	assert(used(b, false) == 0);
	budget_free(b);
}

static void test_end_while_waiting(void)
{
	struct budget *b = small();
	struct body a = { "a" }, c = { "c" }, d = { "d" };

	take(b, &a, terminal(1), 600, true);
	came(&a, 600);
	take(b, &c, terminal(2), 500, false);
	take(b, &d, terminal(3), 100, false);
	give(&c);
	assert(strcmp(order, "d") == 0);
	give(&a);
	give(&d);
	budget_give(NULL);
	budget_free(b);
}

static void test_large_share(void)
{
	order[0] = '\0';
	struct budget *b = budget_new(8 * MIB); /* the large ones' share is 3.5 MiB */
	struct body a = { "a" }, c = { "c" }, s = { "s" }, h = { "h" };

	take(b, &a, terminal(1), 3 * MIB, true);
	came(&a, 3 * MIB);
	take(b, &c, terminal(2), 2 * MIB, false);
	take(b, &s, terminal(3), 100 * KIB, true);
	take(b, &h, terminal(4), 6 * MIB, false);
	give(&a);
	assert(strcmp(order, "c") == 0);
	give(&c);
	assert(strcmp(order, "ch") == 0); /* alone in its share */
	give(&h);
	give(&s);
	assert(used(b, false) == 0);
	budget_free(b);
}

static void test_more_than_all(void)
{
	order[0] = '\0';
	struct budget *b = budget_new(1 * MIB);
	struct body s = { "s" }, h = { "h" }, t = { "t" };

	take(b, &s, terminal(1), 10, true);
	came(&s, 10);
	take(b, &h, terminal(2), 32 * MIB, false);
	take(b, &t, terminal(3), 10, false); /* h has its turn first */
	give(&s);
	assert(strcmp(order, "h") == 0);
	give(&h);
	assert(strcmp(order, "ht") == 0);
	give(&t);
	budget_free(b);
}

static void test_parts(void)
{
	struct budget *b = small();
	struct body a = { "a" }, s = { "s" }, t = { "t" }, u = { "u" };

	take(b, &a, terminal(1), 700, true);
	came(&a, 700);
	take(b, &s, owner_stranger("192.0.2.1"), 100, true); /* a part of their own */
	take(b, &t, owner_stranger("192.0.2.2"), 10, false);
	take(b, &u, terminal(2), 10, false);
	give(&a);
	assert(strcmp(order, "u") == 0); /* and strangers get nothing of the rest */
	give(&s);
	assert(strcmp(order, "ut") == 0);
	give(&t);
	give(&u);
	budget_free(b);
}

static void test_owners(void)
{
	order[0] = '\0';
	struct budget *b = budget_new(80 * MIB);
	struct owner one = owner_stranger("2001:db8::1"), same = owner_stranger("2001:db8::2");
	struct body a = { "a" }, c = { "c" }, d = { "d" };
	struct body t[5] = { { "p" }, { "q" }, { "r" }, { "s" }, { "t" } };

	take(b, &a, one, 250 * KIB, true);
	take(b, &c, same, 250 * KIB, true);
	for (int i = 0; i < 5; i++)
		take(b, &t[i], (struct owner){ OWNER_TERMINAL, 7 }, 10, i < 4);
	give(&t[2]); /* four bodies of one terminal at once */
	assert(strcmp(order, "t") == 0);
	for (int i = 0; i < 5; i++)
		give(&t[i]);
	order[0] = '\0';
	take(b, &d, owner_stranger("192.0.2.9"), 250 * KIB, true);
	struct body many[4] = { { "0" }, { "1" }, { "2" }, { "3" } };
	for (int i = 0; i < 4; i++) /* 1 MiB of one /64 */
		take(b, &many[i], one, 250 * KIB, i < 2);
	give(&d);
	assert(order[0] == '\0'); /* it is not the memory that they lack */
	give(&c);
	assert(strcmp(order, "2") == 0);
	give(&a);
	assert(strcmp(order, "23") == 0);
	for (int i = 0; i < 4; i++)
		give(&many[i]);
	assert(used(b, true) == 0);
	budget_free(b);
}

static void test_small_ones_of_an_account_pass_its_files(void)
{
	order[0] = '\0';
	struct budget *b = budget_new(8 * MIB);
	struct owner erp = { OWNER_ACCOUNT, 1 };
	struct body file = { "f" }, second = { "s" }, object = { "o" }, other = { "x" };

	take(b, &file, erp, 3 * MIB, true);
	take(b, &second, erp, 3 * MIB, false);
	take(b, &object, erp, 2 * KIB, true);
	take(b, &other, (struct owner){ OWNER_ACCOUNT, 2 }, 400 * KIB, true);
	give(&file);
	assert(strcmp(order, "s") == 0);
	give(&second);
	give(&object);
	give(&other);
	budget_free(b);
}

static void test_what_was_only_announced_holds_nothing_once_somebody_waits(void)
{
	struct budget *b = small();
	struct body a = { "a" }, c = { "c" };

	take(b, &a, terminal(1), 700, true);
	came(&a, 30);
	now += 10000; /* nobody waits: it keeps what it announced */
	budget_tick(b, now);
	assert(budget_held(a.claim) == 700);
	take(b, &c, terminal(2), 600, true);
	assert(budget_held(a.claim) == 30);
	assert(!budget_more(a.claim, 1, now)); /* and waits for the rest */
	came(&c, 600);
	budget_whole(c.claim);
	give(&c);
	assert(strcmp(order, "a") == 0 && budget_held(a.claim) == 700);
	give(&a);
	budget_free(b);
}

static void test_who_keeps_the_pace_keeps_all(void)
{
	struct budget *b = small();
	struct body a = { "a" }, c = { "c" };

	take(b, &a, terminal(1), 600, true);
	budget_tick(b, now += 15000);
	came(&a, 301);
	take(b, &c, terminal(2), 200, false);
	came(&a, 350);
	budget_tick(b, now += 2100);
	assert(order[0] == '\0' && budget_held(a.claim) == 600);
	came(&a, 600);
	budget_whole(a.claim); /* waits for its commit: nobody hurries that */
	now += 60000;
	budget_tick(b, now);
	assert(order[0] == '\0');
	give(&a);
	assert(strcmp(order, "c") == 0);
	give(&c);
	budget_free(b);
}

static void test_the_furthest_behind_ends(void)
{
	struct budget *b = small();
	struct body a = { "a" }, c = { "c" }, d = { "d" };

	take(b, &a, terminal(1), 350, true);
	take(b, &c, terminal(2), 350, true);
	budget_tick(b, now += 20000);
	came(&a, 170);
	came(&c, 150);
	take(b, &d, terminal(3), 600, false);
	budget_tick(b, now += 1000);
	assert(order[0] == '\0');
	budget_tick(b, now += 1000);
	assert(strcmp(order, "c!a!d") == 0); /* both, because one was not enough */
	assert(used(b, false) == 600);
	give(&d);
	budget_free(b);
}

static void test_who_stops_is_behind_however_much_came(void)
{
	struct budget *b = small();
	struct body a = { "a" }, c = { "c" };

	take(b, &a, terminal(1), 700, true);
	came(&a, 690);
	take(b, &c, terminal(2), 600, false);
	budget_tick(b, now += 4900);
	assert(order[0] == '\0');
	budget_tick(b, now += 200);
	assert(strcmp(order, "a!c") == 0);
	give(&c);
	budget_free(b);
}

static void test_it_is_told_once(void)
{
	struct budget *b = small();
	struct body a = { "a", .stays = true }, d = { "d" };

	take(b, &a, terminal(1), 700, true);
	now += 20000;
	came(&a, 170);
	take(b, &d, terminal(2), 600, false);
	for (int i = 0; i < 5; i++)
		budget_tick(b, now += 1000);
	assert(strcmp(order, "a!") == 0);
	give(&a);
	assert(strcmp(order, "a!d") == 0);
	give(&d);
	budget_free(b);
}

static void test_bodies_of_unknown_length(void)
{
	struct budget *b = small();
	struct body a = { "a" }, c = { "c" };

	take(b, &a, terminal(1), 200, true);
	came(&a, 200);
	assert(budget_more(a.claim, 200, now) && budget_held(a.claim) == 400);
	take(b, &c, terminal(2), 200, true);
	came(&a, 400);
	assert(!budget_more(a.claim, 200, now));
	give(&c);
	assert(strcmp(order, "a") == 0 && budget_held(a.claim) == 600);
	give(&a);
	assert(used(b, false) == 0 && waiting(b) == 0);
	budget_free(b);
}

static struct budget *nested;
static struct body inner = { "n" }, inmost = { "m" };

static void give_at_once(void *arg)
{
	granted(arg);
	give(&inner);
	take(nested, &inmost, terminal(3), 1, true);
}

static void test_granted_gives_and_takes(void)
{
	static const struct budget_hooks eager = { give_at_once, late };
	struct body a = { "a" };
	bool ready;

	nested = small();
	take(nested, &a, terminal(1), 700, true);
	came(&a, 700);
	inner.claim = budget_take(nested, terminal(2), 90, &eager, &inner, now, &ready);
	assert(!ready);
	give(&a);
	assert(strcmp(order, "n") == 0 && used(nested, false) == 1);
	give(&inmost);
	budget_free(nested);
}

int main(void)
{
	test_in_order();
	test_end_while_waiting();
	test_large_share();
	test_more_than_all();
	test_parts();
	test_owners();
	test_small_ones_of_an_account_pass_its_files();
	test_what_was_only_announced_holds_nothing_once_somebody_waits();
	test_who_keeps_the_pace_keeps_all();
	test_the_furthest_behind_ends();
	test_who_stops_is_behind_however_much_came();
	test_it_is_told_once();
	test_bodies_of_unknown_length();
	test_granted_gives_and_takes();
	return 0;
}
