#include "punch_sql.h"

#include <assert.h>

static struct punch_filter filter;

static struct punch_query query(const char *order, int64_t limit, int64_t skip)
{
	return (struct punch_query){
		.filter = &filter, .order = punch_order_read(order), .limit = limit, .skip = skip
	};
}

static enum punch_plan plan(
	const char *order, int64_t limit, int64_t skip, const struct punch_count *known)
{
	struct punch_query q = query(order, limit, skip);

	punch_plan(&q, known);
	assert(q.plan == PLAN_SORT || q.window == 0 || q.window > limit);
	return q.plan;
}

static void test_everything_is_walked(void)
{
	struct punch_query q = query("id", 100, 0);

	filter = (struct punch_filter){ 0 };
	punch_plan(&q, NULL);
	assert(q.plan == PLAN_WALK && q.window == 0);
}

static void test_a_day_in_one_place_is_walked_from_there(void)
{
	const struct punch_count day = {
		.count = 27000, .counted = 10000000, .min = 4000000, .max = 4030000
	};
	struct punch_query q = query("id", 100, 0);

	filter = (struct punch_filter){ .from = "2024-06-01 00:00:00" };
	punch_plan(&q, &day);
	assert(q.plan == PLAN_WALK && q.from_id == 4000000 && q.window < 10000);
	assert(q.upto_id == 4030000);
	assert(plan("-id", 100, 0, &day) == PLAN_WALK);
	/* by its own time the index holds nothing else */
	assert(plan("punch_time", 100, 0, &day) == PLAN_WALK);
}

static void test_a_person_is_sorted(void)
{
	const struct punch_count person = {
		.count = 500, .counted = 10000000, .min = 77, .max = 9999999
	};

	filter = (struct punch_filter){ .pins.on = true };
	assert(plan("id", 100, 0, &person) == PLAN_SORT);
	assert(plan("punch_time", 100, 0, &person) == PLAN_SORT);
}

static void test_a_third_of_all_is_walked(void)
{
	const struct punch_count third = {
		.count = 3000000, .counted = 10000000, .min = 5, .max = 9999999
	};

	filter = (struct punch_filter){ .origins.on = true };
	assert(plan("id", 100, 0, &third) == PLAN_WALK);
	assert(plan("-id", 100, 0, &third) == PLAN_WALK);
	assert(plan("-punch_time", 100, 0, &third) == PLAN_WALK);
	assert(plan("id", 100, 2900000, &third) == PLAN_SORT);
}

static void test_nothing_known_of_places(void)
{
	const struct punch_count none = { .count = 0, .counted = 5 };

	filter = (struct punch_filter){ .origins.on = true };
	assert(plan("id", 100, 0, &none) == PLAN_SORT);
	assert(plan("-punch_time", INT64_MAX / 4, 0, &none) == PLAN_SORT);
}

int main(void)
{
	test_everything_is_walked();
	test_a_day_in_one_place_is_walked_from_there();
	test_a_person_is_sorted();
	test_a_third_of_all_is_walked();
	test_nothing_known_of_places();
	return 0;
}
