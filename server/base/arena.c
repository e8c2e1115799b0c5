/*
 * Blocks in a chain, allocations bumped from the newest one; what does not fit a block well gets
 * one of its own. The arena itself and its first allocations share the first block, which is the
 * one that is kept for the next arena.
 */
#include "arena.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"

#if defined(__SANITIZE_ADDRESS__)
#define KEEP_MAX 0 /* a block used again would hide a use after free */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEP_MAX 0
#endif
#endif
#ifndef KEEP_MAX
#define KEEP_MAX 128
#endif

enum { ALIGN = 16, BLOCK_SIZE = 4096, BLOCK_MAX = 65536, SHORT_TEXT = 256 };

struct block {
	_Alignas(16) struct block *next;
	size_t size; /* of bytes */
	size_t used;
	_Alignas(16) unsigned char bytes[];
};

struct defer {
	struct defer *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct block *blocks; /* newest first; allocations are bumped from it */
	struct block *big; /* blocks of one allocation each */
	struct block *first;
	struct defer *defers; /* newest first */
	size_t next_size;
	size_t used;
};

/* First blocks of arenas that ended. Whoever finds it busy does without. */
static struct {
	atomic_flag busy;
	struct block *blocks;
	int n;
} kept = { .busy = ATOMIC_FLAG_INIT };

static struct block *kept_take(void)
{
	if (atomic_flag_test_and_set_explicit(&kept.busy, memory_order_acquire))
		return NULL;
	struct block *block = kept.blocks;
	if (block) {
		kept.blocks = block->next;
		kept.n--;
	}
	atomic_flag_clear_explicit(&kept.busy, memory_order_release);
	return block;
}

static bool kept_put(struct block *block)
{
	if (KEEP_MAX == 0 || atomic_flag_test_and_set_explicit(&kept.busy, memory_order_acquire))
		return false;
	bool room = kept.n < KEEP_MAX;
	if (room) {
		block->next = kept.blocks;
		kept.blocks = block;
		kept.n++;
	}
	atomic_flag_clear_explicit(&kept.busy, memory_order_release);
	return room;
}

static struct block *block_new(size_t size)
{
	struct block *block = xmalloc(sizeof(*block) + size);
	block->next = NULL;
	block->size = size;
	block->used = 0;
	return block;
}

static size_t aligned(size_t size)
{
	if (size > SIZE_MAX / 2)
		fatal("arena: %zu bytes asked for", size);
	return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

struct arena *arena_new(void)
{
	struct block *block = kept_take();
	if (!block)
		block = block_new(BLOCK_SIZE - sizeof(struct block));
	block->next = NULL;
	struct arena *a = (struct arena *)(void *)block->bytes;
	block->used = aligned(sizeof(*a));
	*a = (struct arena){ .blocks = block, .first = block, .next_size = (size_t)BLOCK_SIZE * 2 };
	return a;
}

/* Bodies with passwords, opened records: what was on an arena is not left in freed memory. */
static void block_wipe(struct block *block)
{
	explicit_bzero(block->bytes, block->used);
}

static void blocks_free(struct block *block, const struct block *except)
{
	while (block) {
		struct block *next = block->next;
		if (block != except) {
			block_wipe(block);
			free(block);
		}
		block = next;
	}
}

void arena_undo(struct arena *a)
{
	while (a->defers) {
		struct defer *d = a->defers;
		a->defers = d->next;
		d->fn(d->arg);
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	arena_undo(a);
	struct block *first = a->first;
	blocks_free(a->big, NULL);
	blocks_free(a->blocks, first);
	block_wipe(first);
	if (!kept_put(first))
		free(first);
}

/* Bytes that are not zeroed. */
static void *arena_bytes(struct arena *a, size_t wanted)
{
	size_t size = aligned(wanted ? wanted : 1);
	a->used += size;
	struct block *block = a->blocks;
	if (size <= block->size - block->used) {
		void *bytes = block->bytes + block->used;
		block->used += size;
		return bytes;
	}
	if (size > a->next_size / 4) {
		block = block_new(size);
		block->used = size;
		block->next = a->big;
		a->big = block;
		return block->bytes;
	}
	block = block_new(a->next_size - sizeof(*block));
	if (a->next_size < BLOCK_MAX)
		a->next_size *= 2;
	block->next = a->blocks;
	block->used = size;
	a->blocks = block;
	return block->bytes;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(arena_bytes(a, size), 0, size);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		fatal("arena: %zu elements of %zu bytes asked for", n, size);
	return arena_alloc(a, n * size);
}

char *arena_memdup(struct arena *a, const void *bytes, size_t n)
{
	if (n == SIZE_MAX)
		fatal("arena: %zu bytes asked for", n);
	char *copy = arena_bytes(a, n + 1);
	if (n)
		memcpy(copy, bytes, n);
	copy[n] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return arena_memdup(a, text, strlen(text));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list args)
{
	char text[SHORT_TEXT];
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(text, sizeof(text), fmt, args);
	if (n < 0)
		fatal("arena: format \"%s\" failed", fmt);
	char *copy;
	if ((size_t)n < sizeof(text)) {
		copy = arena_memdup(a, text, (size_t)n);
	} else {
		copy = arena_bytes(a, (size_t)n + 1);
		vsnprintf(copy, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *text = arena_vprintf(a, fmt, args);
	va_end(args);
	return text;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct defer *d = arena_bytes(a, sizeof(*d));
	*d = (struct defer){ .next = a->defers, .fn = fn, .arg = arg };
	a->defers = d;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
