/* Typed reading of results made by hand. */
#include <assert.h>
#include <string.h>

#include "pg.h"
#include "rows.h"

/* One row of one column. */
static struct rows *one(unsigned type, int format, const char *value, int n)
{
	PGresAttDesc column = { .name = "c", .format = format, .typid = type };
	PGresult *res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

	assert(res && PQsetResultAttrs(res, 1, &column));
	assert(PQsetvalue(res, 0, 0, (char *)value, n));
	return pg_rows(res);
}

static int64_t int_of(unsigned type, int format, const char *value, int n)
{
	struct rows *rows = one(type, format, value, n);
	int64_t number = rows_int(rows, 0, 0);

	rows_free(rows);
	return number;
}

static int64_t time_of(const char *value)
{
	struct rows *rows = one(1114, 1, value, 8);
	int64_t us = rows_time(rows, 0, 0);

	rows_free(rows);
	return us;
}

static void test_none(void)
{
	rows_free(NULL);
	assert(rows_count(NULL) == 0 && rows_columns(NULL) == 0 && rows_affected(NULL) == 0);
}

static void test_integers(void)
{
	assert(int_of(23, 0, "-42", 3) == -42);
	assert(int_of(20, 0, "9223372036854775807", 19) == INT64_MAX);
	assert(int_of(21, 1, "\xff\xfe", 2) == -2);
	assert(int_of(23, 1, "\x80\0\0\0", 4) == INT32_MIN);
	assert(int_of(20, 1, "\x80\0\0\0\0\0\0\0", 8) == INT64_MIN);
	assert(int_of(26, 1, "\xff\xff\xff\xff", 4) == UINT32_MAX);
	assert(int_of(1082, 1, "\0\0\0\2", 4) == 2);
	assert(int_of(16, 1, "\1", 1) == 1);
	assert(int_of(23, 1, NULL, -1) == 0);
}

static void test_booleans_and_doubles(void)
{
	struct rows *rows = one(16, 0, "t", 1);
	assert(rows_bool(rows, 0, 0));
	rows_free(rows);
	rows = one(16, 1, "\0", 1);
	assert(!rows_bool(rows, 0, 0) && rows_len(rows, 0, 0) == 1);
	rows_free(rows);
	rows = one(16, 1, NULL, -1);
	assert(!rows_bool(rows, 0, 0) && rows_null(rows, 0, 0) && !rows_text(rows, 0, 0));
	rows_free(rows);
	rows = one(700, 1, "\x42\x12\0\0", 4);
	assert(rows_double(rows, 0, 0) == 36.5);
	rows_free(rows);
	rows = one(701, 1, "\xc0\x02\0\0\0\0\0\0", 8);
	assert(rows_double(rows, 0, 0) == -2.25);
	rows_free(rows);
	rows = one(1700, 0, "1.5", 3);
	assert(rows_double(rows, 0, 0) == 1.5);
	rows_free(rows);
}

static void test_times(void)
{
	assert(time_of("\0\0\0\0\0\0\0\0") == INT64_C(946684800000000));
	assert(time_of("\xff\xff\xff\xff\xff\xff\xff\xff") == INT64_C(946684799999999));
	assert(time_of("\x7f\xff\xff\xff\xff\xff\xff\xff") == INT64_MAX);
	assert(time_of("\x80\0\0\0\0\0\0\0") == INT64_MIN);
}

static void test_arrays(void)
{
	static const char bytes[] = "\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\3\0\0\0\1"
				    "\0\0\0\4\0\0\0\7\0\0\0\4\xff\xff\xff\xff\0\0\0\4\0\0\0\x9";
	int64_t out[2] = { 0 };
	struct rows *rows = one(1007, 1, bytes, sizeof bytes - 1);

	assert(rows_ints(rows, 0, 0, out, 2) == 3 && out[0] == 7 && out[1] == -1);
	assert(rows_ints(rows, 0, 0, NULL, 0) == 3);
	rows_free(rows);
	rows = one(1016, 1, "\0\0\0\0\0\0\0\0\0\0\0\x14", 12);
	assert(rows_ints(rows, 0, 0, out, 2) == 0);
	rows_free(rows);
	rows = one(1016, 1, NULL, -1);
	assert(rows_ints(rows, 0, 0, out, 2) == 0);
	rows_free(rows);
}

static void test_one_line(void)
{
	char out[20];

	assert(strcmp(pg_one_line("a\nb  c\n", out, sizeof out), "a b c") == 0);
	assert(strcmp(pg_one_line("lost\n\tThis means\n\tmuch.\nend", out, sizeof out),
		       "lost end") == 0);
	assert(strlen(pg_one_line("0123456789012345678901234", out, sizeof out)) == 19);
	assert(strcmp(pg_one_line("", out, sizeof out), "") == 0);
}

int main(void)
{
	test_none();
	test_integers();
	test_booleans_and_doubles();
	test_times();
	test_arrays();
	test_one_line();
	return 0;
}
