/*
 * The surface of the terminals: which paths are theirs, how failures are said. And the clockwork:
 * notifications, the batches of terminal states, the minute's refresh.
 */
#include "adms.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "claims.h"
#include "clock.h"
#include "commands.h"
#include "contact.h"
#include "fatal.h"
#include "handshake.h"
#include "held.h"
#include "ingest.h"
#include "limit.h"
#include "log.h"
#include "offload.h"
#include "priority.h"
#include "redecode.h"
#include "upload.h"
#include "upload_log.h"
#include "watch.h"

#define STATE_SECONDS 3 /* terminal states are written this often */
#define LOG_SECONDS 5 /* and the log of uploads */
#define REFRESH_SECONDS 60 /* what notifications may have missed */
#define RELOAD_SECONDS 5 /* after a reading that failed */
#define THREADS 2
#define THREADS_WAITING 1000
#define SEALING_WAITING 16 /* writes; more than there are at once */
#define MAX_WOKEN 1000 /* beyond, all terminals are read */

static req_step answer_ok, answer_not_found, answer_refused, cdata_posted;

/* X of /iclock/X, in whatever spelling (adms-push 0.4). "X/" is all below it. */
static const struct route routes[] = { { GET | HEAD, "cdata", handshake_start },
	{ POST, "cdata", cdata_posted }, { POST, "edata", cdata_posted },
	{ POST, "fdata", upload_photo },
	{ GET | HEAD | POST, "getrequest", command_poll, NULL, CONTACT_CHEAP },
	{ GET | POST, "devicecmd", command_result, NULL, CONTACT_OF_RESULT },
	{ GET | HEAD | POST, "ping", answer_ok, NULL, CONTACT_CHEAP },
	{ GET | POST, "registry", answer_refused, NULL, CONTACT_ACCESS },
	{ GET | POST, "push", answer_refused, NULL, CONTACT_ACCESS },
	{ GET | POST, "rtdata", answer_not_found, NULL, CONTACT_ACCESS },
	{ GET, "querydata", answer_not_found },
	{ POST, "querydata", query_answer, NULL, CONTACT_ANSWER },
	{ GET | POST, "exchange", answer_not_found }, { GET | POST, "service/control", answer_ok },
	{ GET | HEAD, "file", answer_not_found },
	{ GET | HEAD, "photo/", photo_fetch, NULL, CONTACT_ANYBODY },
	{ GET | HEAD, "", answer_ok, NULL, CONTACT_ANYBODY }, { 0 } };

/* ---- paths ---- */

/* What follows /iclock/, or NULL; doubled prefixes and slashes are one. */
static const char *path_tail(const char *path, size_t len, size_t *tail_len)
{
	const char *end = path + len;
	bool ours = false;
	for (;;) {
		const char *p = path;
		while (p < end && *p == '/')
			p++;
		if (end - p < 6 || strncasecmp(p, "iclock", 6) != 0 || (end - p > 6 && p[6] != '/'))
			break;
		ours = true;
		path = p + 6;
	}
	if (!ours)
		return NULL;
	while (path < end && *path == '/')
		path++;
	*tail_len = (size_t)(end - path);
	return path;
}

static bool tail_is_rest(const char *tail, size_t len)
{
	return len >= 3 && strncmp(tail, "api", 3) == 0 && (len == 3 || tail[3] == '/');
}

static bool adms_claims(const struct surface *s, const char *path, size_t len)
{
	size_t n;
	const char *tail = path_tail(path, len, &n);
	return tail && !tail_is_rest(tail, n);
}

/* Cuts "/", ".aspx" and ".php" off the end. */
static size_t tail_trim(const char *tail, size_t n)
{
	while (n > 0 && tail[n - 1] == '/')
		n--;
	if (n > 5 && strncasecmp(tail + n - 5, ".aspx", 5) == 0)
		return n - 5;
	if (n > 4 && strncasecmp(tail + n - 4, ".php", 4) == 0)
		return n - 4;
	return n;
}

/* A pattern that ends in a slash stands for all that begins so. */
static bool tail_fits(const char *pattern, const char *tail, size_t n)
{
	size_t len = strlen(pattern);
	bool begins = len > 0 && pattern[len - 1] == '/';
	return (begins ? n > len : n == len) && strncasecmp(pattern, tail ? tail : "", len) == 0;
}

static void adms_match(const struct surface *s, enum method method, const char *path, size_t len,
	struct route_match *m)
{
	size_t n = 0;
	const char *tail = path_tail(path, len, &n);
	*m = (struct route_match){ 0 };
	n = tail ? tail_trim(tail, n) : 0;
	for (const struct route *route = routes; route->methods; route++) {
		if (!tail_fits(route->pattern, tail, n))
			continue;
		m->allowed |= route->methods;
		if (route->methods & (int)method)
			m->route = route;
	}
}

/* ---- failures: 200 and a reason, so that the terminal keeps what it has and tries again ---- */

static void adms_refused(struct req *r, int status, const char *reason, int allowed)
{
	/* counts, though this one must be answered: see contact.c */
	limit_stranger(((struct adms *)req_ctx(r))->limits, req_peer(r), clock_ticks());
	req_text(r, status == 404 || status == 405 ? 404 : 200, "ERROR: %s", reason);
}

static void adms_failed(struct req *r, const struct db_error *e)
{
	req_text(r, 200, "ERROR: database");
}

/* ---- small answers ---- */

static void cdata_posted(struct req *r, const struct rows *rows)
{
	if (remote_asks(r))
		remote_verify(r, NULL);
	else if (req_param(r, "options") && !req_param(r, "table"))
		upload_hello(r, handshake_start);
	else
		upload_start(r, NULL);
}

static void answer_ok(struct req *r, const struct rows *rows)
{
	req_reply(r, 200, "text/plain", "OK", 2);
}

/* Not offered: encryption (adms-push 5), files; the terminal goes on without. */
static void answer_not_found(struct req *r, const struct rows *rows)
{
	req_text(r, 404, "ERROR: not found");
}

/* The access control dialect's registration is refused as its documents say (adms-push 5). */
static void answer_refused(struct req *r, const struct rows *rows)
{
	req_text(r, 406, "ERROR: attendance terminals only");
}

/* ---- notifications ---- */

static void adms_notified(void *arg, const char *payload)
{
	struct adms *adms = arg;
	int64_t id;
	if (payload[0] != 't' || !str_to_int(payload + 1, 1, INT32_MAX, &id))
		return;
	if (adms->nwoken < MAX_WOKEN)
		adms->woken[adms->nwoken] = (int)id;
	adms->nwoken++;
	struct timeval soon = { 0, 10000 };
	if (!evtimer_pending(adms->wake, NULL))
		evtimer_add(adms->wake, &soon);
}

/* One reading for all that were named in the last hundredth of a second. */
static void adms_wake(evutil_socket_t fd, short what, void *arg)
{
	struct adms *adms = arg;
	int n = adms->nwoken;
	adms->nwoken = 0;
	terminals_load(adms->terminals, adms->woken, n > MAX_WOKEN ? 0 : n, NULL, NULL);
}

static void adms_listening(void *arg, bool up)
{
	struct adms *adms = arg;
	adms->listening = up;
	if (!up)
		return;
	watch_again(adms);
	terminals_load(adms->terminals, NULL, 0, NULL, NULL);
}

/* ---- every second ---- */

static void open_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct adms *adms = arg;
	int n = rows_count(rows);
	adms->refreshing = false;
	int *ids = xcalloc((size_t)n + 1, sizeof(*ids));
	for (int i = 0; i < n; i++)
		ids[i] = (int)rows_int(rows, i, 0);
	rows_free(rows);
	if (n > 0)
		terminals_load(adms->terminals, ids, n, NULL, NULL);
	free(ids);
}

static void adms_refresh(struct adms *adms)
{
	static const struct db_statement statements[] = { { "select command_expire()", NULL, 0 },
		{ "select command_check_offsets()", NULL, 0 },
		{ "select upload_log_prune()", NULL, 0 }, { "select tally_fold()", NULL, 0 },
		{ "select * from command_open_terminals()", NULL, 0 } };
	if (adms->refreshing)
		return;
	adms->refreshing = true;
	db_query(adms->db, &(struct db_query){ .statements = statements,
				   .nstatements = LEN(statements),
				   .deadline_ms = 30000,
				   .done = open_found,
				   .arg = adms });
}

static void adms_second(evutil_socket_t fd, short what, void *arg)
{
	struct adms *adms = arg;
	adms->ticks++;
	if (adms->ticks % STATE_SECONDS == 0)
		terminals_flush(adms->terminals);
	if (adms->ticks % LOG_SECONDS == 0)
		upload_log_flush(adms->uploads);
	if (adms->ticks % REFRESH_SECONDS == 0)
		adms_refresh(adms);
	if (adms->listening && adms->ticks % RELOAD_SECONDS == 0 &&
		terminals_behind(adms->terminals))
		terminals_load(adms->terminals, NULL, 0, NULL, NULL);
	held_tick(adms);
	redecode_tick(adms);
	claims_tick(adms);
	watch_tick(adms);
}

/* ---- start and end ---- */

static struct db *adms_pool(struct adms *adms, const char *name, int size)
{
	return db_new(adms->o.hub,
		&(struct db_options){ .name = name,
			.conninfo = adms->o.conninfo,
			.timezone = adms->o.config->timezone,
			.size = size },
		NULL, NULL);
}

static void adms_surface_fill(struct adms *adms)
{
	/* adms-push 0.8 */
	static const char *const headers[] = { "Pragma: no-cache", "Cache-Control: no-store",
		NULL };
	adms->surface = (struct surface){ .name = "adms",
		.ctx = adms,
		.db = adms->db,
		.deadline_ms = 20000,
		.claims = adms_claims,
		.match = adms_match,
		.refused = adms_refused,
		.failed = adms_failed,
		.before = contact_before,
		.max_body = contact_max_body,
		.durable = true,
		.budget = adms->budget,
		.params_nocase = true,
		.plus_is_literal = true,
		.keep_alive_by_name = true,
		.never_chunked = true,
		.quiet = true,
		.headers = headers };
}

struct adms *adms_new(const struct adms_options *options)
{
	struct timeval second = { 1, 0 };
	struct adms *adms = xcalloc(1, sizeof(*adms));
	adms->o = *options;
	adms->chores.prev = adms->chores.next = &adms->chores;
	seal_random(&adms->held_taker, sizeof(adms->held_taker));
	adms->db = adms_pool(adms, "punchd terminals", 4);
	adms->ingest_db = adms_pool(adms, "punchd ingest", 2);
	/* one each: a fleet that fetches everything must not take the processors from all others */
	adms->poll_db = adms_pool(adms, "punchd polls", 1);
	adms->results_db = adms_pool(adms, "punchd results", 1);
	adms->threads = offload_new(options->base, THREADS, THREADS_WAITING);
	adms->sealing = offload_new(options->base, 1, SEALING_WAITING);
	adms->terminals = terminals_new(adms);
	adms->ingest = ingest_new(adms);
	adms->uploads = upload_log_new(adms);
	adms->limits = limits_new();
	watch_start(adms);
	adms->priority = priority_new(adms->o.base);
	adms->budget = budget_new((size_t)options->config->ingest_memory);
	adms->woken = xcalloc(MAX_WOKEN, sizeof(*adms->woken));
	adms->wake = evtimer_new(options->base, adms_wake, adms);
	adms->tick = event_new(options->base, -1, EV_PERSIST, adms_second, adms);
	event_add(adms->tick, &second);
	adms->listener = db_listen(options->hub,
		&(struct db_options){ .name = "punchd listen",
			.conninfo = options->conninfo,
			.timezone = options->config->timezone,
			.size = 1 },
		"punchd", adms_notified, adms_listening, adms);
	adms_surface_fill(adms);
	return adms;
}

const struct surface *adms_surface(struct adms *adms)
{
	return &adms->surface;
}

bool adms_flush(struct adms *adms)
{
	bool logging = upload_log_flush(adms->uploads);
	return terminals_flush(adms->terminals) || logging || !ingest_idle(adms->ingest);
}

void adms_stop(struct adms *adms)
{
	offload_stop(adms->threads);
	offload_stop(adms->sealing);
	ingest_close(adms->ingest);
}

void adms_free(struct adms *adms)
{
	event_free(adms->tick);
	event_free(adms->wake);
	db_listener_free(adms->listener);
	db_free(adms->db);
	db_free(adms->ingest_db);
	db_free(adms->poll_db);
	db_free(adms->results_db);
	watch_free(adms);
	priority_free(adms->priority);
	ingest_free(adms->ingest);
	upload_log_free(adms->uploads);
	terminals_free(adms->terminals);
	while (adms->chores.next != &adms->chores)
		chore_end(adms, adms->chores.next);
	budget_free(adms->budget);
	limits_free(adms->limits);
	offload_free(adms->threads);
	offload_free(adms->sealing);
	free(adms->woken);
	free(adms);
}

bool adms_database_up(const struct adms *adms)
{
	return db_up(adms->ingest_db);
}

void adms_stats(const struct adms *adms, struct adms_stats *out)
{
	*out = adms->stats;
	for (int strangers = 0; strangers < 2; strangers++) {
		struct budget_stats bytes;
		budget_stats(adms->budget, strangers, &bytes);
		out->ingest_bytes += bytes.used;
	}
	out->terminals = terminals_count(adms->terminals);
	out->terminals_online = terminals_online(adms->terminals);
	out->database_up = adms_database_up(adms);
	out->listening = adms->listening;
}
