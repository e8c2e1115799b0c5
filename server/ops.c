/*
 * Health, readiness and metrics. The first two need no login, so they tell nothing but the state,
 * and ask nobody: who calls them often costs no more than the reply.
 */
#include "ops.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "str.h"

enum { DEADLINE_MS = 3000 };

struct ops {
	struct ops_options o;
	struct surface closed, open, nothing;
};

/* --- health ---------------------------------------------------------------------------------- */

static void health(struct req *r, const struct rows *rows)
{
	req_text(r, 200, "ok\n");
}

static void ready(struct req *r, const struct rows *rows)
{
	const struct ops *ops = req_ctx(r);
	const char *missing = ready_missing(ops->o.ready);
	if (missing)
		req_text(r, 503, "not ready: %s\n", missing);
	else
		req_text(r, 200, "ready\n");
}

/* --- metrics --------------------------------------------------------------------------------- */

struct metric {
	const char *name;
	const char *type;
	const char *help;
	uint64_t value;
};

/* What is given away, by class of owner (docs/limits.md). */
static void ledgers_write(struct str *out, const struct ops_options *o)
{
	static const struct {
		const char *name, *type, *help;
		size_t offset;
	} figures[] = {
		{ "body_bytes", "gauge", "memory that bodies hold",
			offsetof(struct budget_stats, used) },
		{ "body_waiting_bytes", "gauge", "bodies announced, and not read yet",
			offsetof(struct budget_stats, waiting) },
		{ "body_refused_total", "counter", "bodies refused, one owner had too many",
			offsetof(struct budget_stats, refused) },
		{ "body_ended_early_total", "counter", "bodies ended, others waited for them",
			offsetof(struct budget_stats, ended_early) },
	};
	const struct {
		const char *name;
		const struct surface *surface;
	} ledgers[] = { { "terminals", adms_surface(o->adms) }, { "rest", api_surface(o->api) } };

	for (size_t i = 0; i < LEN(figures); i++) {
		str_addf(out, "# HELP punchd_%s %s\n# TYPE punchd_%s %s\n", figures[i].name,
			figures[i].help, figures[i].name, figures[i].type);
		for (size_t k = 0; k < 2 * LEN(ledgers); k++) {
			struct budget_stats s;
			budget_stats(ledgers[k / 2].surface->budget, k % 2, &s);
			const char *at = (const char *)&s + figures[i].offset;
			uint64_t value = *(const uint64_t *)(const void *)at;
			str_addf(out, "punchd_%s{of=\"%s\",class=\"%s\"} %" PRIu64 "\n",
				figures[i].name, ledgers[k / 2].name, k % 2 ? "stranger" : "known",
				value);
		}
	}
}

static void metrics_write(struct req *r, const struct rows *rows)
{
	const struct ops_options *o = &((const struct ops *)req_ctx(r))->o;
	struct adms_stats s;
	adms_stats(o->adms, &s);
	struct http_stats h;
	http_stats(o->http, &h);
	const struct metric metrics[] = {
		{ "connections", "gauge", "open HTTP connections", (uint64_t)h.connections },
		{ "requests_total", "counter", "HTTP requests", h.requests },
		{ "places_ended_total", "counter", "connections that made room for others",
			h.places_ended },
		{ "strangers_at_work", "gauge", "requests of nobody known that wait",
			(uint64_t)h.strangers_at_work },
		{ "strangers_refused_total", "counter", "requests of nobody known, too many waited",
			h.strangers_refused },
		{ "strangers_kept_bytes", "gauge", "memory of connections of nobody known",
			h.strangers_kept },
		{ "heartbeats_total", "counter", "polls of terminals", s.heartbeats },
		{ "punches_received_total", "counter", "punch lines received", s.punches_received },
		{ "punches_stored_total", "counter", "punches stored", s.punches_stored },
		{ "rejects_total", "counter", "lines that were kept aside", s.rejects },
		{ "commands_sent_total", "counter", "commands given to terminals",
			s.commands_sent },
		{ "ingest_bytes", "gauge", "bytes of uploads held in memory", s.ingest_bytes },
		{ "ingest_waiting_bytes", "gauge", "bytes of uploads not read yet",
			s.ingest_waiting },
		{ "terminals", "gauge", "terminals known", (uint64_t)s.terminals },
		{ "terminals_online", "gauge", "terminals online", (uint64_t)s.terminals_online },
		{ "database_up", "gauge", "requests' pool is connected", db_up(o->db) },
		{ "database_waiting", "gauge", "statements queued", (uint64_t)db_waiting(o->db) },
		{ "ingest_database_up", "gauge", "ingest's pool is connected", s.database_up },
		{ "listening", "gauge", "LISTEN is established", s.listening },
		{ "loop_longest_turn_us", "gauge",
			"longest turn of the loop since the last reading, processor time",
			*o->longest_turn },
	};
	*o->longest_turn = 0;
	struct str out = str_new(req_arena(r));
	for (size_t i = 0; i < LEN(metrics); i++) {
		const struct metric *m = &metrics[i];
		str_addf(&out, "# HELP punchd_%s %s\n# TYPE punchd_%s %s\npunchd_%s %" PRIu64 "\n",
			m->name, m->help, m->name, m->type, m->name, m->value);
	}
	ledgers_write(&out, o);
	str_addf(&out,
		"# HELP punchd_info version\n# TYPE punchd_info gauge\n"
		"punchd_info{version=\"%s\"} 1\n",
		PUNCHD_VERSION);
	req_reply(r, 200, "text/plain; version=0.0.4; charset=utf-8", str_text(&out), out.len);
}

static void metrics_login(struct req *r, const struct rows *rows)
{
	const struct ops *ops = req_ctx(r);
	api_require_login(ops->o.api, r, metrics_write);
}

/* --- the surfaces ---------------------------------------------------------------------------- */

static const struct route closed_routes[] = { { GET, "/healthz", health },
	{ GET, "/readyz", ready }, { GET, "/metrics", metrics_login }, { 0 } };

static const struct route open_routes[] = { { GET, "/healthz", health }, { GET, "/readyz", ready },
	{ GET, "/metrics", metrics_write }, { 0 } };

static void closed_match(const struct surface *s, enum method method, const char *path, size_t len,
	struct route_match *match)
{
	route_find(closed_routes, method, path, len, match);
}

static void open_match(const struct surface *s, enum method method, const char *path, size_t len,
	struct route_match *match)
{
	route_find(open_routes, method, path, len, match);
}

static void nothing_match(const struct surface *s, enum method method, const char *path, size_t len,
	struct route_match *match)
{
	memset(match, 0, sizeof(*match));
}

static bool own_paths(const struct surface *s, const char *path, size_t len)
{
	struct route_match match;
	memset(&match, 0, sizeof(match));
	route_find(closed_routes, GET, path, len, &match);
	return match.allowed != 0;
}

static bool all_paths(const struct surface *s, const char *path, size_t len)
{
	return true;
}

static const char *refuses(const struct req *r, int *status)
{
	const struct ops *ops = req_ctx(r);
	if (!ops->o.https_only || strcmp(req_scheme(r), "https") == 0 ||
		strncmp(req_path(r), "/metrics", 8) != 0)
		return NULL;
	*status = 403;
	return "HTTPS is required.";
}

static void refused(struct req *r, int status, const char *reason, int allowed)
{
	if (status == 405)
		req_add_header(r, "Allow", route_allow(req_arena(r), allowed));
	req_text(r, status, "%s\n", reason);
}

static void failed(struct req *r, const struct db_error *error)
{
	req_text(r, 503, "the database does not answer\n");
}

struct ops *ops_new(const struct ops_options *o)
{
	static const char *const headers[] = { "Cache-Control: no-store",
		"X-Content-Type-Options: nosniff", NULL };
	struct ops *ops = xcalloc(1, sizeof(*ops));
	ops->o = *o;
	ops->closed = (struct surface){ .name = "ops",
		.ctx = ops,
		.db = o->db,
		.deadline_ms = DEADLINE_MS,
		.claims = own_paths,
		.match = closed_match,
		.refuses = refuses,
		.refused = refused,
		.failed = failed,
		.headers = headers };
	ops->open = ops->closed;
	ops->open.match = open_match;
	ops->open.refuses = NULL; /* its listener is plain, and was asked for */
	ops->nothing = ops->closed;
	ops->nothing.claims = all_paths;
	ops->nothing.match = nothing_match;
	return ops;
}

void ops_free(struct ops *ops)
{
	free(ops);
}

const struct surface *ops_surface(const struct ops *ops)
{
	return &ops->closed;
}

const struct surface *ops_open_surface(const struct ops *ops)
{
	return &ops->open;
}

const struct surface *ops_nothing(const struct ops *ops)
{
	return &ops->nothing;
}
