/* Who gets bytes when, and that large claims do not keep small ones out nor starve. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "budget.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

static char order[64];

static void granted(void *arg)
{
	strcat(order, arg);
}

static struct budget_claim *take(struct budget *b, size_t size, const char *name, bool expected)
{
	bool ready;
	struct budget_claim *c = budget_take(b, size, granted, (void *)(uintptr_t)name, &ready);
	assert(ready == expected);
	return c;
}

static void test_in_order(void)
{
	order[0] = '\0';
	struct budget *b = budget_new(1000);
	struct budget_claim *a = take(b, 600, "a", true);
	struct budget_claim *c = take(b, 500, "c", false);
	struct budget_claim *d = take(b, 100, "d", false); /* would fit, but c was before */
	struct budget_claim *e = take(b, 400, "e", false);
	assert(budget_used(b) == 600 && budget_waiting(b) == 1000);
	budget_give(a);
	assert(strcmp(order, "cde") == 0);
	assert(budget_used(b) == 1000 && budget_waiting(b) == 0);
	budget_give(c);
	budget_give(d);
	budget_give(e);
	assert(budget_used(b) == 0);
	budget_free(b);
}

static void test_end_while_waiting(void)
{
	order[0] = '\0';
	struct budget *b = budget_new(1000);
	struct budget_claim *a = take(b, 900, "a", true);
	struct budget_claim *c = take(b, 500, "c", false);
	struct budget_claim *d = take(b, 100, "d", false);
	budget_give(c);
	assert(strcmp(order, "d") == 0);
	budget_give(a);
	budget_give(d);
	budget_give(NULL);
	budget_free(b);
}

static void test_large_share(void)
{
	order[0] = '\0';
	struct budget *b = budget_new(8 * MIB);
	struct budget_claim *a = take(b, 3 * MIB, "a", true);
	struct budget_claim *c = take(b, 2 * MIB, "c", false); /* the share is 4 MiB */
	struct budget_claim *s = take(b, 100 * KIB, "s", true);
	struct budget_claim *h = take(b, 6 * MIB, "h", false);
	budget_give(a);
	assert(strcmp(order, "c") == 0);
	budget_give(c);
	assert(strcmp(order, "ch") == 0); /* alone in its share */
	budget_give(h);
	budget_give(s);
	assert(budget_used(b) == 0);
	budget_free(b);
}

static void test_more_than_all(void)
{
	order[0] = '\0';
	struct budget *b = budget_new(1 * MIB);
	struct budget_claim *s = take(b, 10, "s", true);
	struct budget_claim *h = take(b, 32 * MIB, "h", false);
	struct budget_claim *t = take(b, 10, "t", false); /* h has its turn first */
	budget_give(s);
	assert(strcmp(order, "h") == 0);
	budget_give(h);
	assert(strcmp(order, "ht") == 0);
	budget_give(t);
	budget_free(b);
}

static struct budget *nested;
static struct budget_claim *nested_claim, *nested_more;

static void give_at_once(void *arg)
{
	bool ready;
	strcat(order, arg);
	budget_give(nested_claim);
	nested_more = budget_take(nested, 1, granted, "m", &ready);
	assert(ready);
}

static void test_granted_gives_and_takes(void)
{
	order[0] = '\0';
	bool ready;
	nested = budget_new(100);
	struct budget_claim *a = take(nested, 100, "a", true);
	nested_claim = budget_take(nested, 90, give_at_once, "n", &ready);
	assert(!ready);
	budget_give(a);
	assert(strcmp(order, "n") == 0 && budget_used(nested) == 1);
	budget_give(nested_more);
	budget_free(nested);
}

int main(void)
{
	test_in_order();
	test_end_while_waiting();
	test_large_share();
	test_more_than_all();
	test_granted_gives_and_takes();
	return 0;
}
