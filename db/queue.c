/* Lanes with something waiting stand in a heap per kind, the one whose turn it is on top. */
#include "queue.h"

#include <stdlib.h>

#include "fatal.h"
#include "map.h"

struct queue_lane {
	struct share *share;
	enum queue_kind kind;
	struct queue_item *first, *last; /* in the order of arrival */
	int under_way;
	int place; /* in the heap, while something waits */
};

/* One owner's; there while something waits or is under way. */
struct share {
	uint64_t key[2];
	struct queue_lane lanes[QUEUE_KINDS];
};

struct heap {
	struct queue_lane **lanes;
	int n, size;
	int under_way; /* of all lanes of the kind */
};

struct queue {
	struct map *shares;
	struct heap heaps[QUEUE_KINDS];
	uint64_t nr;
	int waiting;
};

/* --- heaps ---------------------------------------------------------------------------------- */

static bool lane_before(const struct queue_lane *a, const struct queue_lane *b)
{
	return a->under_way != b->under_way ? a->under_way < b->under_way
					    : a->first->nr < b->first->nr;
}

static void heap_put(struct heap *h, struct queue_lane *lane, int place)
{
	h->lanes[place] = lane;
	lane->place = place;
}

/* Up or down to where it belongs. */
static void heap_move(struct heap *h, struct queue_lane *lane)
{
	int place = lane->place, child;

	while (place > 0 && lane_before(lane, h->lanes[(place - 1) / 2])) {
		heap_put(h, h->lanes[(place - 1) / 2], place);
		place = (place - 1) / 2;
	}
	while ((child = 2 * place + 1) < h->n) {
		if (child + 1 < h->n && lane_before(h->lanes[child + 1], h->lanes[child]))
			child++;
		if (!lane_before(h->lanes[child], lane))
			break;
		heap_put(h, h->lanes[child], place);
		place = child;
	}
	heap_put(h, lane, place);
}

static void heap_add(struct heap *h, struct queue_lane *lane)
{
	if (h->n == h->size) {
		h->size = h->size ? 2 * h->size : 16;
		h->lanes = xrealloc(h->lanes, (size_t)h->size * sizeof(*h->lanes));
	}
	heap_put(h, lane, h->n++);
	heap_move(h, lane);
}

static void heap_remove(struct heap *h, const struct queue_lane *lane)
{
	struct queue_lane *last = h->lanes[--h->n];

	if (last == lane)
		return;
	heap_put(h, last, lane->place);
	heap_move(h, last);
}

/* --- owners --------------------------------------------------------------------------------- */

static struct share *share_of(struct queue *q, struct owner owner)
{
	const uint64_t key[2] = { owner.class, owner.key };
	struct share *s = (struct share *)map_get(q->shares, key, sizeof(key));

	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->key[0] = key[0];
	s->key[1] = key[1];
	for (int kind = 0; kind < QUEUE_KINDS; kind++)
		s->lanes[kind] = (struct queue_lane){ .share = s, .kind = (enum queue_kind)kind };
	map_put(q->shares, key, sizeof(key), (uintptr_t)s);
	return s;
}

/* Ends with the last that waits or is under way. */
static void share_settle(struct queue *q, struct share *s)
{
	for (int kind = 0; kind < QUEUE_KINDS; kind++)
		if (s->lanes[kind].first || s->lanes[kind].under_way)
			return;
	map_put(q->shares, s->key, sizeof(s->key), 0);
	free(s);
}

/* --- items ---------------------------------------------------------------------------------- */

void queue_add(struct queue *q, struct queue_item *item, struct owner owner, enum queue_kind kind)
{
	struct queue_lane *lane = &share_of(q, owner)->lanes[kind];

	*item = (struct queue_item){ .prev = lane->last, .lane = lane, .nr = q->nr++ };
	q->waiting++;
	if (lane->last) {
		lane->last->next = item;
		lane->last = item;
	} else {
		lane->first = lane->last = item;
		heap_add(&q->heaps[lane->kind], lane);
	}
}

/* Out of its lane, whose turn then is another one. */
static void item_unlink(struct queue *q, struct queue_item *item)
{
	struct queue_lane *lane = item->lane;
	struct heap *h = &q->heaps[lane->kind];

	q->waiting--;
	*(item->prev ? &item->prev->next : &lane->first) = item->next;
	*(item->next ? &item->next->prev : &lane->last) = item->prev;
	if (lane->first)
		heap_move(h, lane);
	else
		heap_remove(h, lane);
}

void queue_remove(struct queue *q, struct queue_item *item)
{
	item_unlink(q, item);
	share_settle(q, item->lane->share);
}

/* The lane of a kind whose turn it is; NULL: none waits, or as many as may are under way. */
static struct queue_lane *lane_first(const struct heap *h, int most)
{
	return h->n && h->under_way < most ? h->lanes[0] : NULL;
}

static struct queue_lane *lane_next(const struct queue *q, int most_long, int most_durable)
{
	const struct heap *h = q->heaps;
	struct queue_lane *next = h[QUEUE_QUICK].n ? h[QUEUE_QUICK].lanes[0] : NULL;
	struct queue_lane *others[] = { lane_first(&h[QUEUE_LONG], most_long),
		lane_first(&h[QUEUE_DURABLE], most_durable) };

	if (others[0] && others[0]->under_way >= QUEUE_OWNER_LONG)
		others[0] = NULL;
	for (int i = 0; i < 2; i++)
		if (others[i] && (!next || lane_before(others[i], next)))
			next = others[i];
	return next;
}

struct queue_item *queue_take(struct queue *q, int most_long, int most_durable)
{
	struct queue_lane *lane = lane_next(q, most_long, most_durable);

	if (!lane)
		return NULL;
	struct queue_item *item = lane->first;
	lane->under_way++;
	q->heaps[lane->kind].under_way++;
	item_unlink(q, item);
	return item;
}

void queue_done(struct queue *q, struct queue_lane *lane)
{
	struct heap *h = &q->heaps[lane->kind];

	lane->under_way--;
	h->under_way--;
	if (lane->first)
		heap_move(h, lane);
	share_settle(q, lane->share);
}

struct queue_item *queue_any(const struct queue *q)
{
	for (int kind = 0; kind < QUEUE_KINDS; kind++)
		if (q->heaps[kind].n > 0)
			return q->heaps[kind].lanes[0]->first;
	return NULL;
}

int queue_waiting(const struct queue *q)
{
	return q->waiting;
}

/* --- begin and end -------------------------------------------------------------------------- */

struct queue *queue_new(void)
{
	struct queue *q = xcalloc(1, sizeof(*q));

	q->shares = map_new();
	return q;
}

static void share_free(void *arg, uintptr_t share)
{
	free((struct share *)share);
}

void queue_free(struct queue *q)
{
	map_each(q->shares, share_free, NULL);
	map_free(q->shares);
	for (int kind = 0; kind < QUEUE_KINDS; kind++)
		free(q->heaps[kind].lanes);
	free(q);
}
