/* JSON web tokens: what is made, and what is not believed. */
#include "webtoken.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

#include "str.h"

static const unsigned char key[SEAL_KEY_SIZE] = "0123456789abcdef0123456789abcde";
static const unsigned char other[SEAL_KEY_SIZE] = "another key";

static const char *base64url(struct arena *a, const void *bytes, size_t n)
{
	char *text = arena_alloc(a, 4 * (n / 3 + 1) + 1);

	EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
	text[strcspn(text, "=")] = '\0';
	for (char *c = text; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	return text;
}

/* header and claims signed with HMAC-SHA256, whatever the header says */
static const char *forge(struct arena *a, const char *header, const char *claims)
{
	unsigned char mac[SEAL_KEY_SIZE];
	const char *text = arena_printf(a, "%s.%s", base64url(a, header, strlen(header)),
		base64url(a, claims, strlen(claims)));

	seal_hmac(key, text, strlen(text), mac);
	return arena_printf(a, "%s.%s", text, base64url(a, mac, sizeof(mac)));
}

static const char *header_of(struct arena *a, const char *token)
{
	size_t n = strcspn(token, ".");
	char *text = arena_alloc(a, n + 5);
	unsigned char *plain = arena_alloc(a, n + 5);

	memcpy(text, token, n);
	memset(text + n, '=', (4 - n % 4) % 4);
	int len = EVP_DecodeBlock(plain, (unsigned char *)text, (int)((n + 3) / 4 * 4));
	assert(len > 0);
	plain[(size_t)len - (4 - n % 4) % 4] = '\0';
	return (char *)plain;
}

static const char *kid_of(struct arena *a, const char *token)
{
	const char *found = strstr(header_of(a, token), "\"kid\":\"");

	assert(found);
	return arena_memdup(a, found + 7, strcspn(found + 7, "\""));
}

static const char *header_with(struct arena *a, const char *kid)
{
	return arena_printf(a, "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":%s}", kid);
}

static void test_bytes_are_those_of_the_original(void)
{
	struct arena *a = arena_new();
	const struct webtoken t = { .user_id = 1,
		.username = "admin",
		.email = "a@b.c",
		.exp = 1700604800,
		.orig_iat = 1700000000 };
	const char *token = webtoken_make(a, key, true, &t);
	static const char claims[] = "{\"user_id\":1,\"username\":\"admin\",\"exp\":1700604800,"
				     "\"email\":\"a@b.c\",\"orig_iat\":1700000000}";
	static const char start[] = "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"";
	const char *expected = arena_printf(a, ".%s.", base64url(a, claims, strlen(claims)));
	const char *kid = kid_of(a, token);

	assert(strncmp(header_of(a, token), start, strlen(start)) == 0);
	assert(strlen(kid) == 16 && strspn(kid, "0123456789abcdef") == 16);
	assert(strncmp(strchr(token, '.'), expected, strlen(expected)) == 0);
	token = webtoken_make(a, key, false, &t);
	assert(strncmp(token, "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.", 37) == 0);
	assert(strncmp(strchr(token, '.'), expected, strlen(expected)) == 0);
	arena_free(a);
}

static void test_round_trip(void)
{
	struct arena *a = arena_new();
	struct webtoken t = { .user_id = 7,
		.username = "\xc3\xa4\"",
		.email = "",
		.exp = 2000,
		.orig_iat = 1000 },
			got;
	const char *token = webtoken_make(a, key, true, &t);

	assert(webtoken_read(key, token, 1999, &got) == WEBTOKEN_GOOD);
	assert(got.user_id == 7 && got.exp == 2000 && got.orig_iat == 1000 && !got.refresh);
	assert(webtoken_read(key, token, 2000, &got) == WEBTOKEN_EXPIRED);
	assert(webtoken_read(other, token, 1999, &got) == WEBTOKEN_BAD);
	t.refresh = true;
	assert(webtoken_read(key, webtoken_make(a, key, true, &t), 1, &got) == WEBTOKEN_GOOD);
	assert(got.refresh);
	arena_free(a);
}

static void test_what_is_not_believed(void)
{
	struct arena *a = arena_new();
	struct webtoken got;
	static const char claims[] = "{\"user_id\":1,\"exp\":2000,\"orig_iat\":1}";
	static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"HS256\"}";
	static const char *const headers[] = { "{\"typ\":\"JWT\",\"alg\":\"none\"}",
		"{\"typ\":\"JWT\",\"alg\":\"HS384\"}", "{\"typ\":\"JWT\",\"alg\":\"RS256\"}",
		"{\"typ\":\"JWT\"}", "{}", "[]", "" };
	static const char *const bad_claims[] = { "{\"exp\":2000}", "{\"user_id\":1}",
		"{\"user_id\":\"1\",\"exp\":2000}", "{\"user_id\":0,\"exp\":2000}",
		"{\"user_id\":99999999999,\"exp\":2000}", "[]", "" };
	static const char *const texts[] = { "", ".", "..", "a.b.c", "....", "a..c", ".b.c",
		"a.b." };

	assert(webtoken_read(key, forge(a, header, claims), 1, &got) == WEBTOKEN_GOOD);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		assert(webtoken_read(key, forge(a, headers[i], claims), 1, &got) == WEBTOKEN_BAD);
	for (size_t i = 0; i < sizeof(bad_claims) / sizeof(*bad_claims); i++)
		assert(webtoken_read(key, forge(a, header, bad_claims[i]), 1, &got) ==
			WEBTOKEN_BAD);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert(webtoken_read(key, texts[i], 1, &got) == WEBTOKEN_BAD);
	/* the signature spelled otherwise */
	const char *good = forge(a, header, claims);
	assert(webtoken_read(key, arena_printf(a, "%s=", good), 1, &got) == WEBTOKEN_BAD);
	assert(webtoken_read(key, arena_printf(a, "%s.", good), 1, &got) == WEBTOKEN_BAD);
	assert(webtoken_read(key, arena_printf(a, " %s", good), 1, &got) == WEBTOKEN_BAD);
	/* no signature at all */
	char *bare = arena_strdup(a, forge(a, headers[0], claims));
	*(strrchr(bare, '.') + 1) = '\0';
	assert(webtoken_read(key, bare, 1, &got) == WEBTOKEN_BAD);
	arena_free(a);
}

static void test_the_key_that_is_named(void)
{
	struct arena *a = arena_new();
	struct webtoken got, t = { .user_id = 1, .username = "", .email = "", .exp = 2000 };
	static const char claims[] = "{\"user_id\":1,\"exp\":2000}";
	const char *ours = kid_of(a, webtoken_make(a, key, true, &t));
	const char *others = kid_of(a, webtoken_make(a, other, true, &t));
	char *long_kid = arena_alloc(a, 4099);
	memset(long_kid, '1', 4098);
	long_kid[0] = long_kid[4097] = '"';
	long_kid[4098] = '\0';
	const char *bad[] = { "\"\"", "\"../../etc/passwd\"", "\"' or 1=1 --\"", "1", "null", "[]",
		"{}", "true", long_kid, arena_printf(a, "\"%s\"", others),
		arena_printf(a, "\"%s0\"", ours), arena_printf(a, "\"%.15s\"", ours) };

	assert(strcmp(ours, others) != 0);
	const char *good = header_with(a, arena_printf(a, "\"%s\"", ours));
	assert(webtoken_read(key, forge(a, good, claims), 1, &got) == WEBTOKEN_GOOD);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert(webtoken_read(key, forge(a, header_with(a, bad[i]), claims), 1, &got) ==
			WEBTOKEN_BAD);
	arena_free(a);
}

int main(void)
{
	test_bytes_are_those_of_the_original();
	test_round_trip();
	test_what_is_not_believed();
	test_the_key_that_is_named();
	return 0;
}
