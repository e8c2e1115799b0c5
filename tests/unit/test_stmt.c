/* The table of prepared statements. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "stmt.h"

static const char *add(struct stmts *all, const char *sql, char *evicted)
{
	struct stmt_name out;
	const char *name = stmts_add(all, sql, NULL, 0, &out)->text;

	strcpy(evicted, out.text);
	return name;
}

static void test_found_by_text_and_types(void)
{
	struct stmts *all = stmts_new(4);
	const uint32_t int4[] = { 23 }, int8[] = { 20 };
	struct stmt_name evicted;

	assert(!stmts_find(all, "select $1", int4, 1));
	stmts_add(all, "select $1", int4, 1, &evicted);
	assert(stmts_find(all, "select $1", int4, 1));
	assert(!stmts_find(all, "select $1", int8, 1));
	assert(!stmts_find(all, "select $1", NULL, 0));
	assert(!stmts_find(all, "select $1 ", int4, 1));
	assert(stmts_count(all) == 1 && !evicted.text[0]);
	stmts_free(all);
}

static void test_least_recently_used_goes(void)
{
	struct stmts *all = stmts_new(3);
	char evicted[16], second[16];

	add(all, "a", evicted);
	strcpy(second, add(all, "b", evicted));
	add(all, "c", evicted);
	assert(!evicted[0]);
	assert(stmts_find(all, "a", NULL, 0));
	add(all, "d", evicted);
	assert(strcmp(evicted, second) == 0);
	assert(!stmts_find(all, "b", NULL, 0));
	assert(stmts_find(all, "a", NULL, 0) && stmts_find(all, "c", NULL, 0) &&
		stmts_find(all, "d", NULL, 0));
	assert(stmts_count(all) == 3);
	stmts_free(all);
}

static void test_names_are_never_given_twice(void)
{
	struct stmts *all = stmts_new(3);
	char evicted[16], first[16];

	strcpy(first, add(all, "a", evicted));
	stmts_clear(all);
	assert(stmts_count(all) == 0 && !stmts_find(all, "a", NULL, 0));
	assert(strcmp(first, add(all, "a", evicted)) != 0);
	stmts_free(all);
	stmts_free(NULL);
}

static void test_many(void)
{
	struct stmts *all = stmts_new(256);
	char sql[64], evicted[16];

	for (int i = 0; i < 5000; i++) {
		snprintf(sql, sizeof sql, "select %d from a_table_with_a_name", i % 1000);
		if (!stmts_find(all, sql, NULL, 0))
			add(all, sql, evicted);
		assert(stmts_find(all, sql, NULL, 0));
		assert(stmts_count(all) <= 256);
	}
	assert(stmts_count(all) == 256);
	stmts_free(all);
}

int main(void)
{
	test_found_by_text_and_types();
	test_least_recently_used_goes();
	test_names_are_never_given_twice();
	test_many();
	return 0;
}
