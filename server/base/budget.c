/*
 * Two parts, strangers' and the others'. In each two lines, small and large claims, first come
 * first served: a large claim that its share has room for stands in one line with the small ones,
 * or it would never find the part empty enough; one that waits for other large claims keeps no
 * small one out. A claim beyond its owner's most is parked with the owner until one of that owner's
 * ends, and stands in no line before.
 */
#include "budget.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "fatal.h"
#include "map.h"

enum {
	LARGE = 256 * 1024,
	STRANGERS_PART = 8, /* one eighth */
	STRANGER_MOST = 1024 * 1024, /* of one of them */
	TERMINAL_BODIES = 4,
	PARKED_MOST = 60, /* of one terminal */
	ACCOUNT_PART = 4, /* a quarter */
	WAITING_MOST = 20000, /* claims of a part */
	PACE_MS = 30000, /* for a whole body */
	STALL_MS = 5000, /* without a byte: behind, whatever came before */
	PATIENCE_MS = 2000,
	RECLAIM_MS = 100 /* between two looks at who is behind */
};

enum claim_state { CLAIM_NEW, CLAIM_PARKED, CLAIM_IN_LINE, CLAIM_HELD };

TAILQ_HEAD(claims, budget_claim);

struct tenant { /* an owner with claims */
	struct owner owner;
	struct budget *budget;
	struct part *part;
	int nclaims, nparked;
	/* small and large: */
	size_t sizes[2]; /* in line or held */
	struct claims parked[2];
	TAILQ_ENTRY(tenant) pressed; /* while it has parked ones */
};

struct budget_claim {
	struct tenant *tenant;
	const struct budget_hooks *hooks;
	void *arg;
	size_t announced;
	size_t size; /* held */
	size_t want; /* waited for, beyond size */
	size_t came;
	int64_t since; /* of its first turn; 0: it had none */
	int64_t moved; /* when bytes came, or its turn */
	int64_t asked; /* when it began to wait */
	uint64_t number; /* in its line, in the order of arrival */
	enum claim_state state;
	bool large;
	bool whole;
	bool asking; /* it is told by a return value, not by granted() */
	bool late; /* told to end */
	TAILQ_ENTRY(budget_claim) line; /* parked, in a line, or among the readers */
};

struct part {
	size_t limit;
	size_t used, large_used, waiting;
	int nwaiting;
	struct claims lines[2]; /* small, large */
	struct claims readers; /* held, not whole */
	TAILQ_HEAD(, tenant) pressed;
	uint64_t next_number;
	int64_t now; /* as last told */
	int64_t reclaimed;
	bool granting;
	uint64_t refused, ended_early;
};

struct budget {
	struct part parts[2]; /* known, strangers */
	struct map *tenants;
};

/* --- owners ---------------------------------------------------------------------------------- */

static struct tenant *tenant_of(struct budget *b, struct owner owner)
{
	uint64_t key[2] = { owner.class, owner.key };
	struct tenant *t = (struct tenant *)map_get(b->tenants, key, sizeof(key));

	if (t)
		return t;
	t = xcalloc(1, sizeof(*t));
	t->owner = owner;
	t->budget = b;
	t->part = &b->parts[owner.class == OWNER_STRANGER];
	TAILQ_INIT(&t->parked[false]);
	TAILQ_INIT(&t->parked[true]);
	map_put(b->tenants, key, sizeof(key), (uintptr_t)t);
	return t;
}

static void tenant_leave(struct tenant *t)
{
	uint64_t key[2] = { t->owner.class, t->owner.key };

	if (t->nclaims > 0)
		return;
	map_put(t->budget->tenants, key, sizeof(key), 0);
	free(t);
}

static size_t tenant_most(const struct tenant *t)
{
	switch (t->owner.class) {
	case OWNER_STRANGER:
		return STRANGER_MOST;
	case OWNER_ACCOUNT:
		return t->part->limit / ACCOUNT_PART;
	default:
		return SIZE_MAX;
	}
}

/* others: what is there beside the claim itself, which may be alone whatever its size. */
static bool fits(size_t others, size_t size, size_t limit)
{
	return others == 0 || (others <= limit && size <= limit - others);
}

static bool tenant_is_pressed(const struct tenant *t)
{
	return !TAILQ_EMPTY(&t->parked[false]) || !TAILQ_EMPTY(&t->parked[true]);
}

static bool tenant_has_room(const struct tenant *t, const struct budget_claim *c)
{
	int turns = t->nclaims - t->nparked - (c->state != CLAIM_PARKED); /* others' */

	if (t->owner.class == OWNER_TERMINAL && c->size == 0 && turns >= TERMINAL_BODIES)
		return false;
	return fits(t->sizes[c->large] - c->size, c->size + c->want, tenant_most(t));
}

/* --- lines ----------------------------------------------------------------------------------- */

static void claim_line_up(struct budget_claim *c)
{
	struct part *p = c->tenant->part;

	c->state = CLAIM_IN_LINE;
	c->number = p->next_number++;
	c->tenant->sizes[c->large] += c->want;
	TAILQ_INSERT_TAIL(&p->lines[c->large], c, line);
}

static void claim_park(struct budget_claim *c)
{
	struct tenant *t = c->tenant;

	c->state = CLAIM_PARKED;
	t->nparked++;
	if (!tenant_is_pressed(t))
		TAILQ_INSERT_TAIL(&t->part->pressed, t, pressed);
	TAILQ_INSERT_TAIL(&t->parked[c->large], c, line);
}

static void claim_unpark(struct budget_claim *c)
{
	struct tenant *t = c->tenant;

	TAILQ_REMOVE(&t->parked[c->large], c, line);
	t->nparked--;
	if (!tenant_is_pressed(t))
		TAILQ_REMOVE(&t->part->pressed, t, pressed);
}

/* Takes it from wherever it waits. */
static void claim_stop_waiting(struct budget_claim *c)
{
	struct part *p = c->tenant->part;

	if (c->state == CLAIM_PARKED) {
		claim_unpark(c);
	} else {
		TAILQ_REMOVE(&p->lines[c->large], c, line);
		c->tenant->sizes[c->large] -= c->want;
	}
	p->waiting -= c->want;
	p->nwaiting--;
}

static void claim_hold(struct budget_claim *c)
{
	struct part *p = c->tenant->part;

	claim_stop_waiting(c);
	c->state = CLAIM_HELD;
	c->size += c->want;
	c->tenant->sizes[c->large] += c->want;
	p->used += c->want;
	if (c->large)
		p->large_used += c->want;
	c->want = 0;
	if (!c->since)
		c->since = c->moved = p->now;
	TAILQ_INSERT_TAIL(&p->readers, c, line);
}

static bool share_has_room(const struct part *p, const struct budget_claim *c)
{
	return fits(p->large_used - c->size, c->size + c->want, p->limit / 2);
}

static bool part_has_room(const struct part *p, const struct budget_claim *c)
{
	return fits(p->used - c->size, c->size + c->want, p->limit);
}

/* Whose turn it is, also while that one has to wait; NULL: nobody, or the large only wait for
 * each other. */
static struct budget_claim *claim_first(const struct part *p)
{
	struct budget_claim *c = TAILQ_FIRST(&p->lines[false]);
	struct budget_claim *large = TAILQ_FIRST(&p->lines[true]);

	if (large && share_has_room(p, large) && (!c || large->number < c->number))
		c = large;
	return c;
}

static struct budget_claim *claim_next(const struct part *p)
{
	struct budget_claim *c = claim_first(p);
	return c && part_has_room(p, c) ? c : NULL;
}

/* Those of this owner that have room now stand in line. */
static void tenant_unpark(struct tenant *t)
{
	struct budget_claim *c;

	for (int i = 0; i < 2; i++)
		while ((c = TAILQ_FIRST(&t->parked[i])) && tenant_has_room(t, c)) {
			claim_unpark(c);
			claim_line_up(c);
		}
}

/* granted() may take and give: the loop goes on with what it finds then. */
static void part_grant(struct part *p)
{
	struct budget_claim *c;

	if (p->granting)
		return;
	p->granting = true;
	while ((c = claim_next(p))) {
		claim_hold(c);
		if (!c->asking)
			c->hooks->granted(c->arg);
	}
	p->granting = false;
}

/* --- the pace -------------------------------------------------------------------------------- */

/* Milliseconds; not above 0: it keeps the pace. */
static int64_t claim_behind(const struct budget_claim *c)
{
	int64_t now = c->tenant->part->now;
	double share = (double)c->came / (double)c->announced;
	int64_t behind = now - c->since - (int64_t)(PACE_MS * share);
	int64_t stalled = now - c->moved - STALL_MS;

	return behind > stalled ? behind : stalled;
}

static void claim_shrink(struct budget_claim *c)
{
	struct part *p = c->tenant->part;
	size_t less = c->size - c->came;

	c->size -= less;
	c->tenant->sizes[c->large] -= less;
	p->used -= less;
	if (c->large)
		p->large_used -= less;
}

/* Somebody waits: who is behind holds no more than what came. */
static void part_reclaim(struct part *p)
{
	struct budget_claim *c;
	struct tenant *t, *next;

	if (p->nwaiting == 0 || p->now - p->reclaimed < RECLAIM_MS)
		return;
	p->reclaimed = p->now;
	TAILQ_FOREACH(c, &p->readers, line)
	if (c->size > c->came && claim_behind(c) > 0)
		claim_shrink(c);
	for (t = TAILQ_FIRST(&p->pressed); t; t = next) {
		next = TAILQ_NEXT(t, pressed);
		tenant_unpark(t);
	}
}

struct pressure { /* for whom room is made */
	const struct tenant *tenant; /* of this owner only; NULL: of all */
	bool large; /* of large ones only */
};

static struct budget_claim *furthest_among(
	const struct claims *list, const struct pressure *for_whom, struct budget_claim *worst)
{
	struct budget_claim *c;

	TAILQ_FOREACH(c, list, line)
	{
		bool fit = c->size > 0 && !c->late &&
			   (!for_whom->tenant || for_whom->tenant == c->tenant) &&
			   (!for_whom->large || c->large);
		if (fit && claim_behind(c) > (worst ? claim_behind(worst) : 0))
			worst = c;
	}
	return worst;
}

/* Ends the body furthest behind, read or waiting for its rest; false: all keep the pace. */
static bool part_hurry(struct part *p, const struct pressure *for_whom)
{
	struct budget_claim *worst = furthest_among(&p->readers, for_whom, NULL);
	const struct tenant *t;

	for (int i = 0; i < 2; i++)
		worst = furthest_among(&p->lines[i], for_whom, worst);
	TAILQ_FOREACH(t, &p->pressed, pressed)
	for (int i = 0; i < 2; i++)
		worst = furthest_among(&t->parked[i], for_whom, worst);
	if (!worst)
		return false;
	p->ended_early++;
	worst->late = true;
	worst->hooks->late(worst->arg);
	return true;
}

static bool has_waited(const struct budget_claim *c)
{
	return c && c->tenant->part->now - c->asked >= PATIENCE_MS;
}

/* One a tick, and the next owner at the next. */
static void pressed_tick(struct part *p)
{
	struct tenant *t = TAILQ_FIRST(&p->pressed);

	if (!t)
		return;
	TAILQ_REMOVE(&p->pressed, t, pressed);
	TAILQ_INSERT_TAIL(&p->pressed, t, pressed);
	for (int i = 0; i < 2; i++)
		if (has_waited(TAILQ_FIRST(&t->parked[i]))) {
			part_hurry(p, &(struct pressure){ t, i });
			return;
		}
}

static void part_tick(struct part *p)
{
	struct budget_claim *c;

	part_reclaim(p);
	part_grant(p);
	while (has_waited(claim_first(p)) && part_hurry(p, &(struct pressure){ NULL, false }))
		part_grant(p);
	c = TAILQ_FIRST(&p->lines[true]);
	if (has_waited(c) && !share_has_room(p, c))
		part_hurry(p, &(struct pressure){ NULL, true });
	pressed_tick(p);
}

void budget_tick(struct budget *b, int64_t now)
{
	for (int i = 0; i < 2; i++) {
		b->parts[i].now = now;
		if (b->parts[i].nwaiting > 0)
			part_tick(&b->parts[i]);
	}
}

/* --- claims ---------------------------------------------------------------------------------- */

/* Stands in line, or is parked; true: it had not to wait. */
static bool claim_ask(struct budget_claim *c, int64_t now)
{
	struct part *p = c->tenant->part;

	p->now = c->asked = now;
	p->waiting += c->want;
	p->nwaiting++;
	if (tenant_has_room(c->tenant, c))
		claim_line_up(c);
	else
		claim_park(c);
	if (claim_next(p) == c) {
		claim_hold(c);
	} else {
		c->asking = true;
		part_reclaim(p);
		part_grant(p);
		c->asking = false;
	}
	return c->state == CLAIM_HELD;
}

struct budget_claim *budget_take(struct budget *b, struct owner owner, size_t size,
	const struct budget_hooks *hooks, void *arg, int64_t now, bool *ready)
{
	struct tenant *t = tenant_of(b, owner);
	bool many = owner.class == OWNER_TERMINAL && t->nparked >= PARKED_MOST;

	*ready = false;
	if (many || t->part->nwaiting >= WAITING_MOST) {
		t->part->refused++;
		tenant_leave(t);
		return NULL;
	}
	struct budget_claim *c = xcalloc(1, sizeof(*c));
	c->tenant = t;
	c->hooks = hooks;
	c->arg = arg;
	c->announced = size ? size : 1;
	c->want = size;
	c->large = size > LARGE;
	t->nclaims++;
	*ready = claim_ask(c, now);
	return c;
}

size_t budget_held(const struct budget_claim *c)
{
	return c->size;
}

void budget_came(struct budget_claim *c, size_t came)
{
	c->came = came;
	c->moved = c->tenant->part->now;
}

bool budget_more(struct budget_claim *c, size_t step, int64_t now)
{
	if (c->announced <= c->size)
		c->announced = c->size + step;
	c->want = c->announced - c->size;
	TAILQ_REMOVE(&c->tenant->part->readers, c, line);
	return claim_ask(c, now);
}

void budget_whole(struct budget_claim *c)
{
	if (c->whole || c->state != CLAIM_HELD)
		return;
	c->whole = true;
	TAILQ_REMOVE(&c->tenant->part->readers, c, line);
}

void budget_give(struct budget_claim *c)
{
	if (!c)
		return;
	struct tenant *t = c->tenant;
	struct part *p = t->part;

	if (c->state != CLAIM_HELD)
		claim_stop_waiting(c);
	else if (!c->whole)
		TAILQ_REMOVE(&p->readers, c, line);
	t->sizes[c->large] -= c->size;
	p->used -= c->size;
	if (c->large)
		p->large_used -= c->size;
	free(c);
	t->nclaims--;
	tenant_unpark(t);
	tenant_leave(t);
	part_grant(p);
}

/* --- life ------------------------------------------------------------------------------------ */

static void part_init(struct part *p, size_t limit)
{
	p->limit = limit;
	TAILQ_INIT(&p->lines[false]);
	TAILQ_INIT(&p->lines[true]);
	TAILQ_INIT(&p->readers);
	TAILQ_INIT(&p->pressed);
}

struct budget *budget_new(size_t limit)
{
	struct budget *b = xcalloc(1, sizeof(*b));

	part_init(&b->parts[false], limit - limit / STRANGERS_PART);
	part_init(&b->parts[true], limit / STRANGERS_PART);
	b->tenants = map_new();
	return b;
}

void budget_free(struct budget *b)
{
	if (!b)
		return;
	map_free(b->tenants);
	free(b);
}

void budget_stats(const struct budget *b, bool strangers, struct budget_stats *out)
{
	const struct part *p = &b->parts[strangers];

	*out = (struct budget_stats){ p->used, p->waiting, p->refused, p->ended_early };
}
