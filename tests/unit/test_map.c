#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "map.h"

static void test_put_get_remove(void)
{
	struct map *m = map_new();
	assert(map_get(m, "a", 1) == 0);
	map_put(m, "a", 1, 7);
	assert(map_get(m, "a", 1) == 7);
	map_put(m, "a", 1, 8);
	assert(map_get(m, "a", 1) == 8 && map_count(m) == 1);
	map_put(m, "a", 1, 0);
	assert(map_get(m, "a", 1) == 0 && map_count(m) == 0);
	map_free(m);
}

static void test_many_keys_survive_growth_and_removal(void)
{
	struct map *m = map_new();
	char key[64];
	for (int i = 1; i <= 20000; i++)
		map_put(m, key,
			(size_t)snprintf(key, sizeof(key), "pin-%d-%s", i,
				i % 3 ? "" : "a-key-longer-than-a-slot-holds"),
			(uintptr_t)i);
	for (int i = 2; i <= 20000; i += 2)
		map_put(m, key,
			(size_t)snprintf(key, sizeof(key), "pin-%d-%s", i,
				i % 3 ? "" : "a-key-longer-than-a-slot-holds"),
			0);
	assert(map_count(m) == 10000);
	for (int i = 1; i <= 20000; i++) {
		size_t n = (size_t)snprintf(key, sizeof(key), "pin-%d-%s", i,
			i % 3 ? "" : "a-key-longer-than-a-slot-holds");
		assert(map_get(m, key, n) == (i % 2 ? (uintptr_t)i : 0));
	}
	map_free(m);
}

static void test_keys_are_exact(void)
{
	struct map *m = map_new();
	map_put(m, "007", 3, 1);
	map_put(m, "7", 1, 2);
	map_put(m, "7\0", 2, 3);
	assert(map_get(m, "007", 3) == 1 && map_get(m, "7", 1) == 2 && map_get(m, "7\0", 2) == 3);
	map_free(m);
}

int main(void)
{
	test_put_get_remove();
	test_many_keys_survive_growth_and_removal();
	test_keys_are_exact();
	return 0;
}
