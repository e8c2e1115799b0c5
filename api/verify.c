/* The queue before Argon2id. */
#include "verify.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "clock.h"
#include "errors.h"
#include "fatal.h"
#include "guard.h"
#include "log.h"
#include "offload.h"
#include "password.h"
#include "seal.h"

enum { PARALLEL = 2, WAITING_MAX = 64, DELAYED_MAX = 256, KNOWN_SETS = 128, KNOWN_WAYS = 4 };

struct job {
	struct arena *arena; /* its own: it may outlive the request */
	struct verify *verify;
	struct req *req; /* NULL: gone */
	struct verify_try *attempt;
	char *password, *hash;
	struct event *timer; /* NULL: not delayed */
	bool queued, running;
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
	struct jobs waiting, delayed;
	int nwaiting, ndelayed, nrunning;
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
	TAILQ_INIT(&v->delayed);
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
	if (j->timer)
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

static void job_answer(struct job *j)
{
	struct verify *v = j->verify;
	struct req *r = j->req;
	struct verify_try *t = j->attempt;

	t->good = j->good;
	if (j->good) {
		known_add(v, t);
		guard_succeeded(v->guard, req_peer(r), t->name, clock_ticks());
	} else {
		guard_failed(v->guard, req_peer(r), t->name, clock_ticks());
		log_warn("login_failed", "address", req_peer(r), NULL);
	}
	job_end(j);
	req_wake(r, NULL);
}

static void job_done(void *arg)
{
	struct job *j = arg;
	struct verify *v = j->verify;

	v->nrunning--;
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
	struct verify *v = j->verify;

	j->req = NULL;
	if (j->running)
		return true;
	if (j->queued) {
		TAILQ_REMOVE(&v->waiting, j, link);
		v->nwaiting--;
	} else {
		TAILQ_REMOVE(&v->delayed, j, link);
		v->ndelayed--;
	}
	job_end(j);
	return true;
}

static void verify_next(struct verify *v)
{
	static const struct timeval soon = { 0, 50000 };
	struct job *j;

	while (v->nrunning < PARALLEL && (j = TAILQ_FIRST(&v->waiting))) {
		if (!offload_run(v->offload, job_work, job_done, j)) {
			evtimer_add(v->again, &soon);
			return;
		}
		TAILQ_REMOVE(&v->waiting, j, link);
		v->nwaiting--;
		v->nrunning++;
		j->running = true;
	}
}

static void verify_again(evutil_socket_t fd, short what, void *arg)
{
	verify_next(arg);
}

static void job_enqueue(struct job *j)
{
	struct verify *v = j->verify;

	j->queued = true;
	TAILQ_INSERT_TAIL(&v->waiting, j, link);
	v->nwaiting++;
	verify_next(v);
}

static void job_delayed(evutil_socket_t fd, short what, void *arg)
{
	struct job *j = arg;

	TAILQ_REMOVE(&j->verify->delayed, j, link);
	j->verify->ndelayed--;
	job_enqueue(j);
}

static void job_delay(struct job *j, int ms)
{
	struct timeval after = { ms / 1000, ms % 1000 * 1000 };

	j->timer = evtimer_new(j->verify->base, job_delayed, j);
	if (!j->timer || evtimer_add(j->timer, &after) != 0)
		fatal("out of memory for a timer");
	TAILQ_INSERT_TAIL(&j->verify->delayed, j, link);
	j->verify->ndelayed++;
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
	return j;
}

void verify_run(struct verify *v, struct req *r, struct verify_try *t, req_step *next)
{
	struct guard_advice advice = guard_ask(v->guard, req_peer(r), t->name, clock_ticks());

	t->good = t->busy = false;
	t->retry_after = advice.refuse_seconds;
	/* the limit comes first: the memory must not tell quickly what it would not tell at all */
	if (!t->retry_after) {
		t->good = known_find(v, t);
		t->busy = !t->good && (advice.delay_ms ? v->ndelayed >= DELAYED_MAX
						       : v->nwaiting >= WAITING_MAX);
	}
	if (t->good || t->busy || t->retry_after) {
		next(r, NULL);
		return;
	}
	struct job *j = job_new(v, r, t);
	req_wait(r, next, job_cancelled, j);
	if (advice.delay_ms)
		job_delay(j, advice.delay_ms);
	else
		job_enqueue(j);
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

	while ((j = TAILQ_FIRST(&v->delayed))) {
		TAILQ_REMOVE(&v->delayed, j, link);
		job_end(j);
	}
	while ((j = TAILQ_FIRST(&v->waiting))) {
		TAILQ_REMOVE(&v->waiting, j, link);
		job_end(j);
	}
	event_free(v->again);
	v->closing = true;
	if (v->nrunning == 0)
		arena_free(v->arena);
}
