/* The life of a request: its steps, what it waits for, its end. */
#include "req.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fatal.h"
#include "log.h"
#include "offload.h"
#include "request.h"

enum {
	STRANGERS_AT_WORK = 2000,
	JUDGED_MS = 2000 /* for so long a body may take before it is asked again who it is of */
};

struct arena *req_arena(struct req *r)
{
	return r->arena;
}

const struct route *req_route(const struct req *r)
{
	return r->match.route;
}

const struct surface *req_surface(const struct req *r)
{
	return r->surface;
}

void *req_ctx(const struct req *r)
{
	return r->surface->ctx;
}

void *req_data(const struct req *r)
{
	return r->data;
}

void req_set_data(struct req *r, void *data)
{
	r->data = data;
}

const void *req_login(const struct req *r)
{
	return r->login;
}

void req_set_login(struct req *r, const void *login)
{
	r->login = login;
}

struct owner req_owner(const struct req *r)
{
	return r->judged ? r->owner : owner_stranger(req_peer(r));
}

struct owner req_said(const struct req *r)
{
	struct owner said = r->client ? r->client->said : (struct owner){ 0 };
	return said.class == OWNER_STRANGER ? owner_stranger(req_peer(r)) : said;
}

bool req_gone(const struct req *r)
{
	return r->gone;
}

uint64_t req_number(const struct req *r)
{
	return r->number;
}

const struct db_error *req_error(const struct req *r)
{
	return r->error;
}

/* It waits no more, or it is known now who asks. */
static void req_leaves_strangers(struct req *r)
{
	if (r->at_work)
		r->http->strangers_at_work--;
	r->at_work = false;
}

void req_judge(struct req *r, struct owner owner)
{
	r->judged = true;
	r->owner = owner;
	if (r->client && !r->client->trusted)
		r->client->said = owner;
	if (owner.class != OWNER_STRANGER)
		req_leaves_strangers(r);
}

/* --- running and ending --------------------------------------------------------------------- */

void req_hide_path(struct req *r)
{
	r->path_hidden = true;
}

static const char *req_logged_path(const struct req *r)
{
	return r->path_hidden ? "(hidden)" : r->path;
}

/* What went well on a quiet surface is a detail, and what failed like many others. 499: given up
 * because the client had gone. */
static void req_log(struct req *r)
{
	bool well = r->surface->quiet && r->status && r->status < 400 && !r->erred;
	bool detail = well || (r->told && !r->gone);

	if (!log_on(detail ? LOG_DEBUG : LOG_INFO))
		return;
	(detail ? log_debug : log_info)("request", "n", log_num((int64_t)r->number), "method",
		req_method_name(r), "path", req_logged_path(r), "status",
		log_num(r->status ? r->status : 499), "ms", log_num(clock_ticks() - r->started),
		"peer", req_peer(r), NULL);
}

/* Gives back what it holds, its own memory last. */
static void req_release(struct req *r)
{
	req_leaves_strangers(r);
	if (r->ticket)
		db_forget(r->ticket);
	rows_free(r->piece);
	out_free(&r->out);
	payload_free(&r->body);
	arena_free(r->arena);
}

static void req_free(struct req *r)
{
	struct client *c = r->client;
	bool keep = r->keep && r->status;

	req_log(r);
	req_release(r);
	client_ended(c, keep);
}

bool req_only_reads(const struct req *r)
{
	return r->surface->gets_read && r->judged && (r->method & (GET | HEAD));
}

/* Nobody waits for the reply any more: drops what has no effect, or none yet. */
static void req_forsake(struct req *r)
{
	bool gets = r->method & (GET | HEAD);

	if (r->state == REQ_READING || r->state == REQ_DRAIN) {
		r->state = REQ_DONE;
	} else if (r->state != REQ_WAITING) {
		return;
	} else if (r->cancel) {
		if (r->cancel(r->cancel_arg))
			r->state = REQ_DONE;
	} else if (r->ticket && (r->reading || (gets && !db_sent(r->ticket)))) {
		r->state = REQ_DONE;
	}
}

/* The only place where a step is called or a request ends. */
static void req_run(struct req *r, req_step *step, const struct rows *rows)
{
	r->state = REQ_RUNNING;
	r->cancel = NULL;
	step(r, rows);
	if (r->state == REQ_RUNNING) { /* neither replied nor waits: our bug, not the client's */
		log_error("step_without_end", "method", req_method_name(r), "path",
			req_logged_path(r), NULL);
		if (r->stream == STREAM_NONE) {
			req_text(r, 500, "internal error");
		} else {
			r->state = REQ_DONE;
			client_kill(r->client);
		}
	}
	if (r->gone)
		req_forsake(r);
	if (r->state == REQ_DONE)
		req_free(r);
}

/* It is known who asks, or that nobody will say: the body may come. */
static void req_admitted(struct req *r, const struct rows *rows)
{
	r->client->known = r->judged && r->owner.class != OWNER_STRANGER;
	r->admitted = r->http->now;
	if (r->client->state == CLIENT_DEAD && r->client->unread) {
		r->state = REQ_READING; /* its body never comes: req_run() ends it */
		return;
	}
	switch (client_body(r->client)) {
	case BODY_NONE:
		r->match.route->handler(r, NULL);
		break;
	case BODY_COMES:
		req_leaves_strangers(r); /* its body has bounds of its own */
		r->state = REQ_READING;
		break;
	case BODY_TOO_LONG:
		r->surface->refused(r, 413, "body too long", 0);
		break;
	case BODY_BUSY:
		r->surface->refused(r, 503, "busy", 0);
		break;
	}
}

static void req_begin(struct req *r, const struct rows *rows)
{
	if (r->surface->before)
		r->surface->before(r, req_admitted);
	else
		req_admitted(r, NULL);
}

void req_start(struct req *r)
{
	req_run(r, req_begin, NULL);
}

/* The body took its time: who asks may have lost their rights meanwhile. */
static void req_begin_again(struct req *r, const struct rows *rows)
{
	r->judged = false;
	r->login = r->data = NULL;
	r->added.len = 0;
	r->surface->before(r, r->match.route->handler);
}

void req_body_came(struct req *r)
{
	bool again = r->surface->before && r->http->now - r->admitted > JUDGED_MS;

	req_run(r, again ? req_begin_again : r->match.route->handler, NULL);
}

struct refusal {
	int status;
	const char *reason;
	int allowed;
};

static void req_refused(struct req *r, const struct rows *rows)
{
	const struct refusal *why = r->data;

	r->surface->refused(r, why->status, why->reason, why->allowed);
}

void req_refuse(struct req *r, int status, const char *reason, int allowed)
{
	struct refusal *why = arena_alloc(r->arena, sizeof(*why));

	*why = (struct refusal){ status, reason, allowed };
	r->data = why; /* no handler has seen, or will see, the request */
	req_run(r, req_refused, NULL);
}

void req_client_gone(struct req *r)
{
	r->gone = true;
	r->keep = false;
	if (r->state == REQ_RUNNING || r->state == REQ_DONE)
		return;
	req_forsake(r);
	if (r->state == REQ_DONE)
		req_free(r);
}

void req_drained(struct req *r)
{
	if (r->state == REQ_DRAIN)
		req_run(r, r->more, NULL);
}

/* On the request's arena, which nobody else touches while the thread works. */
struct req_job {
	struct req *req;
	void (*work)(void *arg);
	void *arg;
	atomic_bool dropped; /* nobody waits for it any more: not begun if it was not */
};

void req_drop(struct req *r)
{
	req_leaves_strangers(r);
	r->client->req = NULL;
	r->client = NULL;
	if (r->job) { /* a thread still uses the arena, or will look whether it need */
		atomic_store(&r->job->dropped, true);
		return;
	}
	if (r->state == REQ_WAITING && r->cancel)
		r->cancel(r->cancel_arg);
	req_release(r);
}

/* --- waiting -------------------------------------------------------------------------------- */

/* A connection whose last request was a known one's is not a stranger's while it is judged. */
static bool req_is_strange(const struct req *r)
{
	return r->judged ? r->owner.class == OWNER_STRANGER : !r->client || !r->client->known;
}

/* Requests of nobody known that wait have a bound over all of them, so that they are neither all
 * places nor all of the queues behind. */
static bool strangers_are_many(const struct http *h)
{
	int most = h->limits.max_connections / 2;
	return h->strangers_at_work >= (most < STRANGERS_AT_WORK ? most : STRANGERS_AT_WORK);
}

static void req_joins_strangers(struct req *r)
{
	if (r->at_work || !req_is_strange(r))
		return;
	r->at_work = true;
	r->http->strangers_at_work++;
}

/* False when the reply is already there, as after req_stream() for HEAD. */
static bool req_pause(struct req *r, req_step *next)
{
	if (r->state == REQ_DONE)
		return false;
	if (r->state != REQ_RUNNING && r->state != REQ_DRAIN)
		fatal("%s: a step that waits twice", r->path);
	req_joins_strangers(r);
	r->state = REQ_WAITING;
	r->next = next;
	return true;
}

/* False: there is no room for a stranger more, and the request is answered. Not for req_wait():
 * there somebody holds the request already, and has a bound of their own. */
static bool req_may_pause(struct req *r)
{
	bool may = r->state == REQ_DONE || r->at_work || r->stream != STREAM_NONE ||
		   !req_is_strange(r) || !strangers_are_many(r->http);

	if (!may) {
		r->http->strangers_refused++;
		r->surface->refused(r, 503, "busy", 0);
	}
	return may;
}

static void rows_ended(void *rows)
{
	rows_free(rows);
}

static const char *text_kept(struct arena *a, const char *text)
{
	return text ? arena_strdup(a, text) : NULL;
}

static const struct db_error *error_kept(struct arena *a, const struct db_error *from)
{
	struct db_error *e = arena_alloc(a, sizeof(*e));

	*e = *from;
	e->message = text_kept(a, from->message);
	e->detail = text_kept(a, from->detail);
	e->constraint = text_kept(a, from->constraint);
	e->column = text_kept(a, from->column);
	return e;
}

void req_told(struct req *r)
{
	r->told = true;
}

/* Messages of data errors quote the data, which may be secret. */
void req_tell_failure(struct req *r, const struct db_error *e)
{
	bool data = strncmp(e->state, "22", 2) == 0 || strncmp(e->state, "23", 2) == 0;
	bool answer = r->surface->answers && r->surface->answers(e);

	if (db_error_away(e)) {
		outage_failed(&r->http->away, clock_ticks(), "query_failed", e->state, e->message);
		req_told(r);
		return;
	}
	(answer ? log_debug : log_warn)("query_failed", "n", log_num((int64_t)r->number), "path",
		req_logged_path(r), "state", e->state, "constraint", e->constraint, "column",
		e->column, "message", data ? "not told, for it may quote data" : e->message, NULL);
}

static void query_failed(struct req *r, const struct rows *rows)
{
	if (r->stream == STREAM_SENT) { /* a cut, or the reader would take it for complete */
		req_tell_failure(r, r->error);
		r->state = REQ_DONE;
		client_kill(r->client);
		return;
	}
	r->stream = STREAM_NONE;
	r->surface->failed(r, r->error);
	/* what was the client's mistake it has been told, and nobody else need know */
	if (r->status < 400 || r->status >= 500)
		req_tell_failure(r, r->error);
}

static void query_answered(void *arg, struct rows *rows, const struct db_error *error)
{
	struct req *r = arg;

	r->ticket = NULL;
	if (r->stream != STREAM_NONE) { /* many pieces: only the newest stays */
		rows_free(r->piece);
		r->piece = rows;
	} else if (rows) {
		arena_defer(r->arena, rows_ended, rows);
	}
	if (error)
		r->error = error_kept(r->arena, error);
	else
		outage_passed(&r->http->away, clock_ticks());
	req_run(r, error && !r->trying ? query_failed : r->next, rows);
}

/* Whether a commit may be told to the client: what has somebody who asks may leave audit rows. */
static bool query_durable(const struct req *r, bool reads, bool preamble)
{
	return !reads && (!(r->method & (GET | HEAD | OPTIONS)) || preamble || r->surface->durable);
}

void req_query_with(struct req *r, req_step *next, const struct req_query_options *options,
	const struct db_statement *statements, int n)
{
	struct db_statement *all;

	if (!req_may_pause(r) || !req_pause(r, next))
		return;
	const struct db_statement *before = r->surface->preamble ? r->surface->preamble(r) : NULL;
	all = arena_array(r->arena, (size_t)n + 1, sizeof(*all));
	if (before)
		all[0] = *before;
	memcpy(all + (before != NULL), statements, (size_t)n * sizeof(*all));
	r->reading = !before && req_only_reads(r);
	const struct db_query q = {
		.statements = all,
		.nstatements = n + (before != NULL),
		.binary = options->binary,
		.durable = query_durable(r, options->reads, before),
		.deadline_ms =
			options->deadline_ms ? options->deadline_ms : r->surface->deadline_ms,
		.owner = req_owner(r),
		.only_reads = r->reading,
		.done = query_answered,
		.arg = r,
	};
	r->trying = options->try;
	r->error = NULL;
	r->ticket = db_query(options->db ? options->db : r->surface->db, &q);
}

void req_query(struct req *r, req_step *next, const char *sql, int nargs, const struct db_arg *args)
{
	const struct req_query_options options = { 0 };
	const struct db_statement statement = { sql, args, nargs };

	req_query_with(r, next, &options, &statement, 1);
}

static void job_work(void *arg)
{
	struct req_job *job = arg;

	if (!atomic_load(&job->dropped))
		job->work(job->arg);
}

static void job_done(void *arg)
{
	struct req *r = ((struct req_job *)arg)->req;

	r->job = NULL;
	if (r->client)
		req_run(r, r->next, NULL);
	else
		req_release(r);
}

void req_offload(
	struct req *r, struct offload *threads, void (*work)(void *), void *arg, req_step *next)
{
	if (!req_may_pause(r) || !req_pause(r, next))
		return;
	struct req_job *job = arena_alloc(r->arena, sizeof(*job));
	*job = (struct req_job){ .req = r, .work = work, .arg = arg };
	r->job = offload_run(threads, job_work, job_done, job) ? job : NULL;
	if (r->job)
		return;
	r->state = REQ_RUNNING;
	if (req_stream_withdraw(r))
		r->surface->refused(r, 503, "busy", 0);
	else
		req_stream_cut(r);
}

void req_wait(struct req *r, req_step *next, bool (*cancel)(void *), void *arg)
{
	if (!req_pause(r, next))
		return;
	r->cancel = cancel;
	r->cancel_arg = arg;
}

void req_wake(struct req *r, const struct rows *rows)
{
	if (r->state != REQ_WAITING)
		fatal("%s: woken without waiting", r->path);
	req_run(r, r->next, rows);
}
