#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "pin.h"

static void is(const char *pin, const char *expected)
{
	const char *reason = pin_check(pin, strlen(pin));
	if ((reason == NULL) != (expected == NULL) || (reason && strcmp(reason, expected) != 0))
		fprintf(stderr, "%s: %s\n", pin, reason ? reason : "good");
	assert(reason ? expected && strcmp(reason, expected) == 0 : !expected);
}

static void test_text_is_legal(void)
{
	static const char *const good[] = { "7", "007", "A B", "O'Brien", "\"7\"", "a&b", "x=y",
		"=", "==", "a&b=c", "&SN=1", "7.0", "+7", "7,8", "1;2", "a|b", "Name=x", "\xc3\xa9",
		"\xe5\xbc\xa0\xe4\xb8\x89", "12345678901234567890", "\xf0\x9f\x99\x82",
		/* a joiner within a word of Persian */
		"\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		is(good[i], NULL);
}

static void test_another_column(void)
{
	static const char *const bad[] = { "48 Name=Al", "48  name=", "48,Name=Al", "48;x=1",
		"48|x=1", "9 x=y'", "7 a_b1=", "48 Name =Al", "48/Card=1", "48&Name=Al",
		"48:PRI=14", "48\xc2\xa0Name=Al", "48\xe3\x80\x80x=1", "48\xe2\x80\x8bx=1",
		"USER PIN=7", "a b=" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is(bad[i], "another column in the PIN");
}

static void test_what_nobody_sees(void)
{
	static const char *const signs[] = { "\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf",
		"\xe3\x80\x80", "\xe2\x80\x8e", "\xe2\x80\x83", "\xc2\xad", "\xe2\x81\xa0",
		"\xe2\x80\xaf", "\xe2\xa0\x80" };
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		char pin[32];
		snprintf(pin, sizeof(pin), "%s7", signs[i]);
		is(pin, "invisible character at an end of the PIN");
		snprintf(pin, sizeof(pin), "7%s", signs[i]);
		is(pin, "invisible character at an end of the PIN");
		is(signs[i], "invisible character at an end of the PIN");
	}
	is(" 7", "blank at an end of the PIN");
	is("7 ", "blank at an end of the PIN");
}

static void test_controls_and_length(void)
{
	static const char *const controls[] = { "a\tb", "a\nb", "\x01", "7\x7f",
		"a\xc2\x85"
		"b",
		"\xc2\x9b"
		"a",
		"a\xe2\x80\xa8"
		"b",
		"a\xe2\x80\xa9" };
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		is(controls[i], "control character in PIN");
	assert(strcmp(pin_check("1\0", 2), "control character in PIN") == 0);
	is("", "empty PIN");
	is("123456789012345678901", "PIN too long");
}

/* Before they are decoded bytes may be anything: GBK has C2 85 as a sign. */
static void test_bytes(void)
{
	assert(!pin_check_bytes("\xc2\x85", 2) && pin_check("\xc2\x85", 2));
	assert(pin_check_bytes("48 Name=\xff", 9) && pin_check_bytes("1\x1b", 2));
	assert(!pin_check("\xff\xc2", 2)); /* no UTF-8: judged by who decodes */
	assert(pin_is_key("passwd", 6) && !pin_is_key("passwd1", 7) && !pin_is_key("", 0));
}

int main(void)
{
	test_text_is_legal();
	test_another_column();
	test_what_nobody_sees();
	test_controls_and_length();
	test_bytes();
	return 0;
}
