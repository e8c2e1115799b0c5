#include <assert.h>
#include <string.h>

#include "content.h"

static bool good(const char *text)
{
	return content_is_base64(text, strlen(text));
}

static void test_base64(void)
{
	assert(good("AAAA") && good("AAA=") && good("AA==") && good("a+/9ZZZ="));
	static const char *const bad[] = { "", "A", "AA", "AAA", "AAAAA", "====", "A===", "AA=A",
		"=AAA", "AAAA====", "AAA-", "AAA_", "AAA ", " AAA", "AA\tA", "AA\nA", "AAA@",
		"AAA[", "AAA`", "AAA{", "AA\xc3\xa4" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert(!good(bad[i]));
	assert(!content_is_base64("AA\0A", 4));
	for (int c = 0; c < 256; c++) {
		const char text[] = { (char)c, 'A', 'A', 'A' };
		bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			     (c >= '0' && c <= '9') || c == '+' || c == '/';
		assert(content_is_base64(text, 4) == digit);
	}
}

static void test_bytes(void)
{
	assert(content_bytes("", 0) == 0 && content_bytes("=", 1) == 0);
	assert(content_bytes("==", 2) == 0);
	assert(content_bytes("AAAA", 4) == 3);
	assert(content_bytes("AAA=", 4) == 2);
	assert(content_bytes("AA==", 4) == 1);
}

static const char *problem(struct arena *a, const char *text, const char *size)
{
	return content_template_problem(a, text, strlen(text), size, size ? strlen(size) : 0);
}

static void test_sizes(void)
{
	struct arena *a = arena_new();
	static const char *const right[] = { NULL, "", " ", "8", "5", " 8", "5 ", "\t008\r\n" };
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++)
		assert(!problem(a, "AAAABBB=", right[i]));
	assert(strcmp(problem(a, "AAAABBB=", "6"), "Size says 6, the value has 8") == 0);
	assert(strcmp(problem(a, "AAAABBB=", "0"), "Size says 0, the value has 8") == 0);
	static const char *const wrong[] = { "-8", "8x", "8 8", "0x8", "99999999999", "8." };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert(strcmp(problem(a, "AAAABBB=", wrong[i]), "Size is no number") == 0);
	assert(strcmp(problem(a, "AAAABBB", "7"), "not base64") == 0);
	arena_free(a);
}

static void test_pictures(void)
{
	struct arena *a = arena_new();
	assert(!content_picture_problem(a, "/9j/4AAQ", 8, "8", 1));
	assert(!content_picture_problem(a, "/9j/AA==", 8, NULL, 0));
	assert(strcmp(content_picture_problem(a, "/9j/", 4, NULL, 0), "no JPEG") == 0);
	assert(strcmp(content_picture_problem(a, "iVBORw0K", 8, NULL, 0), "no JPEG") == 0);
	assert(strcmp(content_picture_problem(a, "/9j/@@@@", 8, NULL, 0), "not base64") == 0);
	assert(content_is_jpeg("\xff\xd8\xff\xe0", 4) && !content_is_jpeg("\xff\xd8\xff", 3));
	assert(!content_is_jpeg("\x89PNG\r\n", 6));
	arena_free(a);
}

static void test_places(void)
{
	for (int finger = 0; finger <= 9; finger++)
		assert(!content_place_problem(1, finger, 0) &&
			!content_place_problem(7, finger, 2));
	assert(strcmp(content_place_problem(1, 10, 0), "no such finger") == 0);
	assert(strcmp(content_place_problem(1, -1, 0), "no such finger") == 0);
	assert(strcmp(content_place_problem(7, 77, 0), "no such finger") == 0);
	assert(content_place_problem(1, 0, 1) && content_place_problem(7, 0, 3));
	assert(!content_place_problem(2, 0, 14) && content_place_problem(2, 0, 15));
	assert(!content_place_problem(9, 0, 0) && content_place_problem(9, 1, 0));
	assert(!content_place_problem(8, 0, 5) && content_place_problem(8, 0, 6));
	assert(!content_place_problem(10, 1, 0) && content_place_problem(10, 2, 0));
	assert(strcmp(content_place_problem(11, 0, 0), "no such type of template") == 0);
	assert(strcmp(content_place_problem(-1, 0, 0), "no such type of template") == 0);
}

int main(void)
{
	test_base64();
	test_bytes();
	test_sizes();
	test_pictures();
	test_places();
	return 0;
}
