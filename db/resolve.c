/* From a conninfo to the numeric addresses behind it. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "resolve.h"

enum { MAX_TARGETS = 64, DEFAULT_TIMEOUT_S = 5 };

static void target_add(
	struct resolved *out, const char *host, const char *address, const char *port)
{
	struct pg_target *t;

	if (out->n == MAX_TARGETS)
		return;
	out->targets = xrealloc(out->targets, ((size_t)out->n + 1) * sizeof *out->targets);
	t = &out->targets[out->n++];
	memset(t, 0, sizeof *t);
	snprintf(t->host, sizeof t->host, "%s", host);
	snprintf(t->address, sizeof t->address, "%s", address);
	snprintf(t->port, sizeof t->port, "%s", port);
}

static void host_resolve(struct resolved *out, const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char address[64];
	int failed = getaddrinfo(host, NULL, &hints, &found);

	if (failed) {
		snprintf(out->error, sizeof out->error, "cannot resolve host \"%s\": %s", host,
			gai_strerror(failed));
		return;
	}
	for (struct addrinfo *a = found; a; a = a->ai_next)
		if (getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof address, NULL, 0,
			    NI_NUMERICHOST) == 0)
			target_add(out, host, address, port);
	freeaddrinfo(found);
}

/* The next element of a comma list, cut to size; "" past the end. */
static const char *list_next(const char *list, char *out, size_t size)
{
	size_t n = strcspn(list, ",");

	snprintf(out, size, "%.*s", (int)n, list);
	return list[n] ? list + n + 1 : list + n;
}

/* libpq's rules: as many hostaddrs as hosts or one of the two missing; one port for all or one
 * for each. */
static void lists_resolve(
	struct resolved *out, const char *hosts, const char *addresses, const char *ports)
{
	bool one_port = !strchr(ports, ',');
	char host[256], address[64], port[8] = "";

	do {
		hosts = list_next(hosts, host, sizeof host);
		addresses = list_next(addresses, address, sizeof address);
		if (one_port)
			list_next(ports, port, sizeof port);
		else
			ports = list_next(ports, port, sizeof port);
		if (address[0] || !host[0] || host[0] == '/' || host[0] == '@')
			target_add(out, host, address, port);
		else
			host_resolve(out, host, port);
	} while (*hosts || *addresses);
}

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options->val ? options->val : "";
	return "";
}

/*
 * What a conninfo comes to together with service file and environment is known to libpq alone,
 * and told only of a connection. An impossible sslmode gives one that read its options and went
 * no further.
 */
static PGconn *conninfo_probe(const char *conninfo)
{
	const char *keywords[] = { "dbname", "sslmode", NULL };
	const char *values[] = { conninfo, "none of them", NULL };
	PGconn *pg = PQconnectStartParams(keywords, values, 1);

	if (!pg)
		fatal("out of memory");
	return pg;
}

void resolve_conninfo(const char *conninfo, struct resolved *out)
{
	PQconninfoOption *options;
	PGconn *pg;
	int seconds;

	memset(out, 0, sizeof *out);
	if (!pg_conninfo_valid(conninfo)) {
		snprintf(out->error, sizeof out->error, "the connection string is malformed");
		return;
	}
	pg = conninfo_probe(conninfo);
	options = PQconninfo(pg);
	seconds = atoi(option_value(options, "connect_timeout"));
	out->timeout_ms = 1000 * (seconds > 0 && seconds < 3600 ? seconds : DEFAULT_TIMEOUT_S);
	lists_resolve(out, option_value(options, "host"), option_value(options, "hostaddr"),
		option_value(options, "port"));
	PQconninfoFree(options);
	PQfinish(pg);
}
