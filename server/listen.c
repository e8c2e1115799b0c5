/* Listeners from settings. */
#include "listen.h"

#include <openssl/tls1.h>
#include <string.h>
#include <sys/resource.h>

#include "fatal.h"
#include "log.h"

enum {
	OTHER_FILES = 192, /* pools, loop, log, TLS files */
	MAX_FILES = 1 << 20,
	RESERVED = 64, /* connections for REST and health */
	HEADER_SECONDS = 20,
	CLAIM_SECONDS = 30, /* as long as terminals wait for an answer */
	BODY_SECONDS = 60,
	IDLE_SECONDS = 120, /* longer than terminals' poll intervals */
	WRITE_SECONDS = 60
};

void listen_raise_limits(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	rlim_t wanted = files.rlim_max == RLIM_INFINITY || files.rlim_max > MAX_FILES
				? MAX_FILES
				: files.rlim_max;
	if (files.rlim_cur >= wanted)
		return;
	files.rlim_cur = wanted;
	setrlimit(RLIMIT_NOFILE, &files);
}

static int connections_possible(const struct config *config)
{
	struct rlimit files;
	int wanted = (int)config->max_connections;
	int64_t others = OTHER_FILES + config->db_pool_size;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur == RLIM_INFINITY ||
		(int64_t)files.rlim_cur >= wanted + others)
		return wanted;
	int possible = (int)((int64_t)files.rlim_cur - others);
	possible = possible < 2 * RESERVED ? 2 * RESERVED : possible;
	if (possible < wanted)
		log_warn("max_connections_lowered", "from", log_num(wanted), "to",
			log_num(possible), "reason", "the limit of open files", NULL);
	return possible < wanted ? possible : wanted;
}

struct http *listen_http(const struct config *config, struct event_base *base)
{
	const struct http_limits limits = { .max_body = config->max_body,
		.max_connections = connections_possible(config),
		.reserved = RESERVED,
		.header_seconds = HEADER_SECONDS,
		.claim_seconds = CLAIM_SECONDS,
		.body_seconds = BODY_SECONDS,
		.idle_seconds = IDLE_SECONDS,
		.write_seconds = WRITE_SECONDS };
	const char *error;
	struct http *http = http_new(base, &limits, config->trusted_proxies, &error);
	if (!http)
		fatal("%s", error); /* config has read the list with the same eyes */
	return http;
}

/* Opens each address of a comma list. */
static bool each_listen(struct arena *a, struct http *http, const char *list,
	struct http_listener listener, const char **error)
{
	while (*list) {
		list += strspn(list, ", \t");
		size_t n = strcspn(list, ", \t");
		if (!n)
			break;
		listener.address = arena_memdup(a, list, n);
		if (!http_listen(http, &listener, error))
			return false;
		list += n;
	}
	return true;
}

/* Old terminals lack what programs must have. */
static struct tls_policy device_policy(const struct config *c)
{
	static const int versions[] = { [TLS_1_0] = TLS1_VERSION,
		[TLS_1_1] = TLS1_1_VERSION,
		[TLS_1_2] = TLS1_2_VERSION,
		[TLS_1_3] = TLS1_3_VERSION };
	return (struct tls_policy){ versions[c->device_tls_min], .lenient = true };
}

/* Which surfaces answer on which of the three settings; NULL-terminated lists that http may keep. */
struct places {
	const struct surface *const *all, *const *device, *const *metrics;
};

static bool places_listen(struct arena *a, const struct config *c, struct http *http,
	const struct places *p, const char **error)
{
	const struct http_listener rest = { .surfaces = p->all,
		.proxy_protocol = c->proxy_protocol,
		.tls_cert = c->tls_cert,
		.tls_key = c->tls_key };
	const struct http_listener terminals = { .surfaces = p->device,
		.devices = true,
		.proxy_protocol = c->device_proxy_protocol,
		.tls_cert = c->device_tls_cert,
		.tls_key = c->device_tls_key,
		.tls = device_policy(c) };
	const struct http_listener prometheus = { .surfaces = p->metrics };
	return each_listen(a, http, c->listen, rest, error) &&
	       each_listen(a, http, c->device_listen, terminals, error) &&
	       each_listen(a, http, c->metrics_listen, prometheus, error);
}

bool listen_waiting(struct arena *a, const struct config *c, struct http *http,
	const struct surface *all, const struct surface *device, const char **error)
{
	const struct surface **lists = arena_array(a, 4, sizeof(*lists));
	lists[0] = all;
	lists[2] = device;
	const struct places places = { lists, lists + 2, lists };
	return places_listen(a, c, http, &places, error);
}

bool listen_all(struct arena *a, const struct config *c, struct http *http, const struct ops *ops,
	struct adms *adms, struct api *api, const char **error)
{
	/* http may keep the lists: they live on the arena */
	const struct surface **all = arena_array(a, 10, sizeof(*all));
	const struct surface **device = all + 4, **metrics = all + 7;
	bool apart = *c->device_listen;
	all[0] = ops_surface(ops);
	all[1] = apart ? api_surface(api) : adms_surface(adms);
	all[2] = apart ? NULL : api_surface(api);
	device[0] = adms_surface(adms);
	device[1] = ops_nothing(ops);
	metrics[0] = ops_open_surface(ops);
	metrics[1] = ops_nothing(ops);
	const struct places places = { all, device, metrics };
	return places_listen(a, c, http, &places, error);
}
