/* One OpenSSL context per pair of certificate and key. */
#include "tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fatal.h"

struct tls {
	char *cert, *key;
	SSL_CTX *context;
	struct tls_policy policy;
	char error[512];
};

static const char *tls_why(void)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	return reason ? reason : "not usable";
}

/* No passphrase is ever asked for on a terminal: a protected key is an error. */
static int passphrase_none(char *out, int size, int writing, void *arg)
{
	return 0;
}

/* For programs: forward secrecy and authenticated encryption only. TLS 1.3 has nothing else. */
static const char ciphers_strict[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
				     "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
				     "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/* For firmware: what is not broken. The versions before 1.2 sign with SHA-1, which needs level 0. */
static const char ciphers_lenient[] = "HIGH:!aNULL:!eNULL:!PSK:!SRP:!CAMELLIA:!ARIA:!3DES:!MD5";
static const char ciphers_oldest[] =
	"HIGH:!aNULL:!eNULL:!PSK:!SRP:!CAMELLIA:!ARIA:!3DES:!MD5:@SECLEVEL=0";

static const char *policy_ciphers(const struct tls_policy *p)
{
	if (p->oldest && p->oldest < TLS1_2_VERSION)
		return ciphers_oldest;
	return p->lenient ? ciphers_lenient : ciphers_strict;
}

static SSL_CTX *context_new(const struct tls_policy *p)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (!context)
		fatal("no TLS: %s", tls_why());
	/* stated in full: the machine's openssl.cnf may say otherwise */
	if (SSL_CTX_set_min_proto_version(context, p->oldest ? p->oldest : TLS1_2_VERSION) != 1 ||
		SSL_CTX_set_max_proto_version(context, 0) != 1 ||
		SSL_CTX_set_cipher_list(context, policy_ciphers(p)) != 1)
		fatal("no TLS: %s", tls_why());
	SSL_CTX_set_options(context,
		SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_default_passwd_cb(context, passphrase_none);
	return context;
}

static bool tls_complain(struct tls *t, const char *file, const char *why)
{
	snprintf(t->error, sizeof(t->error), "%s: %s", file, why);
	return false;
}

static bool tls_load(struct tls *t, SSL_CTX *context)
{
	ERR_clear_error();
	if (access(t->cert, R_OK) != 0)
		return tls_complain(t, t->cert, strerror(errno));
	if (access(t->key, R_OK) != 0)
		return tls_complain(t, t->key, strerror(errno));
	if (SSL_CTX_use_certificate_chain_file(context, t->cert) != 1)
		return tls_complain(t, t->cert, tls_why());
	if (SSL_CTX_use_PrivateKey_file(context, t->key, SSL_FILETYPE_PEM) != 1)
		return tls_complain(t, t->key, tls_why());
	if (SSL_CTX_check_private_key(context) != 1)
		return tls_complain(t, t->key, "does not belong to the certificate");
	return true;
}

bool tls_reload(struct tls *t, const char **error)
{
	SSL_CTX *context = context_new(&t->policy);

	*error = t->error;
	if (!tls_load(t, context)) {
		SSL_CTX_free(context);
		ERR_clear_error();
		return false;
	}
	SSL_CTX_free(t->context);
	t->context = context;
	return true;
}

struct tls *tls_new(
	const char *cert, const char *key, const struct tls_policy *policy, const char **error)
{
	static char why[512]; /* outlives the object that could not be made */
	struct tls *t = xcalloc(1, sizeof(*t));

	t->cert = xstrdup(cert);
	t->key = xstrdup(key);
	t->policy = *policy;
	if (tls_reload(t, error))
		return t;
	snprintf(why, sizeof(why), "%s", t->error);
	*error = why;
	tls_free(t);
	return NULL;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->context);
	free(t->cert);
	free(t->key);
	free(t);
}

const char *tls_cert(const struct tls *t)
{
	return t->cert;
}

struct ssl_st *tls_session(struct tls *t, int fd)
{
	SSL *ssl = SSL_new(t->context);

	if (!ssl || SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		ERR_clear_error();
		return NULL;
	}
	SSL_set_accept_state(ssl);
	return ssl;
}
