/* Whose turn it is to have a connection. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue.h"

enum { ALL = 100 };

struct query {
	struct queue_item item; /* first */
	char name;
};

static const struct owner asha = { OWNER_ACCOUNT, 1 }, ben = { OWNER_ACCOUNT, 2 },
			  chen = { OWNER_ACCOUNT, 3 };
static struct query made[4096];
static int n;
static struct queue_lane *under_way[256]; /* by name */

/* A letter each: quick ones. */
static void come(struct queue *q, struct owner owner, const char *names, enum queue_kind kind)
{
	for (; *names; names++) {
		made[n].name = *names;
		queue_add(q, &made[n++].item, owner, kind);
	}
}

/* The next ones, as letters. */
static const char *taken(struct queue *q, int connections, int most_long)
{
	static char names[256];
	struct query *next;
	int k = 0;

	while (k < connections && (next = (struct query *)queue_take(q, most_long, 4))) {
		under_way[(unsigned char)next->name] = next->item.lane;
		memset(&next->item, 0xee, sizeof(next->item)); /* not needed any more */
		names[k++] = next->name;
	}
	names[k] = '\0';
	return names;
}

static void ends(struct queue *q, const char *names)
{
	for (; *names; names++)
		queue_done(q, under_way[(unsigned char)*names]);
}

static void test_alone_an_owner_has_all(void)
{
	struct queue *q = queue_new();

	come(q, asha, "abcdefgh", QUEUE_QUICK);
	assert(queue_waiting(q) == 8);
	assert(!strcmp(taken(q, ALL, 4), "abcdefgh")); /* in order */
	assert(queue_waiting(q) == 0 && !queue_any(q));
	ends(q, "hgfedcba");
	queue_free(q);
}

static void test_who_has_fewest_is_next(void)
{
	struct queue *q = queue_new();

	come(q, asha, "abcdefghij", QUEUE_QUICK);
	assert(!strcmp(taken(q, 8, 4), "abcdefgh"));
	come(q, ben, "BCD", QUEUE_QUICK);
	come(q, chen, "x", QUEUE_QUICK);
	ends(q, "a");
	assert(!strcmp(taken(q, 1, 4), "B")); /* both have none, ben waits longer */
	ends(q, "b");
	assert(!strcmp(taken(q, 1, 4), "x"));
	ends(q, "cdef"); /* asha still has two, ben one */
	assert(!strcmp(taken(q, 4, 4), "CiDj")); /* two each: who came first */
	ends(q, "ghBxCDij");
	queue_free(q);
}

/* Own work and strangers without an address are owners like others. */
static void test_owners_differ_by_class(void)
{
	struct queue *q = queue_new();
	const struct owner ours = { 0 }, terminal = { OWNER_TERMINAL, 1 };

	come(q, asha, "ab", QUEUE_QUICK);
	come(q, terminal, "tu", QUEUE_QUICK);
	come(q, ours, "o", QUEUE_QUICK);
	assert(!strcmp(taken(q, ALL, 4), "atobu"));
	ends(q, "atobu");
	queue_free(q);
}

static void test_long_ones_have_a_share(void)
{
	struct queue *q = queue_new();

	come(q, asha, "ABC", QUEUE_LONG);
	come(q, ben, "DE", QUEUE_LONG);
	come(q, chen, "F", QUEUE_LONG);
	assert(!strcmp(taken(q, ALL, 4), "ADFB")); /* four of eight */
	assert(queue_waiting(q) == 2);
	come(q, asha, "a", QUEUE_QUICK);
	come(q, ben, "b", QUEUE_QUICK);
	assert(!strcmp(taken(q, ALL, 4), "ab")); /* their long ones do not count against them */
	ends(q, "F");
	assert(!strcmp(taken(q, ALL, 4), "E"));
	ends(q, "D"); /* room for one, but asha has two */
	assert(!strcmp(taken(q, ALL, 4), ""));
	ends(q, "A");
	assert(!strcmp(taken(q, ALL, 4), "C"));
	ends(q, "BCEab");
	queue_free(q);
}

static void test_alone_long_ones_are_two(void)
{
	struct queue *q = queue_new();

	come(q, asha, "ABCD", QUEUE_LONG);
	assert(!strcmp(taken(q, ALL, 4), "AB"));
	ends(q, "A");
	assert(!strcmp(taken(q, ALL, 1), "")); /* the pool has shrunk meanwhile */
	assert(!strcmp(taken(q, ALL, 4), "C"));
	ends(q, "BC");
	assert(!strcmp(taken(q, ALL, 1), "D"));
	ends(q, "D");
	queue_free(q);
}

static void test_who_gives_up(void)
{
	struct queue *q = queue_new();

	come(q, asha, "ab", QUEUE_QUICK);
	come(q, ben, "B", QUEUE_QUICK);
	int b = n - 2;
	queue_remove(q, &made[b - 1].item);
	queue_remove(q, &made[b + 1].item);
	assert(queue_any(q) == &made[b].item && queue_waiting(q) == 1);
	queue_remove(q, &made[b].item);
	assert(!queue_any(q) && !queue_take(q, 4, 4));
	come(q, ben, "C", QUEUE_LONG);
	assert(!strcmp(taken(q, ALL, 4), "C"));
	ends(q, "C");
	queue_free(q);
}

/* Against the rule, said plainly. */
static void test_many(void)
{
	enum { OWNERS = 37, ROUNDS = 20000 };
	static struct query waiting[ROUNDS];
	static int of[ROUNDS], state[ROUNDS]; /* 0 not there, 1 waits, 2 under way */
	static struct queue_lane *lanes[ROUNDS];
	int has[OWNERS] = { 0 }, made_here = 0;
	struct queue *q = queue_new();

	srandom(7);
	while (made_here < ROUNDS) {
		int dice = (int)(random() % 3), low = made_here > 300 ? made_here - 300 : 0;
		int i = made_here ? low + (int)(random() % (made_here - low)) : 0;
		if (dice == 0 || made_here == 0) {
			of[made_here] = (int)(random() % OWNERS);
			state[made_here] = 1;
			queue_add(q, &waiting[made_here].item,
				(struct owner){ OWNER_ACCOUNT, (uint64_t)of[made_here] },
				QUEUE_QUICK);
			made_here++;
		} else if (dice == 1 && state[i] == 2) {
			queue_done(q, lanes[i]);
			has[of[i]]--;
			state[i] = 0;
		} else if (dice == 1 && state[i] == 1) {
			queue_remove(q, &waiting[i].item);
			state[i] = 0;
		} else if (dice == 2) {
			int best = -1;
			for (int k = 0; k < made_here; k++)
				if (state[k] == 1 && (best < 0 || has[of[k]] < has[of[best]]))
					best = k;
			struct queue_item *item = queue_take(q, 1, 1);
			assert(item == (best < 0 ? NULL : &waiting[best].item));
			if (best < 0)
				continue;
			lanes[best] = item->lane;
			state[best] = 2;
			has[of[best]]++;
		}
	}
	for (int k = 0; k < ROUNDS; k++)
		if (state[k] == 1)
			queue_remove(q, &waiting[k].item);
		else if (state[k] == 2)
			queue_done(q, lanes[k]);
	assert(queue_waiting(q) == 0);
	queue_free(q);
}

static void test_durable_ones_leave_some_to_others(void)
{
	struct queue *q = queue_new();

	come(q, asha, "ABCDEF", QUEUE_DURABLE);
	come(q, asha, "a", QUEUE_QUICK);
	come(q, ben, "GH", QUEUE_DURABLE);
	assert(!strcmp(taken(q, 3, 4), "AaG"));
	assert(!strcmp(taken(q, ALL, 4), "BH")); /* four of eight; all others wait for those */
	assert(queue_waiting(q) == 4);
	come(q, asha, "b", QUEUE_QUICK);
	come(q, chen, "L", QUEUE_LONG);
	assert(!strcmp(taken(q, ALL, 4), "Lb")); /* which do not stand in the way of the rest */
	ends(q, "A");
	assert(!strcmp(taken(q, ALL, 4), "C"));
	ends(q, "aGBHLbC");
	assert(!strcmp(taken(q, ALL, 4), "DEF"));
	ends(q, "DEF");
	queue_free(q);
}

int main(void)
{
	test_alone_an_owner_has_all();
	test_who_has_fewest_is_next();
	test_owners_differ_by_class();
	test_long_ones_have_a_share();
	test_alone_long_ones_are_two();
	test_who_gives_up();
	test_many();
	test_durable_ones_leave_some_to_others();
	return 0;
}
