/*
 * Two lines, small and large claims, each first come, first served. A large claim that its share
 * has room for stands in one line with the small ones, or it would never find the budget empty
 * enough; one that waits for other large claims keeps no small one out.
 */
#include "budget.h"

#include <stdint.h>
#include <stdlib.h>

#include "fatal.h"

enum { LARGE = 256 * 1024 };

struct budget_claim {
	struct budget *budget;
	size_t size;
	void (*granted)(void *);
	void *arg;
	bool large;
	bool held;
	uint64_t number; /* in the order of arrival */
	struct budget_claim *next, **prev;
};

struct line {
	struct budget_claim *first, **last;
};

struct budget {
	size_t limit, share;
	size_t used, large_used, waiting;
	struct line small, large;
	uint64_t next_number;
	bool granting;
};

static void line_init(struct line *l)
{
	l->first = NULL;
	l->last = &l->first;
}

static void line_add(struct line *l, struct budget_claim *c)
{
	c->next = NULL;
	c->prev = l->last;
	*l->last = c;
	l->last = &c->next;
}

static void line_remove(struct line *l, struct budget_claim *c)
{
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		l->last = c->prev;
}

struct budget *budget_new(size_t limit)
{
	struct budget *b = xcalloc(1, sizeof(*b));
	b->limit = limit;
	b->share = limit / 2;
	line_init(&b->small);
	line_init(&b->large);
	return b;
}

void budget_free(struct budget *b)
{
	free(b);
}

static bool fits(size_t used, size_t size, size_t limit)
{
	return used == 0 || (used <= limit && size <= limit - used);
}

/* Whose turn it is, or NULL while that one has to wait. */
static struct budget_claim *claim_next(struct budget *b)
{
	struct budget_claim *c = b->small.first, *large = b->large.first;
	if (large && fits(b->large_used, large->size, b->share) &&
		(!c || large->number < c->number))
		c = large;
	return c && fits(b->used, c->size, b->limit) ? c : NULL;
}

static void claim_hold(struct budget *b, struct budget_claim *c)
{
	line_remove(c->large ? &b->large : &b->small, c);
	c->held = true;
	b->waiting -= c->size;
	b->used += c->size;
	if (c->large)
		b->large_used += c->size;
}

/* granted() may take and give: the loop goes on with what it finds then. */
static void budget_grant(struct budget *b)
{
	if (b->granting)
		return;
	b->granting = true;
	struct budget_claim *c;
	while ((c = claim_next(b))) {
		claim_hold(b, c);
		c->granted(c->arg);
	}
	b->granting = false;
}

struct budget_claim *budget_take(
	struct budget *b, size_t size, void (*granted)(void *), void *arg, bool *ready)
{
	struct budget_claim *c = xmalloc(sizeof(*c));
	*c = (struct budget_claim){ .budget = b,
		.size = size,
		.granted = granted,
		.arg = arg,
		.large = size > LARGE,
		.number = b->next_number++ };
	line_add(c->large ? &b->large : &b->small, c);
	b->waiting += size;
	*ready = claim_next(b) == c;
	if (*ready)
		claim_hold(b, c);
	return c;
}

void budget_give(struct budget_claim *c)
{
	if (!c)
		return;
	struct budget *b = c->budget;
	if (c->held) {
		b->used -= c->size;
		if (c->large)
			b->large_used -= c->size;
	} else {
		line_remove(c->large ? &b->large : &b->small, c);
		b->waiting -= c->size;
	}
	free(c);
	budget_grant(b);
}

size_t budget_used(const struct budget *b)
{
	return b->used;
}

size_t budget_waiting(const struct budget *b)
{
	return b->waiting;
}
