/* punchd: options, config, log, database, listeners, loop, drain. Commands are in cli/. */
#include <event2/event.h>
#include <signal.h>

#include "bounds.h"
#include "cli.h"
#include "fatal.h"
#include "harden.h"
#include "listen.h"
#include "log.h"
#include "loop.h"
#include "ops.h"
#include "ready.h"
#include "retention.h"
#include "start.h"
#include "waiting.h"
#include "walk.h"

enum { DRAIN_SECONDS = 10, MAX_FLUSHES = 100 };

struct server {
	struct start start;
	struct event_base *base;
	struct db_hub *hub;
	struct db *db; /* for requests */
	struct db *watch; /* one connection, for what looks after the server itself */
	struct keys_watch *keys;
	struct ready *ready;
	struct retention *retention;
	struct walks *walks;
	struct adms *adms;
	struct api *api;
	struct http *http;
	struct ops *ops;
	struct bounds *bounds;
	struct event *signals[3];
	uint64_t longest_turn; /* of the loop, since it was last told: microseconds */
	int stops, flushes; /* how often it was asked to */
};

static void pool_changed(void *arg, bool up)
{
	if (!up)
		log_error("database_down", NULL);
}

static void watch_changed(void *arg, bool up)
{
	struct server *s = arg;
	ready_changed(s->ready, up);
}

/* What is batched is written before the pools close, with patience for two seconds. */
static void flush(int fd, short what, void *arg)
{
	static const struct timeval pause = { .tv_usec = 20000 };
	struct server *s = arg;
	if (!adms_flush(s->adms) || ++s->flushes > MAX_FLUSHES ||
		event_base_once(s->base, -1, EV_TIMEOUT, flush, s, &pause) < 0)
		event_base_loopbreak(s->base);
}

static void drained(void *arg)
{
	flush(-1, 0, arg);
}

/* Asked to stop a second time it does not wait for what is in flight. */
static void signalled(int signal, short what, void *arg)
{
	struct server *s = arg;
	log_info("signal", "number", log_num(signal), NULL);
	if (signal == SIGHUP)
		http_reload_tls(s->http);
	else if (s->stops++ > 0)
		event_base_loopbreak(s->base);
	else
		http_drain(s->http, DRAIN_SECONDS, drained, s);
}

static void signals_watch(struct server *s)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	for (size_t i = 0; i < LEN(numbers); i++) {
		s->signals[i] = evsignal_new(s->base, numbers[i], signalled, s);
		if (!s->signals[i] || event_add(s->signals[i], NULL) < 0)
			fatal("cannot watch signals");
	}
}

static void parts_start(struct server *s)
{
	s->base = loop_new();
	signals_watch(s);
	if (s->start.embedded)
		embedded_watch(s->start.embedded, s->base);
	struct db_options pool = { .name = "punchd",
		.conninfo = s->start.conninfo,
		.timezone = s->start.config->timezone,
		.size = (int)s->start.config->db_pool_size,
		.durable = ((int)s->start.config->db_pool_size + 1) / 2 };
	s->hub = db_hub_new(s->base);
	s->db = db_new(s->hub, &pool, pool_changed, s);
	pool.name = "punchd watch";
	pool.size = 1;
	s->watch = db_new(s->hub, &pool, watch_changed, s);
	s->keys = keys_watch_new(s->base, s->watch, s->start.seal, &s->start.secrets,
		s->start.arena, s->start.config, s->start.data_dir);
	s->retention = retention_new(s->base, s->db, s->start.config);
	const struct walk_tools tools = { s->start.seal, s->start.secrets.lookup, s->start.config };
	s->walks = walks_new(s->base, s->db, &tools);
	const struct adms_options adms = { .base = s->base,
		.hub = s->hub,
		.config = s->start.config,
		.seal = s->start.seal,
		.conninfo = s->start.conninfo,
		.lookup_key = s->start.secrets.lookup };
	s->adms = adms_new(&adms);
	const struct ready_options ready = { .base = s->base,
		.watch = s->watch,
		.requests = s->db,
		.adms = s->adms,
		.seal = s->start.seal };
	s->ready = ready_new(&ready);
	const struct api_options api = { .base = s->base,
		.config = s->start.config,
		.seal = s->start.seal,
		.secrets = &s->start.secrets,
		.zone = &s->start.zone,
		.db = s->db };
	s->api = api_new(&api);
	s->http = listen_http(s->start.config, s->base);
	const struct ops_options ops = { .db = s->db,
		.ready = s->ready,
		.http = s->http,
		.adms = s->adms,
		.api = s->api,
		.longest_turn = &s->longest_turn,
		.https_only = s->start.config->https_only };
	s->ops = ops_new(&ops);
	const struct bounds_options bounds = {
		.base = s->base, .db = s->db, .http = s->http, .adms = s->adms, .api = s->api
	};
	s->bounds = bounds_new(&bounds);
}

/* Who is asked goes first; what the jobs of threads hold goes after they were told, and the threads of
 * the database, which dials still ask, last. */
static void parts_end(struct server *s)
{
	adms_stop(s->adms);
	bounds_free(s->bounds);
	http_free(s->http);
	api_stop(s->api);
	ops_free(s->ops);
	api_free(s->api);
	adms_free(s->adms);
	walks_free(s->walks);
	retention_free(s->retention);
	keys_watch_free(s->keys);
	ready_free(s->ready);
	db_free(s->watch);
	db_free(s->db);
	db_hub_free(s->hub);
	for (size_t i = 0; i < LEN(s->signals); i++)
		event_free(s->signals[i]);
	start_end(&s->start); /* watches the database from the loop */
	event_base_free(s->base);
}

static int serve(struct arena *a, const struct config *config)
{
	struct server s = { 0 };
	const char *error = NULL;
	listen_raise_limits();
	while (!start_server(&s.start, a, config, &error))
		if (!s.start.waits || !waiting_serve(config, error, &error))
			die("%s", error);
	parts_start(&s);
	bool good = listen_all(a, config, s.http, s.ops, s.adms, s.api, &error);
	if (good)
		loop_run(s.base, &s.longest_turn);
	parts_end(&s);
	if (!good)
		die("%s", error);
	return 0;
}

int main(int argc, char **argv)
{
	harden_process();
	struct arena *a = arena_new();
	struct cli cli;
	int status = cli_parse(&cli, a, argc, argv);
	if (status < 0)
		status = cli.command->run ? cli.command->run(&cli) : serve(a, cli.config);
	arena_free(a);
	return status;
}
