/* Argon2id by libargon2. */
#include "password.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <string.h>

#include "fatal.h"
#include "seal.h"

enum { MEMORY_KIB = 19456, PASSES = 2, LANES = 1, SALT_SIZE = 16, HASH_SIZE = 32 };

/* The same costs and lengths as a real one, and a hash that belongs to no password known. */
static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$cHVuY2hkIG5vYm9keSA6KQ"
			     "$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

bool password_hash(const char *password, char out[static PASSWORD_HASH_SIZE])
{
	size_t n = strlen(password);
	if (n == 0 || n > PASSWORD_MAX)
		return false;
	unsigned char salt[SALT_SIZE];
	seal_random(salt, sizeof(salt));
	int error = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, n, salt,
		sizeof(salt), HASH_SIZE, out, PASSWORD_HASH_SIZE);
	if (error != ARGON2_OK)
		fatal("argon2: %s", argon2_error_message(error));
	return true;
}

bool password_verify(const char *encoded, const char *password)
{
	size_t n = strlen(password);
	bool possible = encoded && n <= PASSWORD_MAX;
	int error = argon2id_verify(
		possible ? encoded : nobody, password, n <= PASSWORD_MAX ? n : PASSWORD_MAX);
	if (error == ARGON2_MEMORY_ALLOCATION_ERROR)
		fatal("argon2: %s", argon2_error_message(error));
	return possible && error == ARGON2_OK;
}

void password_wipe(char *text)
{
	OPENSSL_cleanse(text, strlen(text));
}
