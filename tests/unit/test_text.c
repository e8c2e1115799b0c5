#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* The name Wang Fang: UTF-8 and GBK. */
#define WANG_UTF8 "\347\216\213\350\212\263"
#define WANG_GBK "\315\365\267\274"
/* Cyrillic zhe in UTF-8 and windows-1251. */
#define ZHE_UTF8 "\320\226"
#define ZHE_1251 "\306"

static const struct text_encoding modern = { .language = 69 };
static const struct text_encoding chinese = { .language = 83 };
static const struct text_encoding old_chinese = { .language = 83, .old = true };
static const struct text_encoding cyrillic = { .language = 82, .code_page = "CP1251" };

static bool decodes(const char *bytes, size_t n, const struct text_encoding *e, const char *text)
{
	struct arena *a = arena_new();
	const char *got = text_decode(a, (struct span){ bytes, n }, e);
	bool same = text ? got && strcmp(got, text) == 0 : !got;
	arena_free(a);
	return same;
}

static bool encodes(const char *utf8, const struct text_encoding *e, size_t max, const char *bytes)
{
	struct arena *a = arena_new();
	size_t n;
	const char *got = text_encode(a, utf8, e, max, &n);
	bool same = n == strlen(bytes) && memcmp(got, bytes, n + 1) == 0;
	arena_free(a);
	return same;
}

static void test_utf8_stays(void)
{
	assert(decodes("", 0, &modern, ""));
	assert(decodes("Ann", 3, &modern, "Ann"));
	assert(decodes(WANG_UTF8, 6, &chinese, WANG_UTF8));
	assert(decodes(ZHE_UTF8, 2, &cyrillic, ZHE_UTF8));
	assert(decodes(NULL, 0, &modern, NULL));
}

static void test_control_characters_go(void)
{
	assert(decodes("A\0\1n\t\177n\302\205\302\240", 12, &modern, "Ann\302\240"));
	assert(decodes("Ann\0\0\0", 6, &modern, "Ann"));
}

static void test_code_pages(void)
{
	assert(decodes(WANG_GBK, 4, &chinese, WANG_UTF8));
	assert(decodes(WANG_GBK "\0", 5, &chinese, WANG_UTF8));
	assert(decodes(ZHE_1251, 1, &cyrillic, ZHE_UTF8));
	/* Unknown until the operator says it. */
	assert(decodes(ZHE_1251, 1, &modern, NULL));
	assert(decodes("\377\377", 2, &chinese, NULL));
	struct text_encoding both = { .language = 83, .code_page = "ISO-8859-1" };
	assert(decodes("\377\377", 2, &both, "\303\277\303\277"));
	struct text_encoding none = { .code_page = "NO-SUCH-PAGE" };
	assert(decodes("\377", 1, &none, NULL));
	struct text_encoding hostile = { .code_page = "../../etc/passwd" };
	assert(decodes("\377", 1, &hostile, NULL));
}

static void test_encoding(void)
{
	assert(encodes(WANG_UTF8, &modern, 24, WANG_UTF8));
	assert(encodes(WANG_UTF8, &chinese, 24, WANG_UTF8));
	assert(encodes(WANG_UTF8, &old_chinese, 24, WANG_GBK));
	assert(encodes(ZHE_UTF8 WANG_UTF8, &cyrillic, 24, ZHE_1251 "??"));
	assert(encodes("A\tB\nC", &modern, 24, "A B C"));
	assert(encodes("A\tB", &old_chinese, 24, "A B"));
	assert(encodes("", &modern, 24, ""));
	struct text_encoding none = { .code_page = "NO-SUCH-PAGE" };
	assert(encodes(WANG_UTF8, &none, 24, WANG_UTF8));
	assert(encodes("\377", &modern, 24, ""));
	/* A Vietnamese letter whose code there is a control byte. */
	struct text_encoding tcvn = { .code_page = "TCVN" };
	assert(encodes("a\303\232b", &tcvn, 24, "a?b"));
}

static void test_cut_at_characters(void)
{
	assert(encodes(WANG_UTF8, &modern, 5, "\347\216\213"));
	assert(encodes(WANG_UTF8, &modern, 2, ""));
	assert(encodes(WANG_UTF8, &old_chinese, 3, "\315\365"));
	assert(encodes(WANG_UTF8, &cyrillic, 1, "?"));
	assert(encodes("abc", &modern, 0, ""));
	assert(text_cut_bytes(WANG_UTF8, 6) == 6 && text_cut_bytes(WANG_UTF8, 5) == 3);
	assert(text_cut_bytes(WANG_UTF8, 2) == 0 && text_cut_bytes("abc", 9) == 3);
	assert(text_cut_bytes("abc", SIZE_MAX) == 3 && text_cut_bytes("", 0) == 0);
	assert(text_cut_chars(WANG_UTF8, 2) == 6 && text_cut_chars(WANG_UTF8, 1) == 3);
	assert(text_cut_chars(WANG_UTF8, 0) == 0 && text_cut_chars("abc", 9) == 3);
}

static void test_known_code_pages(void)
{
	static const char *const good[] = { "CP1251", "windows-1256", "ISO-8859-9", "GBK",
		"GB18030", "BIG5", "UTF-8", "EUC-KR", "TIS-620", "CP932" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert(text_knows_code_page(good[i]));
	static const char *const bad[] = { "", "UTF-16", "UTF-16LE", "UTF-32", "UTF-7", "IBM037",
		"ISO-2022-JP", "ISO-2022-CN-EXT", "TCVN", "no such", "CP1251//TRANSLIT",
		"/etc/passwd", "A-NAME-THAT-IS-MUCH-TOO-LONG-TO-BE-ONE" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert(!text_knows_code_page(bad[i]));
}

static void test_there_and_back(void)
{
	struct arena *a = arena_new();
	static const char name[] = "Zo\303\253 " WANG_UTF8;
	struct text_encoding page = { .code_page = "GB18030" };
	size_t n;
	const char *bytes = text_encode(a, name, &page, 100, &n);
	assert(strcmp(text_decode(a, (struct span){ bytes, n }, &page), name) == 0);
	arena_free(a);
}

static bool pages_are(struct text_encoding e, const char *expected)
{
	char pages[64];
	text_encoding_pages(&e, pages, sizeof(pages));
	return strcmp(pages, expected) == 0;
}

static void test_pages_tried(void)
{
	assert(pages_are((struct text_encoding){ 0 }, ""));
	assert(pages_are((struct text_encoding){ .language = 69, .code_page = "" }, ""));
	assert(pages_are((struct text_encoding){ .language = 83 }, "GB18030"));
	assert(pages_are((struct text_encoding){ .code_page = "CP1251" }, "CP1251"));
	assert(pages_are(
		(struct text_encoding){ .language = 83, .code_page = "CP1251" }, "GB18030 CP1251"));
}

int main(void)
{
	test_pages_tried();
	test_utf8_stays();
	test_control_characters_go();
	test_code_pages();
	test_encoding();
	test_cut_at_characters();
	test_known_code_pages();
	test_there_and_back();
	return 0;
}
