/* The arena: alignment, zeroing, big allocations, order of the defers, reuse. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"

static void test_allocations_are_zeroed_and_aligned(void)
{
	for (int round = 0; round < 3; round++) {
		struct arena *a = arena_new();
		for (size_t size = 0; size < 3000; size += 7) {
			unsigned char *bytes = arena_alloc(a, size);
			assert((uintptr_t)bytes % 16 == 0);
			for (size_t i = 0; i < size; i++)
				assert(bytes[i] == 0);
			memset(bytes, 0xff, size);
		}
		arena_free(a);
	}
}

static void test_big_allocations(void)
{
	struct arena *a = arena_new();
	char *small = arena_strdup(a, "small");
	char *big = arena_alloc(a, 10 * 1024 * 1024);
	memset(big, 1, 10 * 1024 * 1024);
	char *more = arena_strdup(a, "more");
	assert(strcmp(small, "small") == 0 && strcmp(more, "more") == 0);
	assert(arena_used(a) >= 10 * 1024 * 1024);
	arena_free(a);
}

static void test_text(void)
{
	struct arena *a = arena_new();
	char *copy = arena_memdup(a, "a\0b", 3);
	assert(memcmp(copy, "a\0b", 4) == 0);
	assert(strcmp(arena_memdup(a, NULL, 0), "") == 0);
	assert(strcmp(arena_printf(a, "%s=%d", "n", 42), "n=42") == 0);
	for (int n = 250; n < 260; n++) {
		char *text = arena_printf(a, "%0*d", n, 7);
		assert(strlen(text) == (size_t)n && text[n - 1] == '7');
	}
	int *numbers = arena_array(a, 100, sizeof(*numbers));
	assert(numbers[99] == 0);
	arena_free(a);
}

static char order[8];

static void note(void *arg)
{
	strcat(order, arg);
}

static void test_defers_run_newest_first(void)
{
	struct arena *a = arena_new();
	arena_defer(a, note, "1");
	arena_defer(a, note, "2");
	arena_defer(a, note, "3");
	arena_free(a);
	assert(strcmp(order, "321") == 0);
	arena_free(NULL);
}

static void test_many_arenas(void)
{
	struct arena *arenas[1000];
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++) {
			arenas[i] = arena_new();
			arena_alloc(arenas[i], 100);
		}
		for (int i = 0; i < 1000; i++)
			arena_free(arenas[i]);
	}
}

int main(void)
{
	test_allocations_are_zeroed_and_aligned();
	test_big_allocations();
	test_text();
	test_defers_run_newest_first();
	test_many_arenas();
	return 0;
}
