/*
 * The life of a terminal: what it sends next, and what an answer changes. One request at a time;
 * terminal_next() is the only place that decides, job_answered() the only one that learns.
 */
#include "encoding.h"
#include "terminal_private.h"
#include "wallclock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t terminal_wall(const struct terminal *t)
{
	return now_us() / 1000000 + t->clock_offset + t->set->clock_error;
}

static void timer_arm(struct event *e, double seconds)
{
	struct timeval tv = { (time_t)seconds,
		(suseconds_t)((seconds - (double)(time_t)seconds) * 1e6) };
	evtimer_add(e, &tv);
}

static void job_free(struct job *j)
{
	if (!j)
		return;
	free(j->target);
	buf_free(&j->body);
	free(j);
}

static struct job *job_make(enum job_kind kind, bool post, char *target)
{
	struct job *j = xalloc(sizeof(*j));
	j->kind = kind;
	j->post = post;
	j->target = target;
	return j;
}

struct job *terminal_queue(struct terminal *t, enum job_kind kind, bool post, char *target)
{
	struct job *j = job_make(kind, post, target);
	TAILQ_INSERT_TAIL(&t->jobs, j, next);
	return j;
}

/* The body as the firmware writes it. */
static void job_body(const struct terminal *t, const struct job *j, struct buf *out)
{
	struct slice body = { j->body.data ? j->body.data : "", j->body.len };

	if (t->set->encoding && (j->kind == J_UPLOAD || j->kind == J_PUNCHES))
		encoding_convert(out, t->set->encoding, "UTF-8", body);
	else
		buf_slice(out, body);
}

static void job_send(struct terminal *t, struct job *j)
{
	struct buf out = { 0 }, body = { 0 };

	job_body(t, j, &body);

	buf_printf(&out, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: iClock Proxy/1.09\r\n",
		j->post ? "POST" : "GET", j->target, net_host(t->net));
	buf_printf(&out, "Connection: %s\r\nAccept: */*\r\n",
		t->set->keepalive ? "keep-alive" : "close");
	if (j->post)
		buf_printf(&out, "Content-Type: text/plain\r\nContent-Length: %zu\r\n", body.len);
	buf_text(&out, "\r\n");
	buf_add(&out, body.data, body.len);
	buf_free(&body);
	if (t->resend)
		t->counts.resends++;
	t->resend = false;
	t->current = j;
	link_send(t->link, out.data, out.len);
	buf_free(&out);
}

static void clock_take(struct terminal *t, const struct reply *r)
{
	int64_t utc;
	if (r->date.n && wallclock_parse_http(r->date, &utc))
		t->clock_offset = utc + t->block.zone - now_us() / 1000000;
}

static bool answer_is_ok(const struct reply *r)
{
	return r->body.n >= 2 && memcmp(r->body.p, "OK", 2) == 0;
}

/* Tables whose answer counts lines. */
static bool job_has_lines(const struct job *j)
{
	return j->kind == J_PUNCHES || strstr(j->target, "table=OPERLOG") ||
	       strstr(j->target, "OpStamp=") || strstr(j->target, "table=BIODATA");
}

static bool upload_accepted(const struct terminal *t, const struct job *j, const struct reply *r)
{
	bool bare = r->body.n == 2;
	return answer_is_ok(r) && !(bare && t->set->loop_on_bare_ok && job_has_lines(j));
}

/* Some of the answers never arrive. */
static bool answer_is_lost(struct terminal *t, const struct job *j)
{
	bool upload = j->kind == J_PUNCHES || j->kind == J_UPLOAD;

	if (upload && t->lose) {
		t->lose--;
		return true;
	}
	if (!t->set->lose_answers || (!upload && j->kind != J_RESULT))
		return false;
	t->dice = t->dice * 6364136223846793005u + 1442695040888963407u;
	return (long)((t->dice >> 33) % 100) < t->set->lose_answers;
}

static bool handshake_answered(struct terminal *t, const struct reply *r)
{
	if (!block_parse(r->body, t->sn, t->profile->old, &t->block))
		return false;
	buf_clear(&t->option_block);
	buf_slice(&t->option_block, r->body);
	clock_take(t, r);
	t->counts.handshakes++;
	t->shaken = t->info_due = true;
	t->lost = t->shake_due = false;
	if (t->block.again_attlog) {
		t->punch_sent = 0;
		for (size_t i = 0; i < t->punch_count; i++)
			t->punches[i].forgotten = false; /* everything, now */
	}
	upload_everybody(t, t->block.again_operlog, t->block.again_biodata);
	upload_options(t);
	if (!t->set->manual)
		t->poll_due = true;
	return true;
}

static bool poll_answered(struct terminal *t, const struct reply *r)
{
	t->counts.polls++;
	t->info_due = false;
	clock_take(t, r);
	if (answer_is_ok(r))
		return true;
	if (r->body.n > 2 && memcmp(r->body.p, "C:", 2) == 0) {
		execute_reply(t, r->body);
		return true;
	}
	t->shake_due = !t->set->manual; /* UNKNOWN DEVICE and the like: it starts anew */
	return false;
}

static void result_answered(struct terminal *t)
{
	t->info_due = true;
	if (t->reboot) {
		t->reboot = t->shaken = false;
		t->counts.reboots++;
		t->shake_due = t->waiting = true;
		link_cut(t->link);
		timer_arm(&t->wait_timer, t->set->boot_time);
	} else if (t->recheck) {
		t->shake_due = true;
	}
	t->recheck = false;
	if (!t->set->manual)
		t->poll_due = true; /* at once: the server sends the next batch now */
}

/* True when the answer was what the request needed, so that it is not sent again. */
static bool job_accepted(struct terminal *t, struct job *j, const struct reply *r)
{
	if (j->kind == J_FETCH) {
		execute_fetched(t, r);
		return true;
	}
	if (!r || r->status != 200)
		return false;
	switch (j->kind) {
	case J_HANDSHAKE:
		return handshake_answered(t, r);
	case J_POLL:
		return poll_answered(t, r);
	case J_RESULT:
		result_answered(t);
		return true;
	case J_ASK:
		execute_told(t, r->body);
		return true;
	case J_PUNCHES:
		if (!upload_accepted(t, j, r))
			return false;
		t->punch_sent = t->punch_sent + j->lines < t->punch_count ? t->punch_sent + j->lines
									  : t->punch_count;
		t->counts.lines_acked += j->written;
		t->counts.uploads++;
		return true;
	case J_UPLOAD:
		t->counts.uploads += upload_accepted(t, j, r);
		return upload_accepted(t, j, r);
	default:
		return true;
	}
}

/* A request that will be made anew when it is due need not be kept. */
static bool job_kept(const struct terminal *t, const struct job *j)
{
	return !j->once && (j->kind == J_UPLOAD || j->kind == J_RESULT);
}

static void job_failed(struct terminal *t, struct job *j, const struct reply *r)
{
	double wait = t->set->error_delay >= 0 ? t->set->error_delay : (double)t->block.error_delay;

	bool shaking = j->kind == J_HANDSHAKE;

	t->counts.failures++;
	t->resend = j->post;
	if (job_kept(t, j))
		TAILQ_INSERT_HEAD(&t->jobs, j, next);
	else
		job_free(j);
	if (t->set->manual) { /* whoever drives it decides what comes next */
		t->lost = t->shake_due = false;
		return;
	}
	if (!r || shaking)
		t->lost = true; /* after a loss of the network it shakes hands first */
	t->waiting = true;
	timer_arm(&t->wait_timer, wait);
}

static void job_answered(void *arg, const struct reply *r)
{
	struct terminal *t = arg;
	struct job *j = t->current;
	struct buf name = { 0 };
	const char *error = r ? "" : link_error(t->link);

	t->current = NULL;
	if (r && answer_is_lost(t, j)) {
		r = NULL;
		error = "the reply was lost";
	}
	buf_printf(&name, "%s %s", j->post ? "POST" : "GET", j->target);
	if (t->exchanged)
		t->exchanged(t->watcher, t, name.data,
			(struct slice){ j->body.data ? j->body.data : "", j->body.len }, r, error);
	buf_free(&name);
	bool fine = job_accepted(t, j, r);
	if (fine)
		job_free(j);
	else
		job_failed(t, j, r);
	if (!fine && t->settled)
		t->settled(t->watcher, t);
	if (fine || !t->set->manual)
		terminal_next(t);
}

static struct job *job_choose(struct terminal *t)
{
	struct job *j;

	if (t->lost || (!t->shaken && t->shake_due))
		return job_make(J_HANDSHAKE, false, target_make(t, "cdata"));
	for (;;) {
		if ((j = TAILQ_FIRST(&t->jobs))) {
			TAILQ_REMOVE(&t->jobs, j, next);
			return j;
		}
		if (!execute_next(t))
			break;
	}
	if (t->results.len) {
		j = job_make(J_RESULT, true, target_make(t, "devicecmd"));
		j->body = t->results;
		t->results = (struct buf){ 0 };
		return j;
	}
	if (t->shake_due)
		return job_make(J_HANDSHAKE, false, target_make(t, "cdata"));
	bool may = t->shaken && (t->block.trans & TF_ATTLOG) && (t->block.realtime || t->flush);
	if (may && (j = upload_punches(t)))
		return j;
	t->flush = false;
	if (!t->poll_due)
		return NULL;
	t->poll_due = false;
	return job_make(J_POLL, false, target_poll(t));
}

static void handshake_target(struct terminal *t, struct job *j)
{
	char *target = target_handshake(t, j->target);

	free(j->target);
	j->target = target;
	j->once = true;
	t->shake_due = false;
}

void terminal_next(struct terminal *t)
{
	if (!t->online || t->waiting || t->current)
		return;
	struct job *j = job_choose(t);
	if (j) {
		if (j->kind == J_HANDSHAKE)
			handshake_target(t, j);
		job_send(t, j);
		return;
	}
	if (t->reboot)
		result_answered(t); /* it goes down without a word */
	if (!t->set->manual && t->shaken && !t->waiting && !evtimer_pending(&t->poll_timer, NULL))
		timer_arm(&t->poll_timer,
			t->set->delay >= 0 ? t->set->delay : (double)t->block.delay);
	if (t->settled)
		t->settled(t->watcher, t);
}

static void poll_came(evutil_socket_t fd, short what, void *arg)
{
	struct terminal *t = arg;
	t->poll_due = t->shaken;
	terminal_next(t);
}

static void wait_over(evutil_socket_t fd, short what, void *arg)
{
	struct terminal *t = arg;
	t->waiting = false;
	t->shake_due |= !t->shaken && !t->lost && t->online;
	terminal_next(t);
}

struct terminal *terminal_new(struct event_base *base, struct net *net, const struct settings *s,
	const struct profile *p, const char *sn, unsigned index)
{
	struct terminal *t = xalloc(sizeof(*t));

	t->base = base;
	t->net = net;
	t->set = s;
	t->profile = p;
	t->index = index;
	t->online = true;
	t->dice = index + 1;
	snprintf(t->sn, sizeof(t->sn), "%s", sn);
	t->block =
		(struct block){ .delay = 10, .error_delay = 30, .realtime = true, .trans = TF_ALL };
	t->clock_offset = (int64_t)time(NULL) - now_us() / 1000000;
	people_init(&t->people);
	TAILQ_INIT(&t->jobs);
	TAILQ_INIT(&t->received);
	t->link = link_new(net, s->keepalive, job_answered, t);
	evtimer_assign(&t->poll_timer, base, poll_came, t);
	evtimer_assign(&t->wait_timer, base, wait_over, t);
	return t;
}

void terminal_move(struct terminal *t)
{
	link_move(t->link);
}

void terminal_power_on(struct terminal *t, double after_seconds)
{
	t->waiting = true;
	timer_arm(&t->wait_timer, after_seconds);
}

void punches_clear(struct terminal *t)
{
	for (size_t i = 0; i < t->punch_count; i++)
		free(t->punches[i].line);
	t->punch_count = t->punch_sent = 0;
}

void terminal_free(struct terminal *t)
{
	struct job *j;
	struct received *c;

	event_del(&t->poll_timer);
	event_del(&t->wait_timer);
	link_free(t->link);
	job_free(t->current);
	while ((j = TAILQ_FIRST(&t->jobs))) {
		TAILQ_REMOVE(&t->jobs, j, next);
		job_free(j);
	}
	while ((c = TAILQ_FIRST(&t->received))) {
		TAILQ_REMOVE(&t->received, c, next);
		free(c->line);
		free(c);
	}
	for (size_t i = 0; i < t->executed_count; i++) {
		free(t->executed[i].id);
		free(t->executed[i].text);
	}
	punches_clear(t);
	people_clear(&t->people);
	buf_free(&t->results);
	buf_free(&t->settings);
	buf_free(&t->option_block);
	buf_free(&t->photos);
	free(t->executed);
	free(t->punches);
	free(t->fetching);
	free(t);
}

void terminal_watch(
	struct terminal *t, terminal_exchanged *exchanged, terminal_settled *settled, void *arg)
{
	t->exchanged = exchanged;
	t->settled = settled;
	t->watcher = arg;
}

const char *terminal_sn(const struct terminal *t)
{
	return t->sn;
}

bool terminal_is_online(const struct terminal *t)
{
	return t->online;
}

bool terminal_is_settled(const struct terminal *t)
{
	return !t->current && !t->waiting && TAILQ_EMPTY(&t->jobs) && TAILQ_EMPTY(&t->received) &&
	       !t->results.len && !t->shake_due && !t->lost && !t->poll_due;
}

uint64_t terminal_executed(const struct terminal *t)
{
	return t->executed_count;
}
