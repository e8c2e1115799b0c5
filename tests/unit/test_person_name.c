#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "person_name.h"

static void splits(const char *name, const char *expected)
{
	struct arena *a = arena_new();
	assert(strcmp(person_name_split(a, name), expected) == 0);
	arena_free(a);
}

static void test_split(void)
{
	splits("", "");
	splits("Ann Lee", "Ann Lee");
	splits("abcdefghijklmnopqrstuvwxy", "abcdefghijklmnopqrstuvwxy");
	splits("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxy\nz");
	splits("Ann abcdefghijklmnopqrstuvwxyz", "Ann\nabcdefghijklmnopqrstuvwxy");
	splits("abcdefghijklmnopqrstuvwxy z", "abcdefghijklmnopqrstuvwxy\nz");
	splits("abcdefghijklmnopqrstu   wxyz ab", "abcdefghijklmnopqrstu  \nwxyz ab");
	splits("Nguy\xe1\xbb\x85n Th\xe1\xbb\x8b B\xc3\xad"
	       "ch Ng\xe1\xbb\x8d"
	       "c Tr\xc3\xa2m Anh",
		"Nguy\xe1\xbb\x85n Th\xe1\xbb\x8b B\xc3\xad"
		"ch Ng\xe1\xbb\x8d"
		"c Tr\xc3\xa2m\nAnh");
	char stars[31 * 3 + 1] = "", expected[31 * 3 + 2] = ""; /* never within a character */
	for (int i = 0; i < 30; i++) {
		strcat(stars, "\xe7\x8e\x8b");
		strcat(expected, i == 25 ? "\n\xe7\x8e\x8b" : "\xe7\x8e\x8b");
	}
	splits(stars, expected);
}

static void test_long(void)
{
	const struct dialect g1 = { .generation = GENERATION_1 },
			     g3 = { .generation = GENERATION_3 },
			     g4 = { .generation = GENERATION_4 };
	const char *nine = "abcdefghi", *signs = "\xe7\x8e\x8b\xe7\x8e\x8b\xe7\x8e\x8b\xe7\x8e\x8b"
						 "\xe7\x8e\x8b\xe7\x8e\x8b\xe7\x8e\x8b\xe7\x8e\x8b"
						 "\xe7\x8e\x8b";
	assert(person_name_is_long(&g1, nine, span_of(nine)));
	assert(!person_name_is_long(&g3, nine, span_of(nine)));
	assert(person_name_is_long(&g3, signs, span_of(signs))); /* 27 bytes */
	assert(!person_name_is_long(&g4, signs, span_of(signs)));
	const char *letters = "abcdefghijklmnopqrstuvwxy";
	assert(person_name_is_long(&g4, letters, span_of(letters)));
}

int main(void)
{
	test_split();
	test_long();
	return 0;
}
