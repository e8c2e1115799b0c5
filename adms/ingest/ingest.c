/*
 * The queue of jobs, the writes in flight, and what the end of a write means.
 *
 * Two writes may be in flight: the second waits for the first in the database (punch_lock) while
 * its parameters are already decoded there, so that the database never idles between writes. The
 * second starts only when enough is waiting; else small uploads would be split over two commits.
 *
 * A terminal sends its next upload when it hears of the last one. So the uploads under way go round
 * in two halves: while the database writes one, the other is answered and comes back. A write
 * therefore waits a moment until half of them are there; without that the first to come would be
 * written alone, and all others wait for that commit.
 */
#include "ingest.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "clock.h"
#include "fatal.h"
#include "log.h"
#include "map.h"
#include "means.h"
#include "offload.h"
#include "outage.h"
#include "verdict.h"

#define IN_FLIGHT 2
#define SECOND_WRITE_BYTES 8192 /* waiting uploads that are worth a second write */
#define ENOUGH_BYTES 131072 /* about a full write: nobody else is waited for */
#define MOMENT_MIN_US 1000 /* as fine as the loop's timers are */
#define MOMENT_MAX_US 5000
#define DEADLINE_MS 25000 /* of a job's write: terminals give up after 10 to 60 s */
#define QUEUE_MS 20000 /* of that in the queue */
#define WRITE_MIN_MS 5000 /* what is left for a write, also of a part of one that failed */
#define MIB_MS 1500 /* more, of a very long line */
#define MAX_PINS 2000000 /* remembered PINs; beyond, the memory starts afresh */

struct ingest {
	struct adms *adms;
	struct map *pins; /* PIN -> pin.id, for ever valid */
	struct ingest_job *first, *last;
	size_t waiting; /* bytes of jobs in the queue */
	int jobs; /* in the queue */
	int round; /* jobs that were under way when the last write ended */
	struct event *gathering; /* pending: they are worth waiting for */
	struct event *patience; /* each second: whose time is up */
	struct outage away;
	struct batch *again; /* halves of a failed write */
	int in_flight;
	bool pumping;
	bool closed; /* the jobs are gone */
};

static void ingest_pump(struct ingest *);

static void gathering_ended(evutil_socket_t fd, short what, void *arg)
{
	ingest_pump(arg);
}

static void jobs_expire(evutil_socket_t, short, void *);

struct ingest *ingest_new(struct adms *adms)
{
	static const struct timeval second = { 1, 0 };
	struct ingest *in = xcalloc(1, sizeof(*in));
	in->adms = adms;
	in->pins = map_new();
	in->gathering = evtimer_new(adms->o.base, gathering_ended, in);
	in->patience = event_new(adms->o.base, -1, EV_PERSIST, jobs_expire, in);
	if (!in->gathering || !in->patience || event_add(in->patience, &second) != 0)
		fatal("evtimer_new");
	return in;
}

void ingest_close(struct ingest *in)
{
	in->closed = true;
}

void ingest_free(struct ingest *in)
{
	while (in->again) {
		struct batch *b = in->again;
		in->again = b->next;
		batch_free(b);
	}
	event_free(in->gathering);
	event_free(in->patience);
	map_free(in->pins);
	free(in);
}

bool ingest_idle(const struct ingest *in)
{
	return !in->first && !in->again && in->in_flight == 0;
}

struct adms *ingest_adms(const struct ingest *in)
{
	return in->adms;
}

/* ---- the queue ---- */

void ingest_add(struct ingest *in, struct ingest_job *job)
{
	job->lines = record_lines(job->body, job->len);
	job->since = clock_ticks();
	job->next = NULL;
	if (in->last)
		in->last->next = job;
	else
		in->first = job;
	in->last = job;
	in->waiting += job->len;
	in->jobs++;
	ingest_pump(in);
}

static void ingest_unlink(struct ingest *in, struct ingest_job *job)
{
	struct ingest_job **at = &in->first, *before = NULL;
	for (; *at && *at != job; at = &(*at)->next)
		before = *at;
	if (!*at)
		return;
	*at = job->next;
	if (in->last == job)
		in->last = before;
	in->waiting -= job->len;
	in->jobs--;
}

bool ingest_cancel(struct ingest *in, struct ingest_job *job)
{
	if (job->taken)
		return false;
	ingest_unlink(in, job);
	return true;
}

/* ---- the end of rows ---- */

static void job_check(struct ingest_job *job)
{
	if (job->read && job->open == 0)
		job->done(job->arg, !job->failed);
}

/* The one that waits longest; the first may be half read, which is no waiting. */
static struct ingest_job *ingest_oldest(const struct ingest *in)
{
	return in->first && in->first->taken ? in->first->next : in->first;
}

/* done() may add another. */
static void jobs_expire(evutil_socket_t fd, short what, void *arg)
{
	struct ingest *in = arg;
	struct ingest_job *job;
	int64_t now = clock_ticks();
	while (!in->closed && (job = ingest_oldest(in)) && now - job->since >= QUEUE_MS) {
		outage_failed(&in->away, now, "punches_not_stored", "57014",
			"no answer from the database in time");
		ingest_unlink(in, job);
		job->read = job->failed = true;
		job_check(job);
	}
}

static void ingest_gathering(struct ingest *in, const struct batch *ended)
{
	int64_t us = (clock_now() - ended->started) / 4;
	us = us < MOMENT_MIN_US ? MOMENT_MIN_US : us > MOMENT_MAX_US ? MOMENT_MAX_US : us;
	struct timeval moment = { 0, (suseconds_t)us };
	in->round = in->jobs + ended->jobs;
	evtimer_add(in->gathering, &moment);
}

static bool ingest_gathers(const struct ingest *in)
{
	return in->jobs * 2 < in->round && in->waiting < ENOUGH_BYTES &&
	       evtimer_pending(in->gathering, NULL);
}

/* What became of a line that is committed. */
static void line_count(struct batch *b, const struct batch_line *l)
{
	l->job->received++;
	l->job->rejected += l->reason != NULL;
	l->job->stored += batch_stored(b, l);
	b->ingest->adms->stats.rejects += l->reason != NULL;
}

/* The next write starts before the jobs of this one are told. */
static void batch_end(struct batch *b, bool durable)
{
	struct ingest *in = b->ingest;
	ingest_gathering(in, b);
	ingest_pump(in);
	in->pumping = true; /* done() may start the connection's next upload, which may add a job */
	for (int i = 0; i < b->n; i++) {
		struct ingest_job *job = b->lines[i].job;
		job->failed |= !durable;
		job->stamped |= b->lines[i].last && durable;
		job->open--;
		if (durable)
			line_count(b, &b->lines[i]);
		/* the last row of a job in this write */
		if (i + 1 == b->n || b->lines[i + 1].job != job)
			job_check(job);
	}
	in->pumping = false;
	batch_free(b);
}

/* ---- failures ---- */

static void ingest_again(struct ingest *in, struct batch *b)
{
	b->next = in->again;
	in->again = b;
}

static void batch_failed(struct batch *b, const struct db_error *e)
{
	struct ingest *in = b->ingest;
	enum verdict verdict = verdict_of(e);
	if (verdict == VERDICT_HALVE && b->n == 1 && b->lines[0].reason)
		verdict = VERDICT_FAIL; /* even its bytes are refused: a fault of ours */
	if (verdict == VERDICT_FAIL) {
		outage_failed(&in->away, clock_ticks(), "punches_not_stored", e->state, e->message);
		for (int i = 0; i < b->n; i++)
			b->lines[i].job->refused |= !db_error_away(e);
		batch_end(b, false);
		return;
	}
	if (verdict == VERDICT_AGAIN || b->n == 1) {
		if (verdict == VERDICT_HALVE) {
			log_warn("punch_refused", "sn", b->lines[0].job->terminal->sn, "state",
				e->state, "reason", e->message, NULL);
			b->lines[0].reason = "refused by the database";
		}
		ingest_again(in, batch_part(b, 0, b->n));
	} else {
		ingest_again(in, batch_part(b, b->n / 2, b->n));
		ingest_again(in, batch_part(b, 0, b->n / 2));
	}
	batch_free(b);
}

/* ---- writes ---- */

static void work_seal(void *batch)
{
	batch_seal(batch);
}

static void punches_stored(void *arg, struct rows *rows, const struct db_error *error)
{
	struct batch *b = arg;
	struct ingest *in = b->ingest;
	in->in_flight--;
	if (in->closed) {
		batch_free(b);
	} else if (error) {
		batch_failed(b, error);
	} else {
		outage_passed(&in->away, clock_ticks());
		in->adms->stats.punches_stored += (uint64_t)batch_read(b, rows);
		batch_end(b, true);
	}
	rows_free(rows);
	ingest_pump(in);
}

static int64_t batch_patience(const struct batch *b)
{
	int64_t oldest = b->lines[0].job->since;
	for (int i = 1; i < b->n; i++)
		if (b->lines[i].job->since < oldest)
			oldest = b->lines[i].job->since;
	int64_t left = oldest + DEADLINE_MS - clock_ticks();
	int64_t more = (int64_t)(b->kept_bytes >> 20) * MIB_MS;
	return (left > WRITE_MIN_MS ? left : WRITE_MIN_MS) + more;
}

static void batch_sealed(void *arg)
{
	struct batch *b = arg;
	batch_encode(b, b->ingest->pins);
	db_query(b->ingest->adms->ingest_db, &(struct db_query){ .statements = b->statements,
						     .nstatements = b->nstatements,
						     .binary = true,
						     .durable = true,
						     .deadline_ms = batch_patience(b),
						     .done = punches_stored,
						     .arg = b });
}

static void batch_send(struct batch *b)
{
	if (batch_is_heavy(b) && offload_run(b->ingest->adms->sealing, work_seal, batch_sealed, b))
		return;
	batch_seal(b);
	batch_sealed(b);
}

static void pins_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct batch *b = arg;
	struct ingest *in = b->ingest;
	if (error || in->closed) {
		punches_stored(b, rows, error);
		return;
	}
	if (map_count(in->pins) > MAX_PINS) {
		map_free(in->pins);
		in->pins = map_new();
	}
	for (int i = 0; i < rows_count(rows); i++)
		map_put(in->pins, rows_text(rows, i, 0), rows_len(rows, i, 0),
			(uintptr_t)rows_int(rows, i, 1));
	rows_free(rows);
	const char **codes;
	if (batch_unknown_pins(b, in->pins, &codes) > 0) { /* the memory was just emptied */
		in->in_flight--;
		ingest_again(in, batch_part(b, 0, b->n));
		batch_free(b);
		ingest_pump(in);
		return;
	}
	batch_send(b);
}

static void batch_start(struct batch *b)
{
	struct ingest *in = b->ingest;
	const char **codes;
	int unknown = batch_unknown_pins(b, in->pins, &codes);
	b->started = clock_now();
	in->in_flight++;
	if (unknown == 0) {
		batch_send(b);
		return;
	}
	struct db_arg *args = arena_alloc(b->arena, sizeof(*args));
	args[0] = db_text_array(b->arena, codes, unknown);
	b->statements[0] = (struct db_statement){ .args = args,
		.nargs = 1,
		.sql = "select c, i from unnest($1::text[], pin_ids($1)) as p (c, i)" };
	db_query(in->adms->ingest_db, &(struct db_query){ .statements = b->statements,
					      .nstatements = 1,
					      .binary = true,
					      .durable = true,
					      .deadline_ms = batch_patience(b),
					      .done = pins_found,
					      .arg = b });
}

/* Whether all lines of this job that are not durable yet are in this write: its stamp says that
 * they are stored, so it may not be durable before any of them. */
static bool batch_ends(const struct batch *b, const struct ingest_job *job)
{
	return job->open > 0 && job->open <= b->n && !job->failed &&
	       b->lines[b->n - job->open].job == job;
}

/* As many waiting lines as one write takes. */
static struct batch *ingest_gather(struct ingest *in)
{
	struct batch *b = batch_new(in, BATCH_ROWS);
	struct span line;
	while (in->first && b->n < BATCH_ROWS && b->bytes < BATCH_BYTES) {
		struct ingest_job *job = in->first;
		if (job->taken && b->n == 0)
			job->since = clock_ticks(); /* a long one, which goes on */
		job->taken = true;
		if (record_next_line(&job->lines, &line)) {
			job->open++;
			in->adms->stats.punches_received++;
			batch_add(b, job, line);
			continue;
		}
		job->read = true;
		ingest_unlink(in, job);
		if (batch_ends(b, job))
			b->lines[b->n - 1].last = true;
		if (job->open == 0)
			job_check(job); /* nothing but blank lines */
	}
	if (b->n > 0)
		return b;
	batch_free(b);
	return NULL;
}

static bool ingest_may_write(const struct ingest *in)
{
	if (in->in_flight == 0 && in->again)
		return true;
	if (ingest_gathers(in))
		return false;
	if (in->in_flight == 0)
		return in->first;
	return in->in_flight < IN_FLIGHT && !in->again && in->waiting >= SECOND_WRITE_BYTES;
}

static void ingest_pump(struct ingest *in)
{
	if (in->pumping || in->closed)
		return;
	in->pumping = true;
	while (ingest_may_write(in)) {
		struct batch *b = in->again;
		if (b)
			in->again = b->next;
		else
			b = ingest_gather(in);
		if (!b)
			break;
		batch_start(b);
	}
	in->pumping = false;
	in->adms->stats.ingest_waiting = in->waiting;
}
