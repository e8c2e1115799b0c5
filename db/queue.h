/*
 * Which of the queries that wait is the next to have a connection. Knows nothing of connections and
 * statements. Private to db/.
 *
 * Fair by owner: who has fewest under way is next; among equals, who has waited longest. Alone, an
 * owner may have all connections. There are three kinds, counted apart, so that somebody's long ones
 * do not hold up their own quick ones: quick ones, long ones and durable ones. Those of the last two
 * kinds of all together are bounded, and the long ones of one owner.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "owner.h"

enum { QUEUE_OWNER_LONG = 2 /* long ones of one owner that may be under way */ };

enum queue_kind { QUEUE_QUICK, QUEUE_LONG, QUEUE_DURABLE, QUEUE_KINDS };

struct queue;
struct queue_lane; /* one owner's of one kind */

/* Part of whatever waits; its memory is the caller's, and not needed any more once it was taken. */
struct queue_item {
	struct queue_item *prev, *next;
	struct queue_lane *lane;
	uint64_t nr; /* in the order of arrival */
};

struct queue *queue_new(void);
void queue_free(struct queue *); /* what still waits is the caller's */

void queue_add(struct queue *, struct queue_item *, struct owner, enum queue_kind);

/* One that waits gives up. */
void queue_remove(struct queue *, struct queue_item *);

/* The next one, which is under way from now on: until queue_done() with its lane. NULL: none may
 * be. most_long, most_durable: how many of these may be under way together. */
struct queue_item *queue_take(struct queue *, int most_long, int most_durable);
void queue_done(struct queue *, struct queue_lane *);

/* Any that waits, still waiting; NULL: none. */
struct queue_item *queue_any(const struct queue *);

int queue_waiting(const struct queue *);

#endif
