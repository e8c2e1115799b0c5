/*
 * The queue before Argon2id. Its order is not that of arrival: guard_before() says who is next, and
 * who has to go when it is full, so that a hundred addresses that guess keep nobody out.
 */
#include "verify.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "accounts.h"
#include "clock.h"
#include "errors.h"
#include "fatal.h"
#include "guard.h"
#include "log.h"
#include "offload.h"
#include "password.h"
#include "seal.h"

enum {
	PARALLEL = 2,
	WAITING_MAX = 256,
	WAIT_MS = 10000, /* then it is 503: clients do not wait much longer */
	KNOWN_SETS = 128,
	KNOWN_WAYS = 4
};

struct job {
	struct arena *arena; /* its own: it may outlive the request */
	struct verify *verify;
	struct req *req; /* NULL: gone */
	struct verify_try *attempt;
	struct guard_who who;
	char *password, *hash;
	struct event *timer; /* of its delay, then of its patience */
	int delay_ms; /* not 0: its turn has not come */
	bool running;
	bool out; /* had to make room, and is to be told */
	bool good;
	TAILQ_ENTRY(job) link;
};

TAILQ_HEAD(jobs, job);

struct verify {
	struct arena *arena;
	bool closing;
	struct event *again; /* the worker threads' own queue was full */
	struct event_base *base;
	struct offload *offload;
	struct guard *guard;
	struct jobs waiting, running;
	int nwaiting, nrunning;
	unsigned char key[SEAL_KEY_SIZE];
	unsigned char known[KNOWN_SETS][KNOWN_WAYS][SEAL_KEY_SIZE];
	unsigned next_way;
};

static void verify_again(evutil_socket_t, short, void *);

struct verify *verify_new(struct event_base *base, struct offload *offload)
{
	struct arena *a = arena_new();
	struct verify *v = arena_alloc(a, sizeof(*v));

	v->arena = a;
	v->again = evtimer_new(base, verify_again, v);
	if (!v->again)
		fatal("out of memory for a timer");
	v->base = base;
	v->offload = offload;
	v->guard = guard_new(a);
	TAILQ_INIT(&v->waiting);
	TAILQ_INIT(&v->running);
	seal_random(v->key, sizeof(v->key));
	return v;
}

/* --- what was right ------------------------------------------------------------------------- */

static void known_key(
	const struct verify *v, const struct verify_try *t, unsigned char key[SEAL_KEY_SIZE])
{
	unsigned char parts[2 * SEAL_KEY_SIZE + 16] = { 0 };

	seal_hmac(v->key, t->hash, strlen(t->hash), parts);
	seal_hmac(v->key, t->password, strlen(t->password), parts + SEAL_KEY_SIZE);
	snprintf((char *)parts + 2 * SEAL_KEY_SIZE, 16, "%d", t->account);
	seal_hmac(v->key, parts, sizeof(parts), key);
}

static bool known_find(const struct verify *v, const struct verify_try *t)
{
	unsigned char key[SEAL_KEY_SIZE];
	bool found = false;

	if (!t->hash)
		return false;
	known_key(v, t, key);
	for (int i = 0; i < KNOWN_WAYS; i++)
		found |= seal_same(v->known[key[0] % KNOWN_SETS][i], key, sizeof(key));
	return found;
}

static void known_add(struct verify *v, const struct verify_try *t)
{
	unsigned char key[SEAL_KEY_SIZE];

	known_key(v, t, key);
	memcpy(v->known[key[0] % KNOWN_SETS][v->next_way++ % KNOWN_WAYS], key, sizeof(key));
}

/* --- jobs ----------------------------------------------------------------------------------- */

static void job_end(struct job *j)
{
	event_free(j->timer);
	password_wipe(j->password);
	arena_free(j->arena);
}

/* On a worker thread. */
static void job_work(void *arg)
{
	struct job *j = arg;
	j->good = password_verify(j->hash, j->password);
}

static void verify_next(struct verify *);

static void job_unlink(struct job *j)
{
	struct verify *v = j->verify;

	TAILQ_REMOVE(&v->waiting, j, link);
	if (j->out)
		return;
	v->nwaiting--;
	guard_leave(v->guard, &j->who);
}

/* It was not looked at: busy, or refused for so many seconds; or it needs no looking at. */
static void job_turn_away(struct job *j, bool good, int retry_after)
{
	struct req *r = j->req;

	j->attempt->good = good;
	j->attempt->retry_after = retry_after;
	j->attempt->busy = !good && !retry_after;
	job_unlink(j);
	job_end(j);
	req_wake(r, NULL);
}

static void job_answer(struct job *j)
{
	struct verify *v = j->verify;
	struct req *r = j->req;
	struct verify_try *t = j->attempt;

	t->good = j->good;
	if (j->good) {
		known_add(v, t);
		guard_who_succeeded(v->guard, &j->who, clock_ticks());
	} else {
		/* never what was typed: it may be a password */
		log_warn("login_failed", "address", req_peer(r),
			t->called ? (t->account < 0 ? "employee" : "account") : NULL, t->called,
			NULL);
	}
	job_end(j);
	req_wake(r, NULL);
}

/* A wrong one counts also when its client did not wait for the answer. */
static void job_done(void *arg)
{
	struct job *j = arg;
	struct verify *v = j->verify;

	TAILQ_REMOVE(&v->running, j, link);
	v->nrunning--;
	if (!j->good && !v->closing)
		guard_who_failed(v->guard, &j->who, clock_ticks());
	if (j->req)
		job_answer(j);
	else
		job_end(j);
	if (!v->closing)
		verify_next(v);
	else if (v->nrunning == 0)
		arena_free(v->arena);
}

/* The client has gone. */
static bool job_cancelled(void *arg)
{
	struct job *j = arg;

	j->req = NULL;
	if (!j->running) {
		job_unlink(j);
		job_end(j);
	}
	return true;
}

/* --- the queue ------------------------------------------------------------------------------ */

static int verify_under_way(const struct verify *v, const struct guard_who *who)
{
	const struct job *j;
	int n = 0;

	TAILQ_FOREACH(j, &v->running, link)
	n += memcmp(j->who.address, who->address, sizeof(who->address)) == 0;
	return n;
}

/* What are being looked at may all fail: then it is for the guard to say whether there are more. */
static bool job_may_run(const struct job *j, int64_t now)
{
	const struct verify *v = j->verify;
	int under_way = verify_under_way(v, &j->who);

	return !j->delay_ms && !j->out &&
	       (under_way == 0 ||
		       guard_ask_who(v->guard, &j->who, under_way, now).refuse_seconds == 0);
}

static struct job *verify_first(struct verify *v, int64_t now)
{
	struct job *j, *first = NULL;

	TAILQ_FOREACH(j, &v->waiting, link)
	if (job_may_run(j, now) && (!first || guard_before(v->guard, &j->who, &first->who, now)))
		first = j;
	return first;
}

static struct job *verify_last(struct verify *v, int64_t now)
{
	struct job *j, *last = NULL;

	TAILQ_FOREACH(j, &v->waiting, link)
	if (!j->out && (!last || !guard_before(v->guard, &j->who, &last->who, now)))
		last = j;
	return last;
}

/* False: the threads are busy. Since it came the same password may have been found right, or too
 * many of its address wrong. */
static bool job_take(struct job *j, int64_t now)
{
	struct verify *v = j->verify;
	int refuse = guard_ask_who(v->guard, &j->who, 0, now).refuse_seconds;

	if (refuse || known_find(v, j->attempt)) {
		job_turn_away(j, !refuse, refuse);
		return true;
	}
	if (!offload_run(v->offload, job_work, job_done, j))
		return false;
	job_unlink(j);
	evtimer_del(j->timer);
	TAILQ_INSERT_TAIL(&v->running, j, link);
	v->nrunning++;
	j->running = true;
	return true;
}

/* Who is told may come again at once: the queue is looked at anew each time. */
static void verify_next(struct verify *v)
{
	static const struct timeval soon = { 0, 50000 };
	int64_t now = clock_ticks();
	struct job *j;

	while (v->nrunning < PARALLEL && (j = verify_first(v, now)))
		if (!job_take(j, now)) {
			evtimer_add(v->again, &soon);
			return;
		}
}

static void verify_again(evutil_socket_t fd, short what, void *arg)
{
	verify_next(arg);
}

static void job_wait(struct job *j, int ms)
{
	const struct timeval after = { ms / 1000, ms % 1000 * 1000 };

	if (evtimer_add(j->timer, &after) != 0)
		fatal("out of memory for a timer");
}

static void job_timer(evutil_socket_t fd, short what, void *arg)
{
	struct job *j = arg;

	if (!j->delay_ms || j->out) {
		job_turn_away(j, false, 0);
		return;
	}
	job_wait(j, WAIT_MS - j->delay_ms);
	j->delay_ms = 0;
	verify_next(j->verify);
}

static struct job *job_new(struct verify *v, struct req *r, struct verify_try *t)
{
	struct arena *a = arena_new();
	struct job *j = arena_alloc(a, sizeof(*j));

	j->arena = a;
	j->verify = v;
	j->req = r;
	j->attempt = t;
	j->password = arena_strdup(a, t->password);
	j->hash = t->hash ? arena_strdup(a, t->hash) : NULL;
	j->timer = evtimer_new(v->base, job_timer, j);
	if (!j->timer)
		fatal("out of memory for a timer");
	return j;
}

/* Makes room for it; false: it is itself the last. */
static bool verify_make_room(struct verify *v, const struct guard_who *who, int64_t now)
{
	if (v->nwaiting < WAITING_MAX)
		return true;
	struct job *last = verify_last(v, now);
	if (!last || !guard_before(v->guard, who, &last->who, now))
		return false;
	v->nwaiting--;
	guard_leave(v->guard, &last->who);
	last->out = true;
	job_wait(last, 0);
	return true;
}

void verify_of(struct verify_try *t, const struct known *k)
{
	t->account = !k ? 0 : k->staff ? -k->id : k->id;
	t->called = k ? k->name : NULL;
	t->hash = k ? k->password_hash : NULL;
}

/* An account has one score, whether it is called by its name or its e-mail. */
static struct guard_who try_who(const struct verify *v, struct req *r, const struct verify_try *t)
{
	struct arena *a = req_arena(r);
	const char *name = t->account ? arena_printf(a, "account %d", t->account)
				      : arena_printf(a, "name %s", t->name);

	return guard_who(v->guard, req_peer(r), name);
}

void verify_run(struct verify *v, struct req *r, struct verify_try *t, req_step *next)
{
	static const struct timeval at_once;
	int64_t now = clock_ticks();
	const struct guard_who who = try_who(v, r, t);
	struct guard_advice advice = guard_ask_who(v->guard, &who, 0, now);

	t->good = t->busy = false;
	t->retry_after = advice.refuse_seconds;
	/* the limit comes first: the memory must not tell quickly what it would not tell at all */
	if (!t->retry_after)
		t->good = known_find(v, t);
	if (!t->retry_after && !t->good) {
		guard_enter(v->guard, &who);
		t->busy = !verify_make_room(v, &who, now);
	}
	if (t->busy)
		guard_leave(v->guard, &who);
	if (t->good || t->busy || t->retry_after) {
		next(r, NULL);
		return;
	}
	struct job *j = job_new(v, r, t);
	j->who = who;
	j->delay_ms = advice.delay_ms;
	TAILQ_INSERT_TAIL(&v->waiting, j, link);
	v->nwaiting++;
	job_wait(j, j->delay_ms ? j->delay_ms : WAIT_MS);
	req_wait(r, next, job_cancelled, j);
	evtimer_add(v->again, &at_once); /* not from inside the request's step */
}

bool verify_refused(struct req *r, const struct verify_try *t)
{
	if (t->busy) {
		api_refused(r, 503, NULL, 0);
		return true;
	}
	if (!t->retry_after)
		return false;
	req_add_header(r, "Retry-After", log_num(t->retry_after));
	error_detail(r, 429, "Request was throttled. Expected available in %d second%s.",
		t->retry_after, t->retry_after == 1 ? "" : "s");
	return true;
}

void verify_free(struct verify *v)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&v->waiting))) {
		job_unlink(j);
		job_end(j);
	}
	event_free(v->again);
	v->closing = true;
	if (v->nrunning == 0)
		arena_free(v->arena);
}

const char *staff_guard_name(struct arena *a, const char *emp_code)
{
	return arena_printf(a, "staff %s", emp_code);
}
