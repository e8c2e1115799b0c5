/* Work that no request waits for, and the end of what it used. */
#include "fatal.h"
#include "means.h"
#include "offload.h"

#define LARGE_ARENA (4 << 20)

static void arena_end(void *arena)
{
	arena_free(arena);
}

static void arena_ended(void *arena)
{
}

void adms_free_arena(struct adms *adms, struct arena *a)
{
	bool large = a && arena_used(a) > LARGE_ARENA;
	if (large)
		arena_undo(a);
	if (!large || !offload_run(adms->threads, arena_end, arena_ended, a))
		arena_free(a);
}

void chore_begin(struct adms *adms, struct chore *chore, struct arena *a)
{
	*chore = (struct chore){ a, adms->chores.prev, &adms->chores };
	chore->prev->next = chore->next->prev = chore;
}

void chore_end(struct adms *adms, struct chore *chore)
{
	chore->prev->next = chore->next;
	chore->next->prev = chore->prev;
	adms_free_arena(adms, chore->arena);
}
