/*
 * punchd health: a GET of /readyz, for containers. Over TLS the certificate is not checked: it is
 * the same machine that is asked, and nothing is told.
 */
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "fatal.h"

enum { PATIENCE_SECONDS = 5 };

struct url {
	bool tls;
	bool announce; /* begins with a PROXY header */
	const char *host; /* host:port, as it is connected to and as it is in Host */
	const char *path;
};

static void too_late(int signal)
{
	static const char text[] = "punchd: no answer\n";
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	_exit(1);
}

/* The first address of `listen`, by way of the loopback when it is all of them. Where that wants a
 * PROXY header, `metrics_listen` if there is one. */
static struct url url_of_settings(struct arena *a, const struct config *c)
{
	bool aside = c->proxy_protocol && *c->metrics_listen;
	const char *list = aside ? c->metrics_listen : c->listen;
	const char *address = arena_memdup(a, list, strcspn(list, ", "));
	const char *port = strrchr(address, ':');
	struct url url = { .tls = *c->tls_cert && !aside,
		.announce = c->proxy_protocol && !aside,
		.host = address,
		.path = "/readyz" };
	if (strncmp(address, "0.0.0.0:", 8) == 0)
		url.host = arena_printf(a, "127.0.0.1%s", port);
	else if (strncmp(address, "[::]:", 5) == 0)
		url.host = arena_printf(a, "[::1]%s", port);
	return url;
}

/* False: not a URL that we can ask. */
static bool url_parse(struct arena *a, const char *text, struct url *url)
{
	url->tls = strncmp(text, "https://", 8) == 0;
	if (!url->tls && strncmp(text, "http://", 7) != 0)
		return false;
	text += url->tls ? 8 : 7;
	size_t n = strcspn(text, "/");
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || (*c == '@' && c < text + n))
			return false;
	const char *host = arena_memdup(a, text, n);
	const char *after = strrchr(host, ']');
	if (!strchr(after ? after : host, ':'))
		host = arena_printf(a, "%s:%d", host, url->tls ? 443 : 80);
	url->host = host;
	url->path = text[n] && text[n + 1] ? text + n : "/readyz";
	return n > 0;
}

static BIO *connection_new(const struct url *url, SSL_CTX **ctx)
{
	*ctx = NULL;
	if (!url->tls)
		return BIO_new_connect(url->host);
	*ctx = SSL_CTX_new(TLS_client_method());
	BIO *bio = *ctx ? BIO_new_ssl_connect(*ctx) : NULL;
	if (bio)
		BIO_set_conn_hostname(bio, url->host);
	return bio;
}

/* Before TLS. */
static bool announced(BIO *bio)
{
	static const char header[] = "PROXY UNKNOWN\r\n";
	BIO *plain = BIO_find_type(bio, BIO_TYPE_CONNECT);
	return BIO_do_connect(plain) > 0 && BIO_puts(plain, header) > 0;
}

/* The status of the answer, 0 when there is none; text: the first bytes of it. */
static int status_get(BIO *bio, const struct url *url, char *text, size_t size)
{
	size_t len = 0;
	int n = 1, status = 0;
	if ((url->announce && !announced(bio)) || BIO_do_connect(bio) <= 0 ||
		BIO_printf(bio, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
			url->path, url->host) <= 0)
		return 0;
	while (len < size - 1 && (n = BIO_read(bio, text + len, (int)(size - 1 - len))) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return sscanf(text, "HTTP/1.%*d %d", &status) == 1 ? status : 0;
}

int cli_health(struct cli *cli)
{
	char text[2048] = "";
	struct url url;
	SSL_CTX *ctx;
	if (!cli->words[0])
		url = url_of_settings(cli->arena, cli->config);
	else if (!url_parse(cli->arena, cli->words[0], &url))
		return cli_fail(cli, "%s is not a URL like http://127.0.0.1:8081", cli->words[0]);
	signal(SIGALRM, too_late);
	signal(SIGPIPE, SIG_IGN);
	alarm(PATIENCE_SECONDS);
	BIO *bio = connection_new(&url, &ctx);
	if (!bio)
		fatal("no memory for a connection");
	int status = status_get(bio, &url, text, sizeof(text));
	BIO_free_all(bio);
	SSL_CTX_free(ctx);
	if (status == 200)
		return 0;
	if (!status)
		return cli_fail(cli, "no answer from %s%s", url.host,
			url.announce
				? " (with proxy_protocol it must be in trusted_proxies, or set "
				  "metrics_listen)"
				: "");
	const char *body = strstr(text, "\r\n\r\n");
	body = body ? body + 4 : "";
	return cli_fail(cli, "%s%.*s", *body ? "" : "not ready", (int)strcspn(body, "\r\n"), body);
}
