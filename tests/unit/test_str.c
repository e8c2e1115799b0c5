/* Growing text, numbers, hexadecimal and UTF-8. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "str.h"

static void test_appending(void)
{
	struct arena *a = arena_new();
	struct str s = str_new(a);
	assert(strcmp(str_text(&s), "") == 0);
	str_add(&s, "");
	str_addc(&s, 'x');
	str_addi(&s, INT64_MIN);
	str_addi(&s, INT64_MAX);
	str_addf(&s, "[%d]", 0);
	str_addn(&s, "abc", 2);
	assert(strcmp(str_text(&s), "x-92233720368547758089223372036854775807[0]ab") == 0);
	for (int i = 0; i < 10000; i++)
		str_addc(&s, 'y');
	assert(s.len == 10045 && strlen(str_text(&s)) == s.len);
	struct str exact = str_new(a);
	for (int i = 0; i < 64; i++)
		str_addf(&exact, "%c", 'a');
	assert(strlen(str_text(&exact)) == 64);
	arena_free(a);
}

static void test_words(void)
{
	assert(str_same_word("Keep-Alive", "keep-alive"));
	assert(!str_same_word("close", "closed"));
	assert(!str_same_word("[", "{"));
	assert(str_same_word("", ""));
}

static void test_numbers(void)
{
	int64_t n = 5;
	assert(str_to_int("0", 0, 10, &n) && n == 0);
	assert(str_to_int("-7", -10, 10, &n) && n == -7);
	assert(str_to_int("9223372036854775807", INT64_MIN, INT64_MAX, &n) && n == INT64_MAX);
	assert(str_to_int("-9223372036854775808", INT64_MIN, INT64_MAX, &n) && n == INT64_MIN);
	assert(str_to_intn("12x", 2, 0, 99, &n) && n == 12);
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.0", "0x1", "11", "--1",
		"9223372036854775808", "-9223372036854775809", "99999999999999999999999" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert(!str_to_int(bad[i], -10, 10, &n));
	assert(!str_to_int("9223372036854775808", INT64_MIN, INT64_MAX, &n));
	assert(!str_to_int(NULL, 0, 1, &n));
}

static void test_hex(void)
{
	char text[9];
	unsigned char bytes[4];
	str_hex("\x00\x9f\xff\x10", 4, text);
	assert(strcmp(text, "009fff10") == 0);
	assert(str_unhex("009FfF10", bytes, 4) && memcmp(bytes, "\x00\x9f\xff\x10", 4) == 0);
	assert(!str_unhex("009fff1", bytes, 4) && !str_unhex("009fff1g", bytes, 4));
	assert(!str_unhex("009fff1000", bytes, 4));
}

static void test_utf8(void)
{
	static const char *const good[] = { "", "abc", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "\xef\xbf\xbd", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xc3", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80",
		"\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
		"a\xe2\x82", "\xc3z" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert(str_is_utf8(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert(!str_is_utf8(bad[i], strlen(bad[i])));
	assert(!str_is_utf8("a\0b", 3));
}

int main(void)
{
	test_appending();
	test_words();
	test_numbers();
	test_hex();
	test_utf8();
	return 0;
}
