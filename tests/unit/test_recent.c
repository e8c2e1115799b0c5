#include "recent.h"

#include <assert.h>
#include <string.h>

static int *put(struct recent *m, const char *key, int n)
{
	int *value = recent_put(m, key, strlen(key));
	*value = n;
	return value;
}

static int get(struct recent *m, const char *key)
{
	const int *value = recent_get(m, key, strlen(key));
	return value ? *value : -1;
}

static void test_what_is_not_looked_at_goes_first(void)
{
	struct recent *m = recent_new(3, sizeof(int));

	put(m, "a", 1);
	put(m, "b", 2);
	put(m, "c", 3);
	assert(get(m, "a") == 1);
	put(m, "d", 4);
	assert(recent_count(m) == 3);
	assert(get(m, "b") == -1);
	assert(get(m, "a") == 1 && get(m, "c") == 3 && get(m, "d") == 4);
	recent_free(m);
}

static void test_a_new_value_is_zeroed(void)
{
	struct recent *m = recent_new(1, sizeof(int));

	put(m, "a", 7);
	assert(*(int *)recent_put(m, "b", 1) == 0);
	assert(*(int *)recent_put(m, "b", 1) == 0);
	assert(get(m, "a") == -1);
	recent_free(m);
	recent_free(NULL);
}

static void test_many(void)
{
	struct recent *m = recent_new(100, sizeof(int));

	for (int i = 0; i < 10000; i++)
		*(int *)recent_put(m, &i, sizeof(i)) = i;
	for (int i = 0; i < 10000; i++) {
		const int *value = recent_get(m, &i, sizeof(i));
		assert(i < 9900 ? !value : *value == i);
	}
	recent_free(m);
}

int main(void)
{
	test_what_is_not_looked_at_goes_first();
	test_a_new_value_is_zeroed();
	test_many();
	return 0;
}
