/* Binary parameters: the bytes PostgreSQL expects. */
#include <assert.h>
#include <string.h>

#include "arena.h"
#include "db.h"

static bool same(struct db_arg arg, unsigned type, size_t n, const char *bytes)
{
	return arg.binary && arg.type == type && (size_t)arg.len == n &&
	       memcmp(arg.value, bytes, n) == 0;
}

static void test_scalars(void)
{
	struct arena *a = arena_new();

	assert(strcmp(db_int(a, INT64_MIN).value, "-9223372036854775808") == 0);
	assert(strcmp(db_int(a, 0).value, "0") == 0);
	assert(!db_int(a, 7).binary && db_int(a, 7).type == 0);
	assert(strcmp(db_bool(true).value, "t") == 0);
	assert(strcmp(db_bool(false).value, "f") == 0);
	assert(db_text(NULL).value == NULL);
	assert(db_bytes("a\0b", 3).len == 3 && db_bytes("a\0b", 3).binary);
	arena_free(a);
}

static void test_empty_array_has_no_dimension(void)
{
	struct arena *a = arena_new();

	assert(same(db_int4_array(a, NULL, NULL, 0), 1007, 12, "\0\0\0\0\0\0\0\0\0\0\0\x17"));
	assert(same(db_text_array(a, NULL, 0), 1009, 12, "\0\0\0\0\0\0\0\0\0\0\0\x19"));
	arena_free(a);
}

static void test_numbers(void)
{
	struct arena *a = arena_new();
	const int16_t two[] = { 1, -2 };
	const int32_t four[] = { 0x01020304 };
	const int64_t eight[] = { -1 };
	const float real[] = { 36.5f };

	assert(same(db_int2_array(a, two, NULL, 2), 1005, 32,
		"\0\0\0\1\0\0\0\0\0\0\0\x15\0\0\0\2\0\0\0\1"
		"\0\0\0\2\0\1\0\0\0\2\xff\xfe"));
	assert(same(db_int4_array(a, four, NULL, 1), 1007, 28,
		"\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\1\0\0\0\1\0\0\0\4\1\2\3\4"));
	assert(same(db_int8_array(a, eight, NULL, 1), 1016, 32,
		"\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\1\0\0\0\1"
		"\0\0\0\x8\xff\xff\xff\xff\xff\xff\xff\xff"));
	assert(same(db_float4_array(a, real, NULL, 1), 1021, 28,
		"\0\0\0\1\0\0\0\0\0\0\2\xbc\0\0\0\1\0\0\0\1\0\0\0\4\x42\x12\0\0"));
	arena_free(a);
}

static void test_missing_is_null(void)
{
	struct arena *a = arena_new();
	const int32_t four[] = { 5, 6 };
	const bool first[] = { true, false }, none[] = { false, false };

	assert(same(db_int4_array(a, four, first, 2), 1007, 32,
		"\0\0\0\1\0\0\0\1\0\0\0\x17\0\0\0\2\0\0\0\1"
		"\xff\xff\xff\xff\0\0\0\4\0\0\0\6"));
	assert(same(db_int4_array(a, four, none, 2), 1007, 36,
		"\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\2\0\0\0\1"
		"\0\0\0\4\0\0\0\5\0\0\0\4\0\0\0\6"));
	arena_free(a);
}

static void test_times_count_from_2000(void)
{
	struct arena *a = arena_new();
	const int64_t us[] = { INT64_C(946684800000001), INT64_MIN };
	struct db_arg arg = db_time_array(a, us, NULL, 2);

	assert(arg.type == 1115 && arg.len == 20 + 2 * 12);
	assert(memcmp(arg.value + 20, "\0\0\0\x8\0\0\0\0\0\0\0\1", 12) == 0);
	arena_free(a);
}

static void test_bytes_and_texts(void)
{
	struct arena *a = arena_new();
	const void *bytes[] = { "a\0b", NULL, "" };
	const size_t lens[] = { 3, 99, 0 };
	const char *texts[] = { "hi", "" };

	assert(same(db_bytes_array(a, bytes, lens, 3), 1001, 35,
		"\0\0\0\1\0\0\0\1\0\0\0\x11\0\0\0\3\0\0\0\1"
		"\0\0\0\3a\0b\xff\xff\xff\xff\0\0\0\0"));
	assert(same(db_text_array(a, texts, 2), 1009, 30,
		"\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\2\0\0\0\1"
		"\0\0\0\2hi\0\0\0\0"));
	arena_free(a);
}

int main(void)
{
	test_scalars();
	test_empty_array_has_no_dimension();
	test_numbers();
	test_missing_is_null();
	test_times_count_from_2000();
	test_bytes_and_texts();
	return 0;
}
