/*
 * The clock of bench_read.py: what a page costs over HTTP and what its SQL costs over libpq, both
 * from C, so that neither is measured through an interpreter.
 *
 *	reader sql CONNINFO RUNS < statement         microseconds of each run, prepared
 *	reader get HOST PORT AUTH RUNS PATH          microseconds of each GET on one connection
 *	reader file HOST PORT AUTH PATH              first byte, whole, bytes
 *	reader walk HOST PORT AUTH PATH              microseconds of each page, until next is null
 *
 * PATH of walk ends in "page=".
 */
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "reader: %s\n", what);
	exit(1);
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

/* --- SQL ------------------------------------------------------------------------------------ */

static void run_sql(const char *conninfo, int runs)
{
	static char sql[100000];
	PGconn *c = PQconnectdb(conninfo);

	sql[fread(sql, 1, sizeof(sql) - 1, stdin)] = '\0';
	if (PQstatus(c) != CONNECTION_OK)
		fail(PQerrorMessage(c));
	PGresult *r = PQprepare(c, "page", sql, 0, NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail(PQerrorMessage(c));
	PQclear(r);
	for (int i = 0; i < runs; i++) {
		long start = now();
		r = PQexecPrepared(c, "page", 0, NULL, NULL, NULL, 1);
		if (PQresultStatus(r) != PGRES_TUPLES_OK)
			fail(PQerrorMessage(c));
		printf("%ld\n", now() - start);
		PQclear(r);
	}
	PQfinish(c);
}

/* --- HTTP ----------------------------------------------------------------------------------- */

struct reply {
	long first; /* when the first byte of the body came */
	long bytes; /* of the body */
	char start[4096]; /* of the body */
};

static int sock;
static char in[1 << 18];
static size_t have, at;

static void fill(void)
{
	ssize_t n = recv(sock, in, sizeof(in), 0);

	if (n <= 0)
		fail("the connection ended");
	have = (size_t)n;
	at = 0;
}

static char next_byte(void)
{
	if (at == have)
		fill();
	return in[at++];
}

static void line(char *out, size_t size)
{
	size_t n = 0;
	char c;

	while ((c = next_byte()) != '\n')
		if (c != '\r' && n + 1 < size)
			out[n++] = c;
	out[n] = '\0';
}

static void body(struct reply *r, long n)
{
	while (n > 0) {
		if (at == have)
			fill();
		if (!r->first)
			r->first = now();
		long here = (long)(have - at) < n ? (long)(have - at) : n;
		if (r->bytes < (long)sizeof(r->start) - 1) {
			long keep = (long)sizeof(r->start) - 1 - r->bytes;
			memcpy(r->start + r->bytes, in + at, (size_t)(here < keep ? here : keep));
		}
		r->bytes += here;
		at += (size_t)here;
		n -= here;
	}
}

static void get(const char *auth, const char *path, struct reply *r)
{
	char request[4096], text[1024];
	long length = -1;

	memset(r, 0, sizeof(*r));
	int n = snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: bench\r\nAuthorization: %s\r\n\r\n", path, auth);
	if (send(sock, request, (size_t)n, 0) != n)
		fail("send");
	line(text, sizeof(text));
	if (!strstr(text, " 200"))
		fail(text);
	for (line(text, sizeof(text)); text[0]; line(text, sizeof(text)))
		if (strncasecmp(text, "content-length:", 15) == 0)
			length = atol(text + 15);
	if (length >= 0) {
		body(r, length);
		return;
	}
	for (;;) {
		line(text, sizeof(text));
		length = strtol(text, NULL, 16);
		body(r, length);
		line(text, sizeof(text));
		if (length == 0)
			return;
	}
}

static void dial(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((unsigned short)atoi(port)) };
	int one = 1;

	inet_pton(AF_INET, host, &a.sin_addr);
	sock = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(sock, (struct sockaddr *)&a, sizeof(a)) != 0)
		fail("connect");
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void run_walk(const char *auth, const char *path)
{
	static struct reply r;
	char url[4096];
	bool more = true;

	for (int page = 1; more; page++) {
		snprintf(url, sizeof(url), "%s%d", path, page);
		long start = now();
		get(auth, url, &r);
		printf("%ld\n", now() - start);
		more = !strstr(r.start, "\"next\":null");
	}
}

int main(int argc, char **argv)
{
	static struct reply r;

	if (argc == 4 && strcmp(argv[1], "sql") == 0) {
		run_sql(argv[2], atoi(argv[3]));
		return 0;
	}
	if (argc < 6)
		fail("which?");
	dial(argv[2], argv[3]);
	if (strcmp(argv[1], "walk") == 0) {
		run_walk(argv[4], argv[5]);
	} else if (strcmp(argv[1], "file") == 0) {
		long start = now();
		get(argv[4], argv[5], &r);
		printf("%ld\n%ld\n%ld\n", r.first - start, now() - start, r.bytes);
	} else {
		for (int i = 0; i < atoi(argv[5]); i++) {
			long start = now();
			get(argv[4], argv[6], &r);
			printf("%ld\n", now() - start);
		}
	}
	return 0;
}
