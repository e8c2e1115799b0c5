/* Which address is dialled first. */
#include "hub.h"

#include <assert.h>
#include <event2/event.h>
#include <string.h>

static const struct pg_target a = { "a.example", "192.0.2.1", "5432" },
			      b = { "b.example", "192.0.2.2", "5432" },
			      c = { "b.example", "192.0.2.2", "5433" };

static struct db_hub *hub;

/* The letters of the three in the order that a dial takes. */
static const char *order(void)
{
	static char text[4];
	struct pg_target targets[] = { a, b, c };

	hub_sort(hub, targets, 3);
	for (int i = 0; i < 3; i++)
		text[i] = targets[i].host[0] == 'a'		 ? 'a'
			  : strcmp(targets[i].port, "5432") == 0 ? 'b'
								 : 'c';
	return text;
}

static void test_as_written(void)
{
	assert(strcmp(order(), "abc") == 0);
}

static void test_the_last_that_worked_goes_first(void)
{
	hub_worked(hub, &c);
	assert(strcmp(order(), "cab") == 0);
	hub_worked(hub, &b);
	assert(strcmp(order(), "bac") == 0);
}

static void test_a_silent_one_goes_last(void)
{
	hub_silent(hub, &b); /* though it worked last */
	assert(strcmp(order(), "acb") == 0);
	hub_silent(hub, &a);
	assert(strcmp(order(), "cab") == 0);
	hub_worked(hub, &b);
	assert(strcmp(order(), "bca") == 0);
}

static void test_any_number_may_be_silent(void)
{
	for (int i = 0; i < 100; i++) {
		struct pg_target other = { .host = "d.example" };
		other.port[0] = (char)('!' + i % 90);
		hub_silent(hub, &other);
	}
	hub_silent(hub, &b);
	hub_silent(hub, &c);
	assert(strcmp(order(), "abc") == 0);
	hub_sort(hub, NULL, 0);
}

int main(void)
{
	struct event_base *base = event_base_new();

	hub = db_hub_new(base);
	test_as_written();
	test_the_last_that_worked_goes_first();
	test_a_silent_one_goes_last();
	test_any_number_may_be_silent();
	db_hub_free(hub);
	event_base_free(base);
	return 0;
}
