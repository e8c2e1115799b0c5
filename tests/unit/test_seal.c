/* Sealing: what opens, what does not; hashes; passwords. */
#include <assert.h>
#include <string.h>

#include "password.h"
#include "seal.h"
#include "str.h"

static const unsigned char master[SEAL_KEY_SIZE] = "0123456789abcdef0123456789abcde";
static const unsigned char row[SEAL_ROW_KEY_SIZE] = "row number one.";
static const unsigned char other_row[SEAL_ROW_KEY_SIZE] = "row number two.";

static struct seal *seal_with_key(struct arena *a)
{
	unsigned char *wrapped;
	size_t n;
	struct seal *s = seal_new(master);
	assert(!seal_ready(s));
	seal_make_key(s, 7, a, &wrapped, &n);
	assert(seal_add_key(s, 7, wrapped, n, true));
	assert(seal_ready(s) && seal_current_key(s) == 7);
	return s;
}

static void test_there_and_back(void)
{
	struct arena *a = arena_new();
	struct seal *s = seal_with_key(a);
	static const char *const texts[] = { "", "x", "4711",
		"a somewhat longer text, 33 bytes.." };
	for (size_t i = 0; i < 4; i++) {
		size_t n, plain_n, len = strlen(texts[i]);
		unsigned char *sealed = seal_close(s, a, "person.card", row, texts[i], len, &n);
		assert(n == len + SEAL_OVERHEAD);
		char *plain = seal_open(s, a, "person.card", row, sealed, n, &plain_n);
		assert(plain && plain_n == len && strcmp(plain, texts[i]) == 0);
		assert(!seal_open(s, a, "person.cars", row, sealed, n, &plain_n));
		assert(!seal_open(s, a, "person.card", other_row, sealed, n, &plain_n));
		for (size_t at = 0; at < n; at++) {
			sealed[at] ^= 1;
			assert(!seal_open(s, a, "person.card", row, sealed, n, &plain_n));
			sealed[at] ^= 1;
		}
		for (size_t cut = 0; cut < n; cut++) {
			unsigned char *copy = (unsigned char *)arena_memdup(a, sealed, cut);
			assert(!seal_open(s, a, "person.card", row, copy, cut, &plain_n));
		}
	}
	size_t n, m;
	unsigned char *one = seal_close(s, a, "t.c", row, "x", 1, &n);
	unsigned char *two = seal_close(s, a, "t.c", row, "x", 1, &m);
	assert(memcmp(one, two, n) != 0);
	seal_free(s);
	arena_free(a);
}

static void test_keys(void)
{
	struct arena *a = arena_new();
	struct seal *s = seal_with_key(a);
	size_t n, sealed_n, plain_n;
	unsigned char *wrapped;
	unsigned char *old = seal_close(s, a, "t.c", row, "old", 3, &sealed_n);
	seal_make_key(s, 8, a, &wrapped, &n);
	assert(!seal_add_key(s, 9, wrapped, n, true)); /* another number */
	assert(!seal_add_key(s, 8, wrapped, n - 1, true));
	assert(seal_add_key(s, 8, wrapped, n, true) && seal_current_key(s) == 8);
	assert(strcmp(seal_open(s, a, "t.c", row, old, sealed_n, &plain_n), "old") == 0);
	unsigned char *fresh = seal_close(s, a, "t.c", row, "new", 3, &sealed_n);
	assert(fresh[4] == 8 && old[4] == 7);

	unsigned char wrong[SEAL_KEY_SIZE];
	memset(wrong, 1, sizeof(wrong));
	struct seal *t = seal_new(wrong);
	assert(!seal_add_key(t, 8, wrapped, n, true) && !seal_ready(t));
	assert(!seal_open(t, a, "t.c", row, fresh, sealed_n, &plain_n));
	seal_free(t);
	seal_free(s);
	seal_free(NULL);
	arena_free(a);
}

static void test_another_master(void)
{
	static const unsigned char other[SEAL_KEY_SIZE] = "another master key, 32 bytes...";
	struct arena *a = arena_new();
	struct seal *s = seal_with_key(a), *fresh = seal_new(other), *old = seal_new(master);
	size_t n, sealed_n, plain_n;
	unsigned char *wrapped;
	unsigned char *sealed = seal_close(s, a, "t.c", row, "kept", 4, &sealed_n);
	assert(!seal_wrap_key(s, fresh, 8, a, &wrapped, &n));
	assert(seal_wrap_key(s, fresh, 7, a, &wrapped, &n));
	assert(!seal_add_key(old, 7, wrapped, n, true) && !seal_knows_key(old, 7));
	assert(!seal_use_key(old, 7));
	assert(seal_add_key(fresh, 7, wrapped, n, false) && !seal_ready(fresh));
	assert(seal_knows_key(fresh, 7) && seal_use_key(fresh, 7) && seal_ready(fresh));
	assert(strcmp(seal_open(fresh, a, "t.c", row, sealed, sealed_n, &plain_n), "kept") == 0);
	seal_set_master(old, other);
	assert(seal_add_key(old, 7, wrapped, n, true) && seal_ready(old));
	seal_set_behind(old, true);
	assert(!seal_ready(old) && seal_current_key(old) == 7);
	seal_set_behind(old, false);
	assert(seal_ready(old));
	seal_free(old);
	seal_free(fresh);
	seal_free(s);
	arena_free(a);
}

static void test_hashes(void)
{
	unsigned char out[32];
	char text[65];
	seal_sha256("abc", 3, out);
	str_hex(out, 32, text);
	assert(strcmp(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") ==
		0);
	seal_sha256(NULL, 0, out);
	assert(out[0] == 0xe3);
	unsigned char key[32] = { 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
		0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b };
	seal_hmac(key, "Hi There", 8, out); /* RFC 4231, case 1: zeros at the end change nothing */
	str_hex(out, 32, text);
	assert(strcmp(text, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7") ==
		0);
	assert(seal_same("ab", "ab", 2) && !seal_same("ab", "ac", 2));
}

static void test_passwords(void)
{
	char one[PASSWORD_HASH_SIZE], two[PASSWORD_HASH_SIZE], longer[PASSWORD_MAX + 2];
	assert(password_hash("secret", one) && password_hash("secret", two));
	assert(strncmp(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0);
	assert(strcmp(one, two) != 0);
	assert(password_verify(one, "secret") && !password_verify(one, "Secret"));
	assert(!password_verify(one, "") && !password_verify(NULL, "secret"));
	assert(!password_verify("nonsense", "secret") && !password_hash("", two));
	memset(longer, 'x', sizeof(longer));
	longer[PASSWORD_MAX + 1] = '\0';
	assert(!password_hash(longer, two) && !password_verify(one, longer));
	longer[PASSWORD_MAX] = '\0';
	assert(password_hash(longer, two) && password_verify(two, longer));
	password_wipe(longer);
	assert(longer[0] == '\0' && longer[PASSWORD_MAX - 1] == '\0');
}

int main(void)
{
	test_there_and_back();
	test_keys();
	test_another_master();
	test_hashes();
	test_passwords();
	return 0;
}
