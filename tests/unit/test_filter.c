/* Lists and patterns of query parameters. */
#include <assert.h>
#include <string.h>

#include "filter.h"

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
	test_ids();
	test_patterns();
	test_parameters_are_numbered();
	return 0;
}
