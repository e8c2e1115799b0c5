/* JSON web tokens: as strangers send them, and header and claims of any kind under a right signature. */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "webtoken.h"

static const unsigned char key[SEAL_KEY_SIZE] = "0123456789abcdef0123456789abcde";

static void must(bool holds)
{
	if (!holds)
		abort();
}

static enum webtoken_result read_token(const char *token, struct webtoken *t)
{
	enum webtoken_result result = webtoken_read(key, token, 1000, t);

	if (result != WEBTOKEN_BAD)
		must(t->user_id > 0 && t->exp >= 0 && t->orig_iat >= 0);
	if (result == WEBTOKEN_GOOD)
		must(t->exp > 1000);
	return result;
}

static const char *base64url(struct arena *a, const void *bytes, size_t n)
{
	char *text = arena_alloc(a, 4 * (n / 3 + 1) + 1);

	EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
	text[strcspn(text, "=")] = '\0';
	for (char *c = text; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	return text;
}

/* A line of header, and claims. */
static const char *sign(struct arena *a, const char *text, size_t n)
{
	const char *line = memchr(text, '\n', n);
	size_t header = line ? (size_t)(line - text) : n;
	size_t claims = line ? header + 1 : n;
	unsigned char mac[SEAL_KEY_SIZE];
	const char *both = arena_printf(
		a, "%s.%s", base64url(a, text, header), base64url(a, text + claims, n - claims));

	seal_hmac(key, both, strlen(both), mac);
	return arena_printf(a, "%s.%s", both, base64url(a, mac, sizeof(mac)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	const char *text = arena_memdup(a, data, n);
	struct webtoken t;

	must(read_token(text, &t) == WEBTOKEN_BAD || strchr(text, '.'));
	read_token(sign(a, text, n), &t);
	arena_free(a);
	return 0;
}
