/*
 * A bound on bytes that may be held at once (uploads waiting for the database).
 *
 * Who wants more than is left waits in line and is called from budget_give(), in order. Large
 * claims (more than 256 KiB) share half of the budget, so that a few slow senders of large
 * bodies cannot keep the small ones out.
 */
#ifndef BUDGET_H
#define BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct budget;
struct budget_claim;

struct budget *budget_new(size_t limit);
void budget_free(struct budget *);

/*
 * Claims size bytes. Ready at once: *ready is true. Otherwise granted(arg) is called later, from
 * the loop, exactly once unless the claim ends before. A claim larger than the whole share is
 * granted when nothing else is held in it. The claim is the caller's until budget_give().
 */
struct budget_claim *budget_take(
	struct budget *, size_t size, void (*granted)(void *), void *arg, bool *ready);

/* Ends a claim, granted or still waiting. NULL is allowed. */
void budget_give(struct budget_claim *);

size_t budget_used(const struct budget *);
size_t budget_waiting(const struct budget *);

#endif
