/* Health checks on the loop while a thread asks the database again and again. */
#include "waiting.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "listen.h"
#include "log.h"
#include "loop.h"
#include "offload.h"
#include "sync.h"

enum { FIRST_MS = 500, LONGEST_MS = 10000 };

struct waiting {
	const struct config *config;
	struct arena *arena;
	struct event_base *base;
	struct offload *threads;
	struct event *again;
	int64_t pause_ms;
	bool writable; /* found by the thread */
	struct surface all, device;
};

/* --- what is said meanwhile ------------------------------------------------------------------ */

static void healthy(struct req *r, const struct rows *rows)
{
	req_text(r, 200, "ok\n");
}

static void not_ready(struct req *r, const struct rows *rows)
{
	req_text(r, 503, "not ready: the database takes no writes\n");
}

static const struct route routes[] = { { GET, "/healthz", healthy }, { GET, "/readyz", not_ready },
	{ 0 } };

static bool all_claim(const struct surface *s, const char *path, size_t len)
{
	return true;
}

static void health_match(const struct surface *s, enum method method, const char *path, size_t len,
	struct route_match *match)
{
	route_find(routes, method, path, len, match);
}

static void nothing_match(const struct surface *s, enum method method, const char *path, size_t len,
	struct route_match *match)
{
	memset(match, 0, sizeof(*match));
}

/* A terminal keeps what it has when it hears ERROR, whatever the status; programs want that. */
static void refused(struct req *r, int status, const char *reason, int allowed)
{
	bool rest = strncmp(req_path(r), "/iclock/api", 11) == 0;
	if (strncmp(req_path(r), "/iclock/", 8) == 0 && !rest) {
		req_text(r, 200, "ERROR: database");
		return;
	}
	if (status == 405)
		req_add_header(r, "Allow", route_allow(req_arena(r), allowed));
	else if (status == 404)
		status = 503;
	req_text(r, status, "the database takes no writes\n");
}

/* --- asking ---------------------------------------------------------------------------------- */

/* On a thread. A standby that the connection string allows for does not do. */
static void database_ask(void *arg)
{
	struct waiting *w = arg;
	struct arena *a = arena_new();
	struct db_error failed;
	const char *error;
	struct sync *sync = sync_open(a, w->config->database_url, w->config->timezone, &error);
	struct rows *rows =
		sync ? sync_query(sync, "show transaction_read_only", NULL, 0, false, &failed)
		     : NULL;
	w->writable = rows && strcmp(rows_text(rows, 0, 0), "off") == 0;
	rows_free(rows);
	sync_close(sync);
	arena_free(a);
}

static void again_later(struct waiting *w)
{
	struct timeval pause = { .tv_sec = w->pause_ms / 1000,
		.tv_usec = w->pause_ms % 1000 * 1000 };
	if (event_add(w->again, &pause) < 0)
		fatal("event_add");
	w->pause_ms = w->pause_ms * 2 < LONGEST_MS ? w->pause_ms * 2 : LONGEST_MS;
}

static void database_asked(void *arg)
{
	struct waiting *w = arg;
	if (w->writable)
		event_base_loopbreak(w->base);
	else
		again_later(w);
}

static void database_due(int fd, short what, void *arg)
{
	struct waiting *w = arg;
	if (!offload_run(w->threads, database_ask, database_asked, w))
		fatal("a thread without work is busy");
}

/* --- begin and end --------------------------------------------------------------------------- */

static void waiting_begin(struct waiting *w, const struct config *config)
{
	*w = (struct waiting){ .config = config, .arena = arena_new(), .base = loop_new() };
	w->threads = offload_new(w->base, 1, 1);
	w->pause_ms = FIRST_MS;
	w->again = event_new(w->base, -1, 0, database_due, w);
	if (!w->again)
		fatal("event_new");
	w->all = (struct surface){ .name = "waiting",
		.ctx = w,
		.claims = all_claim,
		.match = health_match,
		.refused = refused };
	w->device = w->all;
	w->device.match = nothing_match;
}

static void waiting_end(struct waiting *w)
{
	offload_free(w->threads);
	event_free(w->again);
	event_base_free(w->base);
	arena_free(w->arena);
}

bool waiting_serve(const struct config *config, const char *why, const char **error)
{
	struct waiting w;
	waiting_begin(&w, config);
	struct http *http = listen_http(config, w.base);
	bool good = listen_waiting(w.arena, config, http, &w.all, &w.device, error);
	if (good) {
		log_warn("database_not_writable", "reason", why, NULL);
		again_later(&w);
		event_base_dispatch(w.base);
	}
	http_free(http);
	waiting_end(&w);
	return good;
}
