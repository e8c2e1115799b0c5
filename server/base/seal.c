/*
 * AES-256-GCM, HMAC-SHA256 and random bytes, all by OpenSSL's libcrypto. Keys live in its secure heap:
 * locked pages between guard pages, left out of core dumps, wiped when given back.
 */
#include "seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdatomic.h>
#include <string.h>

#include "fatal.h"

enum { VERSION = 1, HEAD_SIZE = 5, NONCE_SIZE = 12, TAG_SIZE = 16, SECURE_HEAP = 1 << 16 };

/* Where wrapped data keys belong, in the same form as any other sealed value. */
static const char key_place[] = "data_key.wrapped";

struct key {
	struct key *next;
	uint32_t id;
	unsigned char bytes[SEAL_KEY_SIZE];
};

/* Keys are added by the loop while worker threads seal and open; they move and go only at the
 * end. */
struct seal {
	unsigned char master[SEAL_KEY_SIZE];
	_Atomic(struct key *) keys;
	_Atomic(struct key *) current;
	atomic_bool behind;
};

/* Without the right to lock so much memory the heap is there all the same, not locked. */
static void *secret_new(size_t n)
{
	if (!CRYPTO_secure_malloc_initialized() && !CRYPTO_secure_malloc_init(SECURE_HEAP, 64))
		fatal("no memory for keys");
	void *memory = OPENSSL_secure_zalloc(n);
	if (!memory)
		fatal("no memory for another key");
	return memory;
}

struct seal *seal_new(const unsigned char master[SEAL_KEY_SIZE])
{
	struct seal *s = secret_new(sizeof(*s));
	memcpy(s->master, master, SEAL_KEY_SIZE);
	return s;
}

void seal_set_master(struct seal *s, const unsigned char master[SEAL_KEY_SIZE])
{
	memcpy(s->master, master, SEAL_KEY_SIZE);
}

void seal_free(struct seal *s)
{
	if (!s)
		return;
	struct key *key = atomic_load(&s->keys);
	while (key) {
		struct key *next = key->next;
		OPENSSL_secure_clear_free(key, sizeof(*key));
		key = next;
	}
	OPENSSL_secure_clear_free(s, sizeof(*s));
}

void seal_random(void *out, size_t n)
{
	if (RAND_bytes(out, (int)n) != 1)
		fatal("no random bytes from the operating system");
}

static void put_id(unsigned char *out, uint32_t id)
{
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(id >> (24 - 8 * i));
}

static uint32_t get_id(const unsigned char *in)
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* The associated data: place, a NUL, the row key. */
static bool cipher_bind(
	EVP_CIPHER_CTX *ctx, const char *place, const unsigned char row_key[SEAL_ROW_KEY_SIZE])
{
	int n;
	return EVP_CipherUpdate(
		       ctx, NULL, &n, (const unsigned char *)place, (int)strlen(place) + 1) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &n, row_key, SEAL_ROW_KEY_SIZE) == 1;
}

/* sealed takes n + SEAL_OVERHEAD bytes. */
static void key_close(const struct key *key, const char *place,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *plain, size_t n,
	unsigned char *sealed)
{
	unsigned char *nonce = sealed + HEAD_SIZE, *text = nonce + NONCE_SIZE;
	sealed[0] = VERSION;
	put_id(sealed + 1, key->id);
	seal_random(nonce, NONCE_SIZE);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, rest = 0;
	if (!ctx || n > INT32_MAX - SEAL_OVERHEAD ||
		EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, nonce, 1) != 1 ||
		!cipher_bind(ctx, place, row_key) ||
		(n && EVP_CipherUpdate(ctx, text, &len, plain, (int)n) != 1) ||
		EVP_CipherFinal_ex(ctx, text + len, &rest) != 1 ||
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, text + n) != 1)
		fatal("sealing %zu bytes failed", n);
	EVP_CIPHER_CTX_free(ctx);
}

/* plain takes n - SEAL_OVERHEAD bytes; n is at least that. */
static bool key_open(const struct key *key, const char *place,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const unsigned char *sealed, size_t n,
	void *plain)
{
	const unsigned char *nonce = sealed + HEAD_SIZE, *text = nonce + NONCE_SIZE;
	size_t plain_n = n - SEAL_OVERHEAD;
	unsigned char tag[TAG_SIZE], nothing[16];
	memcpy(tag, text + plain_n, TAG_SIZE);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		fatal("out of memory for a cipher");
	int len = 0, rest = 0;
	bool good = EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, nonce, 0) == 1 &&
		    cipher_bind(ctx, place, row_key) &&
		    (!plain_n || EVP_CipherUpdate(ctx, plain, &len, text, (int)plain_n) == 1) &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1 &&
		    EVP_CipherFinal_ex(ctx, nothing, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

static bool is_sealed(const unsigned char *sealed, size_t n)
{
	return n >= SEAL_OVERHEAD && n <= INT32_MAX && sealed[0] == VERSION;
}

static struct key *seal_key(const struct seal *s, uint32_t id)
{
	struct key *key = atomic_load(&s->keys);
	while (key && key->id != id)
		key = key->next;
	return key;
}

/* The master key as the key that closes data key id: the id is in the head of the wrapped form
 * and, as the row key, in the associated data. */
static struct key master_key(
	const struct seal *s, uint32_t id, unsigned char row_key[SEAL_ROW_KEY_SIZE])
{
	struct key key = { .id = id };
	memcpy(key.bytes, s->master, SEAL_KEY_SIZE);
	memset(row_key, 0, SEAL_ROW_KEY_SIZE);
	put_id(row_key, id);
	return key;
}

void seal_make_key(struct seal *s, uint32_t id, struct arena *a, unsigned char **wrapped, size_t *n)
{
	unsigned char row_key[SEAL_ROW_KEY_SIZE], fresh[SEAL_KEY_SIZE];
	struct key master = master_key(s, id, row_key);
	seal_random(fresh, sizeof(fresh));
	*n = SEAL_KEY_SIZE + SEAL_OVERHEAD;
	*wrapped = arena_alloc(a, *n);
	key_close(&master, key_place, row_key, fresh, sizeof(fresh), *wrapped);
	OPENSSL_cleanse(fresh, sizeof(fresh));
	OPENSSL_cleanse(&master, sizeof(master));
}

bool seal_wrap_key(const struct seal *from, const struct seal *to, uint32_t id, struct arena *a,
	unsigned char **wrapped, size_t *n)
{
	unsigned char row_key[SEAL_ROW_KEY_SIZE];
	const struct key *key = seal_key(from, id);
	if (!key)
		return false;
	struct key master = master_key(to, id, row_key);
	*n = SEAL_KEY_SIZE + SEAL_OVERHEAD;
	*wrapped = arena_alloc(a, *n);
	key_close(&master, key_place, row_key, key->bytes, SEAL_KEY_SIZE, *wrapped);
	OPENSSL_cleanse(&master, sizeof(master));
	return true;
}

bool seal_knows_key(const struct seal *s, uint32_t id)
{
	return seal_key(s, id) != NULL;
}

bool seal_use_key(struct seal *s, uint32_t id)
{
	struct key *key = seal_key(s, id);
	if (key)
		atomic_store(&s->current, key);
	return key != NULL;
}

static struct key *keys_add(struct seal *s, const struct key *opened)
{
	struct key *key = seal_key(s, opened->id);
	if (key)
		return key;
	key = secret_new(sizeof(*key));
	*key = *opened;
	key->next = atomic_load(&s->keys);
	atomic_store(&s->keys, key);
	return key;
}

bool seal_add_key(struct seal *s, uint32_t id, const void *wrapped, size_t n, bool current)
{
	unsigned char row_key[SEAL_ROW_KEY_SIZE];
	if (!is_sealed(wrapped, n) || n != SEAL_KEY_SIZE + SEAL_OVERHEAD ||
		get_id((const unsigned char *)wrapped + 1) != id)
		return false;
	struct key master = master_key(s, id, row_key), key = { .id = id };
	bool good = key_open(&master, key_place, row_key, wrapped, n, key.bytes);
	if (good) {
		struct key *added = keys_add(s, &key);
		if (current)
			atomic_store(&s->current, added);
	}
	OPENSSL_cleanse(&key, sizeof(key));
	OPENSSL_cleanse(&master, sizeof(master));
	return good;
}

void seal_set_behind(struct seal *s, bool behind)
{
	atomic_store(&s->behind, behind);
}

bool seal_ready(const struct seal *s)
{
	return atomic_load(&s->current) != NULL && !atomic_load(&s->behind);
}

uint32_t seal_current_key(const struct seal *s)
{
	const struct key *key = atomic_load(&s->current);
	return key ? key->id : 0;
}

static unsigned char *arena_close(const struct key *key, struct arena *a, const char *place,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *plain, size_t n,
	size_t *sealed_n)
{
	if (n > INT32_MAX - SEAL_OVERHEAD)
		fatal("sealing %zu bytes at once", n);
	*sealed_n = n + SEAL_OVERHEAD;
	unsigned char *sealed = arena_alloc(a, *sealed_n);
	key_close(key, place, row_key, plain, n, sealed);
	return sealed;
}

unsigned char *seal_close(const struct seal *s, struct arena *a, const char *place,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *plain, size_t n,
	size_t *sealed_n)
{
	const struct key *key = atomic_load(&s->current);
	if (!key)
		fatal("nothing can be sealed before there is a key");
	return arena_close(key, a, place, row_key, plain, n, sealed_n);
}

unsigned char *seal_close_under(const unsigned char bytes[SEAL_KEY_SIZE], struct arena *a,
	const char *place, const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *plain,
	size_t n, size_t *sealed_n)
{
	struct key key = { .id = 0 };
	memcpy(key.bytes, bytes, SEAL_KEY_SIZE);
	unsigned char *sealed = arena_close(&key, a, place, row_key, plain, n, sealed_n);
	OPENSSL_cleanse(&key, sizeof(key));
	return sealed;
}

static char *arena_open(const struct key *key, struct arena *a, const char *place,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *sealed, size_t n,
	size_t *plain_n)
{
	char *plain = arena_alloc(a, n - SEAL_OVERHEAD + 1);
	if (!key_open(key, place, row_key, sealed, n, plain)) {
		OPENSSL_cleanse(plain, n - SEAL_OVERHEAD);
		return NULL;
	}
	if (plain_n)
		*plain_n = n - SEAL_OVERHEAD;
	return plain;
}

char *seal_open(const struct seal *s, struct arena *a, const char *place,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *sealed, size_t n,
	size_t *plain_n)
{
	if (!sealed || !is_sealed(sealed, n))
		return NULL;
	const struct key *key = seal_key(s, get_id((const unsigned char *)sealed + 1));
	return key ? arena_open(key, a, place, row_key, sealed, n, plain_n) : NULL;
}

char *seal_open_under(const unsigned char bytes[SEAL_KEY_SIZE], struct arena *a, const char *place,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const void *sealed, size_t n,
	size_t *plain_n)
{
	if (!sealed || !is_sealed(sealed, n))
		return NULL;
	struct key key = { .id = 0 };
	memcpy(key.bytes, bytes, SEAL_KEY_SIZE);
	char *plain = arena_open(&key, a, place, row_key, sealed, n, plain_n);
	OPENSSL_cleanse(&key, sizeof(key));
	return plain;
}

void seal_hmac(const unsigned char key[SEAL_KEY_SIZE], const void *bytes, size_t n,
	unsigned char out[SEAL_KEY_SIZE])
{
	unsigned len = 0;
	if (!HMAC(EVP_sha256(), key, SEAL_KEY_SIZE, n ? bytes : (const void *)"", n, out, &len))
		fatal("HMAC-SHA256 failed");
}

const unsigned char *seal_email(
	struct arena *a, const unsigned char key[SEAL_KEY_SIZE], const char *email)
{
	unsigned char *hash = arena_alloc(a, SEAL_KEY_SIZE);
	char *lower = arena_strdup(a, email);
	for (char *c = lower; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	seal_hmac(key, lower, strlen(lower), hash);
	return hash;
}

void seal_sha256(const void *bytes, size_t n, unsigned char out[SEAL_KEY_SIZE])
{
	unsigned len = 0;
	if (EVP_Digest(n ? bytes : (const void *)"", n, out, &len, EVP_sha256(), NULL) != 1)
		fatal("SHA-256 failed");
}

bool seal_same(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}
