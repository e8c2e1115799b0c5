/* Certificates of a listener and what it speaks, re-readable while serving. */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>

struct ssl_st;
struct tls;

struct tls_policy {
	int oldest; /* TLS1_2_VERSION and its kin; 0: that */
	bool lenient; /* ciphers of old firmware too, without forward secrecy; never broken ones */
};

/* NULL: *error says why in one line. The names are copied. */
struct tls *tls_new(
	const char *cert, const char *key, const struct tls_policy *, const char **error);
void tls_free(struct tls *);

/* Reads both files again; false: *error says why and the old ones stay. Sessions under way keep
 * what they began with. */
bool tls_reload(struct tls *, const char **error);
const char *tls_cert(const struct tls *);

/* The server's side of a session on fd; the caller frees it. NULL when there is no memory. */
struct ssl_st *tls_session(struct tls *, int fd);

#endif
