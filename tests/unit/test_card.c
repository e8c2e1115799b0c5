#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "card.h"

static bool is(const char *text, const char *card)
{
	char out[CARD_SIZE] = "x";
	return card_read(span_of(text), out) && strcmp(out, card) == 0;
}

static bool refused(const char *text)
{
	char out[CARD_SIZE] = "x";
	return !card_read(span_of(text), out) && !*out;
}

static void test_decimal(void)
{
	assert(is("7654321", "7654321") && is("0007654321", "7654321"));
	assert(is("000000000000000000000000000000007654321", "7654321"));
	assert(is("10", "10") && is("00100", "100"));
	assert(is(" 7654321\t", "7654321"));
	assert(is("18446744073709551615", "18446744073709551615"));
	assert(is("00018446744073709551615", "18446744073709551615"));
	assert(refused("18446744073709551616") && refused("99999999999999999999"));
	assert(refused("123456789012345678901234"));
}

static void test_bytes(void)
{
	assert(is("[15CD5B07]", "123456789") && is("[15cd5b0700]", "123456789"));
	assert(is("[B1CB740000]", "7654321") && is(" [B1CB74] ", "7654321"));
	assert(is("[FFFFFFFFFFFFFFFF]", "18446744073709551615"));
	assert(is("[B1CB74000000000000000000]", "7654321"));
	assert(refused("[000000000000000001]") && refused("[FFFFFFFFFFFFFFFFFF]"));
	assert(refused("[123]") && refused("[xx]") && refused("[-1]") && refused("[ 1]"));
	assert(refused("[15CD5B07") && refused("15CD5B07]") && refused("[") && refused("]["));
	char out[CARD_SIZE];
	assert(card_read_hex(span_of("09E4812202"), out) && strcmp(out, "9168872457") == 0);
}

static void test_none(void)
{
	assert(is("", "") && is(NULL, "") && is("   ", "") && is("0", "") && is("0000000000", ""));
	assert(is("[0000000000]", "") && is("[]", ""));
}

static void test_refused(void)
{
	assert(refused("1.23457E+11") && refused("ABC") && refused("-5") && refused("+5"));
	assert(refused("123 45678") && refused("1234567.0") && refused("1,234") && refused("0x12"));
	assert(refused("\xd9\xa1\xd9\xa2\xd9\xa3")); /* Arabic digits */
	assert(refused("\xef\xbc\x91\xef\xbc\x92")); /* full width */
	assert(refused("\xc2\xa0"
		       "12"));
	char out[CARD_SIZE];
	assert(!card_read((struct span){ "12\0003", 4 }, out));
}

static void test_shown(void)
{
	struct arena *a = arena_new();
	assert(strcmp(card_shown(a, "0012"), "12") == 0 && !card_shown(a, NULL));
	assert(strcmp(card_shown(a, "ABC"), "ABC") == 0 && strcmp(card_shown(a, "0"), "") == 0);
	arena_free(a);
}

static void test_hashes(void)
{
	static const unsigned char key[SEAL_KEY_SIZE] = "key";
	unsigned char plain[SEAL_KEY_SIZE], printed[SEAL_KEY_SIZE];
	const void *hashes[CARD_HASHES];
	struct arena *a = arena_new();
	card_hash(key, "7654321", plain);
	seal_hmac(key, "0007654321", 10, printed);
	assert(card_hashes(a, key, "7654321", hashes) == 14);
	assert(seal_same(hashes[0], plain, SEAL_KEY_SIZE));
	assert(seal_same(hashes[3], printed, SEAL_KEY_SIZE));
	assert(card_hashes(a, key, "18446744073709551615", hashes) == 1);
	assert(card_hashes(a, key, "1", hashes) == CARD_HASHES);
	arena_free(a);
}

int main(void)
{
	test_decimal();
	test_bytes();
	test_none();
	test_refused();
	test_shown();
	test_hashes();
	return 0;
}
