/* Counts, page ends and ranks, as this process last saw them. */
#include "punch_memory.h"

#include <string.h>

#include "auth.h"
#include "clock.h"
#include "recent.h"

enum {
	COUNTS = 4096,
	WALKS = 2048,
	WALK_ENDS = 8,
	WALK_LIFE = 15 * 60 * 1000, /* ms; afterwards a page number is a rank again */
	BLOCK_BITS = 13, /* of punch_block */
	RANKS_LATE = 8 << BLOCK_BITS /* rows behind the last known block */
};

/* The ends of the last pages served, rising by page. */
struct walk {
	int64_t used;
	int n;
	struct {
		int64_t page;
		struct punch_walk_end end;
	} ends[WALK_ENDS];
};

struct ranks {
	struct arena *arena; /* NULL: nothing is known */
	int64_t deleted, total;
	int n;
	int64_t *blocks; /* their numbers */
	int64_t *before; /* rows in all blocks before */
};

struct punch_memory {
	struct arena *arena; /* its own */
	struct recent *counts, *walks;
	struct ranks ranks;
};

struct punch_memory *punch_memory_new(void)
{
	struct arena *a = arena_new();
	struct punch_memory *m = arena_alloc(a, sizeof(*m));

	m->arena = a;
	m->counts = recent_new(COUNTS, sizeof(struct punch_count));
	m->walks = recent_new(WALKS, sizeof(struct walk));
	return m;
}

void punch_memory_free(struct punch_memory *m)
{
	if (!m)
		return;
	recent_free(m->counts);
	recent_free(m->walks);
	arena_free(m->ranks.arena);
	arena_free(m->arena);
}

/* --- counts --------------------------------------------------------------------------------- */

const struct punch_count *punch_memory_count(struct punch_memory *m, const struct punch_filter *f)
{
	return recent_get(m->counts, f->digest, sizeof(f->digest));
}

void punch_memory_learn_count(
	struct punch_memory *m, const struct punch_filter *f, const struct punch_count *count)
{
	struct punch_count *known = recent_put(m->counts, f->digest, sizeof(f->digest));

	/* two requests may cross: the later look at the table stays */
	if (known->deleted < count->deleted ||
		(known->deleted == count->deleted && known->counted <= count->counted))
		*known = *count;
}

/* --- walks ---------------------------------------------------------------------------------- */

struct punch_walk punch_walk_of(struct req *r, const struct punch_filter *f,
	const struct punch_order *order, int64_t page_size)
{
	const struct account *account = auth_account(r);
	struct str text = str_new(req_arena(r));
	struct punch_walk walk;

	str_addf(
		&text, "%d|%s|%lld|", account ? account->id : 0, req_peer(r), (long long)page_size);
	punch_order_name(order, &text);
	str_addn(&text, f->digest, sizeof(f->digest));
	seal_sha256(str_text(&text), text.len, walk.key);
	return walk;
}

bool punch_walk_find(struct punch_memory *m, const struct punch_walk *walk, int64_t page,
	struct punch_walk_end *end)
{
	const struct walk *w = recent_get(m->walks, walk->key, sizeof(walk->key));

	if (!w || clock_ticks() - w->used > WALK_LIFE)
		return false;
	for (int i = 0; i < w->n; i++)
		if (w->ends[i].page == page) {
			*end = w->ends[i].end;
			return true;
		}
	return false;
}

void punch_walk_served(struct punch_memory *m, const struct punch_walk *walk, int64_t page,
	const struct punch_walk_end *end)
{
	struct walk *w = recent_put(m->walks, walk->key, sizeof(walk->key));

	if (clock_ticks() - w->used > WALK_LIFE)
		w->n = 0;
	while (w->n > 0 && w->ends[w->n - 1].page >= page)
		w->n--;
	if (w->n == WALK_ENDS)
		memmove(w->ends, w->ends + 1, sizeof(w->ends[0]) * (size_t)--w->n);
	w->ends[w->n].page = page;
	w->ends[w->n++].end = *end;
	w->used = clock_ticks();
}

/* --- ranks ---------------------------------------------------------------------------------- */

const char punch_ranks_sql[] =
	"select deleted, total, (select array_agg(block order by block) from punch_block),"
	" (select array_agg(n order by block) from punch_block) from punch_counter";

void punch_ranks_forget(struct punch_memory *m)
{
	arena_free(m->ranks.arena);
	m->ranks = (struct ranks){ 0 };
}

void punch_ranks_learn(struct punch_memory *m, const struct rows *rows)
{
	struct ranks *known = &m->ranks;
	int64_t before = 0;

	punch_ranks_forget(m);
	known->arena = arena_new();
	known->deleted = rows_int(rows, 0, 0);
	known->total = rows_int(rows, 0, 1);
	known->n = rows_ints(rows, 0, 2, NULL, 0);
	known->blocks = arena_array(known->arena, (size_t)known->n + 1, sizeof(int64_t));
	known->before = arena_array(known->arena, (size_t)known->n + 1, sizeof(int64_t));
	rows_ints(rows, 0, 2, known->blocks, known->n);
	rows_ints(rows, 0, 3, known->before, known->n);
	for (int i = 0; i < known->n; i++) {
		int64_t rows_here = known->before[i];
		known->before[i] = before;
		before += rows_here;
	}
}

bool punch_ranks_find(const struct punch_memory *m, int64_t rank, int64_t *base, int64_t *skip)
{
	const struct ranks *known = &m->ranks;
	int low = 0, high = known->n; /* the last block that begins at or before the rank */

	if (!known->arena)
		return false;
	while (high - low > 1) {
		int middle = low + (high - low) / 2;
		if (known->before[middle] <= rank)
			low = middle;
		else
			high = middle;
	}
	*base = known->n ? known->blocks[low] << BLOCK_BITS : 0;
	*skip = known->n ? rank - known->before[low] : rank;
	return *skip < RANKS_LATE;
}

int64_t punch_ranks_deleted(const struct punch_memory *m)
{
	return m->ranks.arena ? m->ranks.deleted : -1;
}

int64_t punch_ranks_total(const struct punch_memory *m)
{
	return m->ranks.arena ? m->ranks.total : -1;
}
