/*
 * What a process remembers between requests for lists of punches, all of it bounded and none of it
 * needed: counts of filters, where pages ended, how many rows each block of ids holds.
 */
#ifndef PUNCH_MEMORY_H
#define PUNCH_MEMORY_H

#include "punch_sql.h"

struct punch_memory;

struct punch_memory *punch_memory_new(void);
void punch_memory_free(struct punch_memory *);

/* The count of a filter as last learnt; NULL: unknown. Valid until the next count is learnt. */
const struct punch_count *punch_memory_count(struct punch_memory *, const struct punch_filter *);
void punch_memory_learn_count(
	struct punch_memory *, const struct punch_filter *, const struct punch_count *);

/*
 * Walks: one client going through the pages of one list. The end of page N is remembered, so that
 * page N + 1 begins behind that row wherever it stands by then. A page served again makes
 * forgotten what was served after it.
 */
struct punch_walk {
	unsigned char key[SEAL_KEY_SIZE];
};

struct punch_walk_end {
	struct punch_key key;
	int64_t behind; /* rows behind it; -1: not known */
	int64_t count, deleted; /* of the list then */
};

struct punch_walk punch_walk_of(
	struct req *, const struct punch_filter *, const struct punch_order *, int64_t page_size);
bool punch_walk_find(
	struct punch_memory *, const struct punch_walk *, int64_t page, struct punch_walk_end *);
void punch_walk_served(struct punch_memory *, const struct punch_walk *, int64_t page,
	const struct punch_walk_end *);

/* Ranks of ids. The answer to punch_ranks_sql is learnt whole and stays true while
 * punch_counter.deleted is the same. */
extern const char punch_ranks_sql[];
void punch_ranks_learn(struct punch_memory *, const struct rows *);
void punch_ranks_forget(struct punch_memory *);

/* Where to look for the row of this rank among all (from 0): `skip` rows on from the first id at
 * or above *base. False: nothing is known, or so many rows came since that it should be asked. */
bool punch_ranks_find(const struct punch_memory *, int64_t rank, int64_t *base, int64_t *skip);
int64_t punch_ranks_deleted(const struct punch_memory *);
int64_t punch_ranks_total(const struct punch_memory *);

#endif
