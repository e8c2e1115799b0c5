/* Pictures in bodies of every kind. */
#include "picture.h"

#include <assert.h>
#include <string.h>

static const char multipart[] = "multipart/form-data; boundary=cut";

static struct picture read_as(struct arena *a, const char *type, const char *body, size_t n)
{
	struct picture p;

	assert(!picture_read(a, type, body, n, "photo", &p).text);
	assert(json_is_object(p.members));
	return p;
}

static void check(const char *type, const char *body, const char *expected)
{
	struct arena *a = arena_new();
	struct picture p = read_as(a, type, body, strlen(body));

	if (expected)
		assert(p.n == strlen(expected) && memcmp(p.bytes, expected, p.n) == 0);
	else
		assert(!p.bytes);
	json_decref(p.members);
	arena_free(a);
}

static void check_bad(const char *type, const char *body, int status, const char *member)
{
	struct arena *a = arena_new();
	struct picture p;
	struct picture_error error = picture_read(a, type, body, strlen(body), "photo", &p);

	assert(error.text && error.status == status && !p.members && !p.bytes);
	assert(error.member == member || strcmp(error.member, member) == 0);
	arena_free(a);
}

static void test_kinds(void)
{
	check("image/jpeg", "bytes", "bytes");
	check("image/jpeg", "", NULL);
	check("application/json", "{\"photo\":\"Ynl0ZXM=\"}", "bytes");
	check("application/json", "{\"photo\":\"data:image/jpeg;base64,Ynl0\\r\\n ZXM\"}", "bytes");
	check("application/json", "{\"photo\":\"Ynl0ZTE2\"}", "byte16");
	check("application/json", "{}", NULL);
	check("application/x-www-form-urlencoded", "photo=Ynl0ZXM%3D", "bytes");
	check(multipart,
		"--cut\r\nContent-Disposition: form-data; name=\"photo\"\r\n\r\nYnl0ZXM=\r\n--cut--",
		"bytes");
	check_bad("application/json", "{\"photo\":\"Y\"}", 400, "photo");
	check_bad("application/json", "{\"photo\":\"Yn=l\"}", 400, "photo");
	check_bad("application/json", "{\"photo\":\"Y*==\"}", 400, "photo");
	check_bad("application/json", "{\"photo\":\"\"}", 400, "photo");
	check_bad("application/json", "{\"photo\":[1]}", 400, "photo");
	check_bad("application/json", "{\"photo\":null}", 400, "photo");
	check_bad("application/json", "[]", 400, "non_field_errors");
	check_bad("text/plain", "x", 415, NULL);
	check_bad(multipart, "--cut\r\n", 400, NULL);
}

static void test_file_of_a_form(void)
{
	static const char body[] = "--cut\r\nContent-Disposition: form-data; name=\"employee\"\r\n"
				   "\r\n7\r\n"
				   "--cut\r\nContent-Disposition: form-data; name=\"f\"; "
				   "filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
				   "\xff\xd8\0\r\n\r\n\r\n"
				   "--cut\r\nContent-Disposition: form-data; name=\"g\"; "
				   "filename=\"b.jpg\"\r\n\r\nsecond\r\n--cut--\r\n";
	struct arena *a = arena_new();
	struct picture p = read_as(a, multipart, body, sizeof(body) - 1);

	assert(p.n == 7 && memcmp(p.bytes, "\xff\xd8\0\r\n\r\n", 7) == 0);
	assert(strcmp(json_string_value(json_object_get(p.members, "employee")), "7") == 0);
	assert(json_object_size(p.members) == 1);
	json_decref(p.members);
	arena_free(a);
}

static void test_problems(void)
{
	static unsigned char big[PICTURE_MAX + 1] = "\xff\xd8\xff";
	struct picture p = { (const unsigned char *)"\xff\xd8\xff\xe0", 4, NULL };

	assert(!picture_problem(&p));
	p.n = 3;
	assert(picture_problem(&p));
	p = (struct picture){ (const unsigned char *)"GIF89a", 6, NULL };
	assert(picture_problem(&p));
	p = (struct picture){ big, sizeof(big), NULL };
	assert(picture_problem(&p));
	p.n--;
	assert(!picture_problem(&p));
	p = (struct picture){ 0 };
	assert(picture_problem(&p));
}

static void test_there_and_back(void)
{
	struct arena *a = arena_new();
	struct picture p, back;
	unsigned char bytes[6] = { 0, 255, 10, 13, 61, 0 };
	size_t n;

	for (size_t len = 1; len <= sizeof(bytes); len++) {
		p = (struct picture){ bytes, len, NULL };
		const char *text = picture_text(a, &p, &n);
		assert(n == strlen(text) && n % 4 == 0);
		assert(picture_decode(a, text, &back));
		assert(back.n == len && memcmp(back.bytes, bytes, len) == 0);
	}
	arena_free(a);
}

int main(void)
{
	test_kinds();
	test_file_of_a_form();
	test_problems();
	test_there_and_back();
	return 0;
}
