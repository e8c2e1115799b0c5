/*
 * Health, readiness and metrics. The first two need no login, so they tell nothing but the state,
 * and ask nobody: who calls them often costs no more than the reply.
 */
#include "ops.h"

#include <inttypes.h>
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

static void metrics_write(struct req *r, const struct rows *rows)
{
	const struct ops_options *o = &((const struct ops *)req_ctx(r))->o;
	struct adms_stats s;
	adms_stats(o->adms, &s);
	const struct metric metrics[] = {
		{ "connections", "gauge", "open HTTP connections",
			(uint64_t)http_connections(o->http) },
		{ "requests_total", "counter", "HTTP requests", http_requests(o->http) },
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
	};
	struct str out = str_new(req_arena(r));
	for (size_t i = 0; i < LEN(metrics); i++) {
		const struct metric *m = &metrics[i];
		str_addf(&out, "# HELP punchd_%s %s\n# TYPE punchd_%s %s\npunchd_%s %" PRIu64 "\n",
			m->name, m->help, m->name, m->type, m->name, m->value);
	}
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
