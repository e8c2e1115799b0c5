/*
 * A bound on bytes of bodies that may be held at once, and who may have them.
 *
 * What a request announces is an intention: it gives a turn. Who has a turn holds the announced
 * bytes, so that in a storm whole bodies are read one after the other and none waits half read for
 * another. A turn has a pace: the whole body in 30 s. As long as nobody waits it is not looked at;
 * once somebody does, who is behind it, or brought nothing for 5 s, holds only the bytes that came, and asks again for each
 * further one; and when somebody has waited for 2 s all the same, the body that is furthest behind
 * ends. So a length that was only announced keeps nobody out, and a slow link is no attack.
 *
 * Strangers have an eighth to themselves and nothing of the rest; one of them at most 1 MiB. A
 * terminal has at most four bodies, an account a quarter; what is beyond waits for their own. Large bodies (more than 256 KiB) share
 * half, so that they do not keep the small ones out. (One line a part with fixed shares: borrowing
 * between classes would win an eighth in a storm and needs a way to take it back.)
 */
#ifndef BUDGET_H
#define BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "owner.h"

struct budget;
struct budget_claim;

/* Both are called from the loop: from budget_give(), budget_more(), budget_take() of others, or
 * budget_tick(). */
struct budget_hooks {
	void (*granted)(void *arg); /* what it waited for */
	void (*late)(void *arg); /* it is to end: budget_give() now or soon */
};

struct budget *budget_new(size_t limit);
void budget_free(struct budget *);

/*
 * Claims size bytes. Ready at once: *ready is true; else hooks->granted(arg) is called later. A
 * claim larger than its whole share is granted when nothing else is held in it. The claim is the
 * caller's until budget_give(). NULL: this owner has as many as it may, or too many wait. now is
 * clock_ticks().
 */
struct budget_claim *budget_take(struct budget *, struct owner, size_t size,
	const struct budget_hooks *, void *arg, int64_t now, bool *ready);

/* Bytes that this claim holds now; less than what was claimed when it fell behind. */
size_t budget_held(const struct budget_claim *);

/* So many of them came, in all. */
void budget_came(struct budget_claim *, size_t came);

/* `held` came, and the body goes on: claims what is missing of what was announced, or, when
 * nothing is, `step` more. True: at once; else granted() later. */
bool budget_more(struct budget_claim *, size_t step, int64_t now);

/* The body is complete: nothing hurries it any more. */
void budget_whole(struct budget_claim *);

/* Ends a claim, in whatever state. NULL is allowed. */
void budget_give(struct budget_claim *);

/* A few times a second: ends the furthest behind where somebody has waited for too long. */
void budget_tick(struct budget *, int64_t now);

struct budget_stats {
	uint64_t used, waiting; /* bytes */
	uint64_t refused, ended_early; /* in all */
};

/* Of strangers, or of all others. */
void budget_stats(const struct budget *, bool strangers, struct budget_stats *);

#endif
