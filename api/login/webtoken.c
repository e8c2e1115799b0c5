/*
 * Read by libjwt, once the signature is known to be ours: it writes behind its memory when a part of
 * a token is empty (1.10), so strangers do not get that far. It prints members sorted by name, and
 * real servers do not, so the text to be signed is written here.
 */
#include "webtoken.h"

#include <errno.h>
#include <jwt.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "str.h"

enum {
	TOKEN_MAX = 4096,
	KID_BYTES = 8,
	KID_TEXT = 2 * KID_BYTES + 1,
	SIGNATURE_LEN = 43 /* in base64url */
};

/* A name for the key that tells nothing of it, nor how many there have been. */
static void kid_of(const unsigned char key[SEAL_KEY_SIZE], char out[static KID_TEXT])
{
	static const char said[] = "jwt kid";
	unsigned char mac[SEAL_KEY_SIZE];

	seal_hmac(key, said, strlen(said), mac);
	str_hex(mac, KID_BYTES, out);
}

/* out: room for 4 bytes for each 3, or part of them, and one more. */
static void base64url(const void *bytes, size_t n, char *out)
{
	EVP_EncodeBlock((unsigned char *)out, bytes, (int)n);
	out[strcspn(out, "=")] = '\0';
	for (; *out; out++)
		*out = *out == '+' ? '-' : *out == '/' ? '_' : *out;
}

static void base64url_add(struct str *out, const void *bytes, size_t n)
{
	char *text = arena_alloc(out->arena, 4 * (n / 3 + 1) + 1);

	base64url(bytes, n, text);
	str_add(out, text);
}

static void claims_write(struct out *o, const struct webtoken *t)
{
	json_open(o, '{');
	json_key(o, "user_id");
	json_int(o, t->user_id);
	json_key(o, "username");
	json_text(o, t->username);
	json_key(o, "exp");
	json_int(o, t->exp);
	json_key(o, "email");
	json_text(o, t->email);
	json_key(o, "orig_iat");
	json_int(o, t->orig_iat);
	if (t->refresh) {
		json_key(o, "token_type");
		json_text(o, "refresh");
	}
	json_close(o, '}');
}

const char *webtoken_make(struct arena *a, const unsigned char key[SEAL_KEY_SIZE], bool named,
	const struct webtoken *t)
{
	char kid[KID_TEXT];
	unsigned char signature[SEAL_KEY_SIZE];
	struct str text = str_new(a);
	struct out claims;

	kid_of(key, kid);
	const char *header = "{\"typ\":\"JWT\",\"alg\":\"HS256\"}";
	if (named)
		header = arena_printf(a, "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"%s\"}", kid);
	out_init(&claims);
	claims_write(&claims, t);
	base64url_add(&text, header, strlen(header));
	str_addc(&text, '.');
	base64url_add(&text, claims.bytes, claims.len);
	out_free(&claims);
	seal_hmac(key, text.text, text.len, signature);
	str_addc(&text, '.');
	base64url_add(&text, signature, sizeof(signature));
	return str_text(&text);
}

/* Whether it is a header and claims, neither of them empty, and what the key signs them with. */
static bool signed_by(const unsigned char key[SEAL_KEY_SIZE], const char *token)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t header = strspn(token, letters);
	unsigned char mac[SEAL_KEY_SIZE];
	char signature[SIGNATURE_LEN + 2];

	if (header == 0 || token[header] != '.')
		return false;
	const char *claims = token + header + 1;
	size_t n = strspn(claims, letters);
	if (n == 0 || claims[n] != '.')
		return false;
	const char *given = claims + n + 1;
	seal_hmac(key, token, (size_t)(given - 1 - token), mac);
	base64url(mac, sizeof(mac), signature);
	return strlen(given) == SIGNATURE_LEN && seal_same(given, signature, SIGNATURE_LEN);
}

/* Tokens by a key without a name have no kid. One that is no text is not ours. */
static bool kid_fits(jwt_t *jwt, const unsigned char key[SEAL_KEY_SIZE])
{
	char ours[KID_TEXT];
	char *all = jwt_get_headers_json(jwt, "kid");
	const char *kid = jwt_get_header(jwt, "kid");

	kid_of(key, ours);
	bool fits = kid ? strcmp(kid, ours) == 0 : !all;
	free(all);
	return fits;
}

/* A whole number, or -1. */
static int64_t claim_int(jwt_t *jwt, const char *name)
{
	errno = 0;
	long value = jwt_get_grant_int(jwt, name);
	return errno || value < 0 ? -1 : value;
}

enum webtoken_result webtoken_read(
	const unsigned char key[SEAL_KEY_SIZE], const char *token, int64_t now, struct webtoken *t)
{
	jwt_t *jwt = NULL;

	*t = (struct webtoken){ 0 };
	if (strlen(token) > TOKEN_MAX || !signed_by(key, token) ||
		jwt_decode(&jwt, token, key, SEAL_KEY_SIZE) != 0)
		return WEBTOKEN_BAD;
	bool ours = jwt_get_alg(jwt) == JWT_ALG_HS256 && kid_fits(jwt, key);
	t->user_id = claim_int(jwt, "user_id");
	t->exp = claim_int(jwt, "exp");
	t->orig_iat = claim_int(jwt, "orig_iat");
	if (t->orig_iat < 0)
		t->orig_iat = 0;
	const char *type = jwt_get_grant(jwt, "token_type");
	t->refresh = type && strcmp(type, "refresh") == 0;
	jwt_free(jwt);
	if (!ours || t->user_id < 1 || t->user_id > INT32_MAX || t->exp < 0)
		return WEBTOKEN_BAD;
	return t->exp <= now ? WEBTOKEN_EXPIRED : WEBTOKEN_GOOD;
}
