/* What a conninfo stands for, without asking a name server. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "resolve.h"

static bool target_is(
	const struct pg_target *t, const char *host, const char *address, const char *port)
{
	return strcmp(t->host, host) == 0 && strcmp(t->address, address) == 0 &&
	       strcmp(t->port, port) == 0;
}

static void test_unix_socket(void)
{
	struct resolved r;

	resolve_conninfo("host=/run/pg port=5433", &r);
	assert(r.n == 1 && target_is(&r.targets[0], "/run/pg", "", "5433"));
	assert(r.timeout_ms == 5000);
	free(r.targets);
	resolve_conninfo("", &r);
	assert(r.n == 1 && target_is(&r.targets[0], "", "", "5432"));
	free(r.targets);
}

static void test_hosts_keep_their_order(void)
{
	struct resolved r;

	resolve_conninfo(
		"postgresql://u:p@127.0.0.2:1,[::1]:2,127.0.0.1:3/db?connect_timeout=9", &r);
	assert(r.n == 3 && r.timeout_ms == 9000);
	assert(target_is(&r.targets[0], "127.0.0.2", "127.0.0.2", "1"));
	assert(target_is(&r.targets[1], "::1", "::1", "2"));
	assert(target_is(&r.targets[2], "127.0.0.1", "127.0.0.1", "3"));
	free(r.targets);
	resolve_conninfo("host=a,b hostaddr=127.0.0.1,127.0.0.2 port=7", &r);
	assert(r.n == 2);
	assert(target_is(&r.targets[0], "a", "127.0.0.1", "7"));
	assert(target_is(&r.targets[1], "b", "127.0.0.2", "7"));
	free(r.targets);
	resolve_conninfo("hostaddr=127.0.0.1", &r);
	assert(r.n == 1 && target_is(&r.targets[0], "", "127.0.0.1", "5432"));
	free(r.targets);
}

/* The complaint must not quote what may be a password. */
static void test_malformed(void)
{
	struct resolved r;

	resolve_conninfo("password=two secrets", &r);
	assert(r.n == 0 && r.error[0] && !strstr(r.error, "secrets"));
	free(r.targets);
}

int main(void)
{
	/* the environment must not say otherwise */
	static const char *const names[] = { "PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE",
		"PGCONNECT_TIMEOUT" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unsetenv(names[i]);
	test_unix_socket();
	test_hosts_keep_their_order();
	test_malformed();
	return 0;
}
