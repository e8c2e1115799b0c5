/*
 * For bench_seal.py only, put before a punchd by LD_PRELOAD: AES-GCM becomes a copy of the bytes with a tag
 * of zeros. What is left of sealing is its bookkeeping; the product has no switch for this.
 */
#include <openssl/evp.h>
#include <string.h>

int EVP_CipherInit_ex(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, ENGINE *engine,
	const unsigned char *key, const unsigned char *nonce, int enc)
{
	return 1;
}

int EVP_CipherUpdate(
	EVP_CIPHER_CTX *ctx, unsigned char *out, int *outl, const unsigned char *in, int inl)
{
	if (out && inl > 0)
		memmove(out, in, (size_t)inl);
	*outl = inl;
	return 1;
}

int EVP_CipherFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out, int *outl)
{
	*outl = 0;
	return 1;
}

int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *ctx, int type, int arg, void *ptr)
{
	if (type == EVP_CTRL_AEAD_GET_TAG)
		memset(ptr, 0, (size_t)arg);
	return 1;
}
