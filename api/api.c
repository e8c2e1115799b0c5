/* The REST surface: its routes and what holds for all of them. */
#include "api.h"

#include <stdlib.h>
#include <string.h>

#include "auth_private.h"
#include "body.h"
#include "budget.h"
#include "context.h"
#include "disk.h"
#include "errors.h"
#include "fatal.h"
#include "import.h"
#include "offload.h"
#include "openapi.h"
#include "punch_memory.h"
#include "report_walk.h"
#include "routes.h"
#include "staff.h"
#include "tellers.h"
#include "trail.h"

static const struct route *const api_routes[] = { auth_routes, personnel_routes, iclock_routes,
	att_routes, base_routes, staff_routes };

enum {
	DEADLINE_MS = 30000,
	FILE_THREADS = 2,
	FILES_WAITING = 1000,
	PASSWORD_THREADS = 2,
	PASSWORDS_WAITING = 256
};

static const int64_t files_most = INT64_C(4) << 30; /* bytes of temporary ones */

/* --- finding routes ------------------------------------------------------------------------- */

/* The tables one after the other; the first that has a route for the method. */
static void routes_find(enum method method, const char *path, size_t len, struct route_match *match)
{
	int allowed = 0;

	for (size_t i = 0; i < LEN(api_routes); i++) {
		route_find(api_routes[i], method, path, len, match);
		allowed |= match->allowed;
		if (match->route)
			break;
	}
	match->allowed = allowed;
}

static void options(struct req *r, const struct rows *rows)
{
	reply_json(r, 200, errors_new(req_arena(r)));
}

static const struct route options_route = { OPTIONS, "", options, NULL, API_OPEN };

static void api_match(const struct surface *surface, enum method method, const char *path,
	size_t len, struct route_match *match)
{
	routes_find(method, path, len, match);
	if (!match->route && match->allowed && method == OPTIONS)
		match->route = &options_route;
}

static bool api_claims(const struct surface *surface, const char *path, size_t len)
{
	return true;
}

static void api_before(struct req *r, req_step *next)
{
	req_add_header(r, "Allow", route_allow(req_arena(r), api_methods(api_of(r), req_path(r))));
	auth_before(r, next);
}

/* --- before a body is read ------------------------------------------------------------------ */

enum { OPEN_BODY_MAX = 65536 }; /* of whoever has not said who it is */

static const char *api_refuses(const struct req *r, int *status)
{
	if (!api_of(r)->options.config->https_only || strcmp(req_scheme(r), "https") == 0)
		return NULL;
	*status = 403;
	return "HTTPS is required.";
}

/* Who brings no credentials is nobody already when the head is read. Files are what imports take;
 * everything else is one object. */
static int64_t api_max_body(const struct req *r, bool judged)
{
	bool nobody = judged ? req_owner(r).class == OWNER_STRANGER
			     : !req_header(r, "Authorization") && !req_header(r, "Cookie");

	if (nobody || (req_route(r)->flags & API_OPEN))
		return OPEN_BODY_MAX;
	return import_takes_file(req_route(r)) ? INT64_MAX : BODY_MAX;
}

/* --- life ----------------------------------------------------------------------------------- */

/* Where the embedded database lives there is room; else where the system keeps such files. */
static const char *files_dir(const struct config *config)
{
	const char *dir = getenv("TMPDIR");

	if (!*config->database_url)
		return config->data_dir;
	return dir && *dir ? dir : "/tmp";
}

/* What terminals and people typed in is data, whatever it looks like. */
static const char *const headers[] = { "Vary: Accept", "X-Content-Type-Options: nosniff", NULL };

/* Of this host, not of its subdomains: other services may be there. */
static const char *const https_headers[] = { "Strict-Transport-Security: max-age=31536000", NULL };

struct api *api_new(const struct api_options *o)
{
	struct arena *a = arena_new();
	struct api *api = arena_alloc(a, sizeof(*api));

	api->arena = a;
	api->options = *o;
	api->passwords = offload_new(o->base, PASSWORD_THREADS, PASSWORDS_WAITING);
	api->auth = auth_new(a, o, api->passwords);
	api->trail = trail_new(o);
	api->punches = punch_memory_new();
	api->report_places = recent_new(REPORT_PLACES, sizeof(struct report_place));
	api->bodies = budget_new((size_t)o->config->body_memory);
	api->files = offload_new(o->base, FILE_THREADS, FILES_WAITING);
	api->files_dir = files_dir(o->config);
	api->disk = disk_new(api->files_dir, files_most);
	api->tables = api_routes;
	api->ntables = LEN(api_routes);
	api->openapi = openapi_make(a, api_routes, LEN(api_routes), about_route, &api->openapi_len);
	api->surface = (struct surface){
		.name = "api",
		.ctx = api,
		.db = o->db,
		.deadline_ms = DEADLINE_MS,
		.claims = api_claims,
		.match = api_match,
		.refused = api_refused,
		.failed = api_failed,
		.answers = api_answers,
		.before = api_before,
		.refuses = api_refuses,
		.max_body = api_max_body,
		.budget = api->bodies,
		.preamble = trail_statement,
		.gets_read = true,
		.headers = headers,
		.cache = "no-store",
		.https_headers = https_headers,
	};
	return api;
}

const struct surface *api_surface(struct api *api)
{
	return &api->surface;
}

void api_stop(struct api *api)
{
	if (!api)
		return;
	offload_stop(api->files);
	offload_stop(api->passwords);
}

void api_free(struct api *api)
{
	if (!api)
		return;
	api_stop(api);
	trail_free(api->trail);
	offload_free(api->files);
	offload_free(api->passwords);
	auth_free(api->auth);
	punch_memory_free(api->punches);
	recent_free(api->report_places);
	budget_free(api->bodies);
	disk_free(api->disk);
	arena_free(api->arena);
}
