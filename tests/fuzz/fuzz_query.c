/* Query strings as handlers see them, and the addresses that proxies report. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "proxy.h"
#include "request.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void query(const char *text, const struct surface *surface)
{
	struct arena *a = arena_new();
	struct req *r = arena_alloc(a, sizeof(*r));
	const char *name, *value;
	size_t total = 0;
	int n = 0;

	r->arena = a;
	r->surface = surface;
	r->query = text;
	r->nparams = -1;
	for (; req_param_at(r, n, &name, &value); n++) {
		total += strlen(name) + strlen(value);
		must(req_param(r, name) != NULL);
		if (n > 50)
			break;
	}
	must(total <= strlen(text));
	req_param(r, "SN");
	arena_free(a);
}

static void forwarded(const char *text)
{
	const char *error;
	struct proxies *some = proxies_new("10.0.0.0/8, ::1, fe80::/10", &error);
	struct proxies *any = proxies_new(text, &error);
	struct address client = { { 0 } };
	char out[INET6_ADDRSTRLEN];

	proxies_client(some, text, &client);
	address_text(&client, out);
	must(address_parse(out, strlen(out), &client));
	if (any)
		proxies_trust(any, &client);
	proxies_free(any);
	proxies_free(some);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct surface rest = { .name = "rest" };
	static const struct surface devices = {
		.name = "devices", .params_nocase = true, .plus_is_literal = true
	};
	char *text = malloc(n + 1);

	if (n)
		memcpy(text, data, n);
	text[n] = '\0';
	query(text, &rest);
	query(text, &devices);
	forwarded(text);
	free(text);
	return 0;
}
