/* Dates, lists and patterns of query parameters. */
#include <assert.h>
#include <string.h>

#include "filter.h"

static void check_time(const char *text, const char *expected)
{
	char out[32] = "";
	bool good = filter_time(text, out);

	assert(good == (expected != NULL));
	if (expected)
		assert(strcmp(out, expected) == 0);
}

static void test_times(void)
{
	check_time("2024-02-29", "2024-02-29 00:00:00");
	check_time("2024-02-29 08:09", "2024-02-29 08:09:00");
	check_time("2024-02-29T08:09:10", "2024-02-29 08:09:10");
	check_time("2024-02-29 08:09:10.5", "2024-02-29 08:09:10.5");
	check_time("2024-02-29 08:09:10.123456789", "2024-02-29 08:09:10.123456");
	check_time("2024-02-29 08:09:10Z", "2024-02-29 08:09:10");
	check_time("2024-02-29 08:09:10.25+05:30", "2024-02-29 08:09:10.25");
	check_time("2024-02-29 08:09-0800", "2024-02-29 08:09:00");
	check_time("2023-02-29", NULL);
	check_time("2024-13-01", NULL);
	check_time("2024-00-01", NULL);
	check_time("2024-04-31", NULL);
	check_time("0000-01-01", NULL);
	check_time("2024-1-1", NULL);
	check_time("2024-02-29 24:00", NULL);
	check_time("2024-02-29 23:60", NULL);
	check_time("2024-02-29 23:59:60", NULL);
	check_time("2024-02-29 8:09", NULL);
	check_time("2024-02-29 08", NULL);
	check_time("2024-02-29 08:09:10.", NULL);
	check_time("2024-02-29 08:09:10+5", NULL);
	check_time("2024-02-29 08:09:10 x", NULL);
	check_time("2024-02-29x", NULL);
	check_time("garbage", NULL);
	check_time("", NULL);
}

static void test_dates(void)
{
	char out[16];

	assert(filter_date("2024-02-29", out) && strcmp(out, "2024-02-29") == 0);
	assert(!filter_date("2024-02-29 ", out));
	assert(!filter_date("2024-02-30", out));
	assert(!filter_date("29-02-2024", out));
}

static void test_ids(void)
{
	struct arena *a = arena_new();
	int32_t *ids;
	int n;

	assert(filter_ids(a, "1, 2 ,3", &ids, &n) && n == 3 && ids[0] == 1 && ids[2] == 3);
	assert(filter_ids(a, ",,5,", &ids, &n) && n == 1 && ids[0] == 5);
	/* no row has such an id, but it is one */
	assert(filter_ids(a, "99999999999", &ids, &n) && n == 0);
	assert(!filter_ids(a, "1,x", &ids, &n));
	assert(!filter_ids(a, "1 2", &ids, &n));
	assert(!filter_ids(a, "99999999999999999999", &ids, &n));
	assert(filter_ids(a, "", &ids, &n) && n == 0);
	arena_free(a);
}

static void test_patterns(void)
{
	struct arena *a = arena_new();

	assert(strcmp(filter_pattern(a, "ab"), "%ab%") == 0);
	assert(strcmp(filter_pattern(a, "50%_\\"), "%50\\%\\_\\\\%") == 0);
	assert(strcmp(filter_pattern(a, ""), "%%") == 0);
	arena_free(a);
}

static void test_parameters_are_numbered(void)
{
	struct arena *a = arena_new();
	struct sql *sql = sql_new(a);

	sql_add(sql, "select 1 where true");
	sql_arg(sql, " and a = $$::int or b = $$::int", db_text("1"));
	sql_arg(sql, " and c = $$::text", db_text("$$"));
	assert(strcmp(str_text(&sql->text),
		       "select 1 where true and a = $1::int or b = $1::int and c = $2::text") == 0);
	assert(sql->nargs == 2 && strcmp(sql->args[1].value, "$$") == 0);
	arena_free(a);
}

int main(void)
{
	test_times();
	test_dates();
	test_ids();
	test_patterns();
	test_parameters_are_numbered();
	return 0;
}
