/* Which passwords are refused, and that others are not. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "fatal.h"
#include "password_rule.h"

static const struct password_name names[] = { { "username", "Margaret" },
	{ "email", "maggie.t@example.com" }, { "emp_code", "7007" }, { "username", "eve" },
	{ "username", "x" }, { "username", "" }, { "email", NULL } };

/* word: of the sentence; NULL: nothing is wrong. */
static void said(const char *password, const char *word)
{
	struct arena *a = arena_new();
	const char *flaw = password_flaw(a, password, names, LEN(names));

	if (word ? !flaw || !strstr(flaw, word) : flaw != NULL) {
		fprintf(stderr, "%s: %s\n", password, flaw ? flaw : "nothing");
		assert(!"another answer");
	}
	arena_free(a);
}

static void all_said(const char *const *passwords, const char *word)
{
	for (; *passwords; passwords++)
		said(*passwords, word);
}

static void test_short_ones(void)
{
	all_said((const char *const[]){ "", "a", "kT9#x_q", NULL }, "at least 8");
}

static void test_common_ones(void)
{
	static const char *const bad[] = { "password", "PassWord", "Password1", "password123",
		"P@ssw0rd", "P@$$w0rd!", "pa55word2026", "!!password!!", "iloveyou", "sunshine1",
		"Princess", "football12", "Superman!", "Admin@123", "adminadmin",
		"passwordpassword", "1q2w3e4r", "1qaz2wsx", "Zaq12wsx", "trustno1", "we1come!",
		"zkteco123", "ZKBioTime", "changeme", "letmein2", "qwerty123", "dragon99",
		"147258369", NULL };
	all_said(bad, "too common");
}

static void test_plain_ones(void)
{
	static const char *const bad[] = { "aaaaaaaa", "11111111", "12345678", "123456789012",
		"87654321", "09876543", "abcdefgh", "HGFEDCBA", "qwertyui", "poiuytre", "asdfghjk",
		"zxcvbnm,", "!@#$%^&*", "abcd1234", "1234abcd", "abababab", "12121212", "abcabcabc",
		"11112222", "11223344", "aabbccdd", "12345678a", "xyz12345", "qwertz99", "        ",
		"horsehorsehorse", "asdfasdfasdf", NULL };
	all_said(bad, "too ");
}

static void test_those_that_say_whose_they_are(void)
{
	static const char *const bad[] = { "margaret", "MARGARET2026", "i-am-margaret-so-what",
		"m4rg4ret!", "maggie.t@example.com", "xx-maggie.t-xx", "7007abcd", "pin-7007",
		"eve-pass", NULL };
	all_said(bad, "too similar");
}

static void test_others(void)
{
	static const char *const good[] = { "correct horse battery staple", "correct horse",
		"a long password", "another password", "secret word 1", "long enough pw",
		"Long-enough-1", "Owned-by-7007", "s3lf-pass-word", "new password", "another one",
		"kT9#x_qW", "password of my third cat", "q7w-31z-mm2", "steven loves cheese",
		"p\xc3\xa4ss:w\xc3\xb6rd:1", "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", "x1x2y7t9", NULL };
	all_said(good, NULL);
}

static void test_long_ones(void)
{
	char text[1025];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	said(text, "too simple");
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('!' + (i * i + i / 7) % 90);
	said(text, NULL);
}

int main(void)
{
	test_short_ones();
	test_common_ones();
	test_plain_ones();
	test_those_that_say_whose_they_are();
	test_others();
	test_long_ones();
	return 0;
}
