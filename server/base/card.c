#include "card.h"

#include <stdint.h>
#include <string.h>

enum { DIGITS_MOST = CARD_SIZE - 1 };

static void number_write(uint64_t n, char out[static CARD_SIZE])
{
	char digits[CARD_SIZE], *p = digits + sizeof(digits) - 1;
	for (*p = '\0'; n; n /= 10)
		*--p = (char)('0' + n % 10);
	memcpy(out, p, strlen(p) + 1);
}

static bool decimal_read(struct span text, uint64_t *n)
{
	*n = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(text.text[i] - '0');
		if (*n > (UINT64_MAX - digit) / 10)
			return false;
		*n = *n * 10 + digit;
	}
	return true;
}

/* -1: no hexadecimal digit */
static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(struct span hex, uint64_t *n)
{
	*n = 0;
	if (hex.len % 2)
		return false;
	for (size_t i = hex.len; i > 0; i -= 2) {
		int high = nibble(hex.text[i - 2]), low = nibble(hex.text[i - 1]);
		if (high < 0 || low < 0 || *n >> 56)
			return false;
		*n = *n << 8 | (uint64_t)(high << 4 | low);
	}
	return true;
}

bool card_read_hex(struct span hex, char out[static CARD_SIZE])
{
	uint64_t n;
	bool good = hex_read(span_trim(hex), &n);
	number_write(good ? n : 0, out);
	return good;
}

bool card_read(struct span text, char out[static CARD_SIZE])
{
	uint64_t n;
	text = span_trim(text);
	if (text.len >= 2 && text.text[0] == '[' && text.text[text.len - 1] == ']')
		return card_read_hex((struct span){ text.text + 1, text.len - 2 }, out);
	bool good = decimal_read(text, &n);
	number_write(good ? n : 0, out);
	return good;
}

const char *card_shown(struct arena *a, const char *text)
{
	char card[CARD_SIZE];
	return text && card_read(span_of(text), card) ? arena_strdup(a, card) : text;
}

void card_hash(
	const unsigned char key[SEAL_KEY_SIZE], const char *card, unsigned char hash[SEAL_KEY_SIZE])
{
	seal_hmac(key, card, strlen(card), hash);
}

int card_hashes(struct arena *a, const unsigned char key[SEAL_KEY_SIZE], const char *card,
	const void *out[static CARD_HASHES])
{
	char typed[CARD_SIZE];
	size_t len = strlen(card);
	int n = 0;
	memset(typed, '0', DIGITS_MOST);
	memcpy(typed + DIGITS_MOST - len, card, len + 1);
	for (size_t zeros = 0; zeros + len <= DIGITS_MOST; zeros++) {
		unsigned char *hash = arena_alloc(a, SEAL_KEY_SIZE);
		card_hash(key, typed + DIGITS_MOST - len - zeros, hash);
		out[n++] = hash;
	}
	return n;
}
