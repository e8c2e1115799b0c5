/*
 * The load command: all terminals shake hands, then the clock starts, then each has one request
 * outstanding at a time (or one per period), then those under way are awaited and counted.
 */
#include "load.h"
#include "load_private.h"
#include "wallclock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SHAKE_WINDOW 256 /* more connections at once would overflow the server's backlog */
#define DRAIN_SECONDS 10

static struct timeval seconds_tv(double s)
{
	return (struct timeval){ (time_t)s, (suseconds_t)((s - (double)(time_t)s) * 1e6) };
}

static void load_end(struct load *l)
{
	struct timeval limit = { DRAIN_SECONDS, 0 };

	if (l->phase == DRAINING)
		return;
	if (l->phase != COUNTING)
		l->started = now_us();
	l->phase = DRAINING;
	evtimer_del(l->deadline);
	event_base_loopexit(l->base, &limit);
	load_check_end(l);
}

void load_check_end(struct load *l)
{
	bool asked = l->set->requests && l->issued >= (uint64_t)l->set->requests;

	if (l->phase == COUNTING && l->finished == l->terminals)
		load_end(l);
	if (l->phase == COUNTING && asked && l->main.requests >= l->issued)
		load_end(l);
	l->ended = now_us();
	if (l->phase == DRAINING && l->busy == 0)
		event_base_loopbreak(l->base);
}

static void counting_begin(struct load *l)
{
	l->phase = COUNTING;
	l->started = l->ended = now_us();
	l->cpu_before = cpu_seconds();
	memset(&l->main, 0, sizeof(l->main));
	memset(&l->heartbeats, 0, sizeof(l->heartbeats));
	l->missed = 0;
	if (l->set->seconds > 0) {
		struct timeval tv = seconds_tv(l->set->seconds);
		evtimer_add(l->deadline, &tv);
	}
	load_check_end(l); /* the warm-up may have done all there was to do */
}

static void deadline_reached(evutil_socket_t fd, short what, void *arg)
{
	struct load *l = arg;
	if (l->phase == WARMING)
		counting_begin(l);
	else
		load_end(l);
}

static void signal_came(evutil_socket_t fd, short what, void *arg)
{
	load_end(arg);
}

static void pacer_run(struct load *l, struct pacer *p, int64_t now)
{
	uint64_t due = (uint64_t)((double)(now - p->start) / 1e6 / p->period * p->count);

	for (; p->started < due; p->started++) {
		struct sender *s = &l->senders[p->first + p->started % p->count];
		l->missed += link_busy(s->link);
		sender_start(s);
	}
}

static void tick_came(evutil_socket_t fd, short what, void *arg)
{
	struct load *l = arg;
	int64_t now = now_us();

	if (l->phase != WARMING && l->phase != COUNTING)
		return;
	if (l->work.period > 0)
		pacer_run(l, &l->work, now);
	if (l->heart.count)
		pacer_run(l, &l->heart, now);
}

static void work_begin(struct load *l)
{
	struct timeval tick = { 0, 10000 };

	l->work.start = l->heart.start = now_us();
	if (l->set->warmup > 0) {
		struct timeval tv = seconds_tv(l->set->warmup);
		l->phase = WARMING;
		evtimer_add(l->deadline, &tv);
	} else {
		counting_begin(l);
	}
	if (l->work.period > 0 || l->heart.count)
		event_add(l->tick, &tick);
	if (l->work.period <= 0)
		for (uint32_t i = 0; i < l->terminals; i++)
			sender_start(&l->senders[i]);
}

static void shake_next(struct load *l)
{
	while (l->shaking < l->terminals + l->beats && l->shaking - l->shaken < SHAKE_WINDOW)
		sender_start(&l->senders[l->shaking++]);
}

void load_shaken(struct load *l)
{
	l->shaken++;
	if (l->shaken == l->terminals + l->beats)
		work_begin(l);
	else
		shake_next(l);
}

static enum mode mode_find(const char *name)
{
	static const char *const names[] = { "heartbeat", "ingest", "live", "storm", "idle" };

	for (size_t i = 0; name && i < LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum mode)i;
	die(2, "--mode wants heartbeat, ingest, live, storm or idle");
}

static void load_limits(struct load *l, struct settings *s)
{
	bool bounded = s->punches || s->requests || l->mode == STORM;

	if (s->lines <= 0)
		s->lines = l->mode == LIVE ? 1 : 100;
	if (l->mode == STORM && !s->punches)
		s->punches = 2000;
	if (s->seconds < 0)
		s->seconds = bounded ? 0 : 10;
	l->lines = (unsigned)s->lines;
	l->error_delay = s->error_delay < 0 ? 0.5 : s->error_delay;
	if (l->mode == IDLE_POLL)
		l->work.period = s->delay <= 0 ? 10 : s->delay;
	else if (l->mode == LIVE)
		l->work.period = s->punch_every;
	l->work.count = l->terminals;
	l->heart = (struct pacer){ l->terminals, l->beats, s->heartbeat_every };
	if (l->heart.period < 0.001)
		l->heart.period = 0.001;
}

static void load_prepare(struct load *l, struct settings *s)
{
	int64_t start;

	l->set = s;
	l->mode = mode_find(s->mode);
	l->terminals = (uint32_t)s->terminals;
	l->beats = (uint32_t)s->heartbeats;
	load_limits(l, s);
	if (!wallclock_parse(slice_text(s->start_time), &start))
		die(2, "--start-time wants 'YYYY-MM-DD HH:MM:SS'");
	l->gen = (struct punchgen){ .terminals = l->terminals,
		.people = s->people > 0 ? (uint64_t)s->people : 10000,
		.pin_base = (uint64_t)s->pin_base,
		.seed = (uint64_t)s->seed,
		.start = start,
		.step = (uint64_t)s->step,
		.duplicate = (unsigned)s->duplicate };
	if (s->acked_file && !(l->acked = fopen(s->acked_file, "a")))
		die(1, "cannot write '%s'; check --acked-file", s->acked_file);
	l->net = net_new(l->base, s->server, s->timeout);
	if (s->close || l->terminals + l->beats > 20000)
		net_spread_sources(l->net);
}

static void load_loop(struct load *l)
{
	struct event *term = evsignal_new(l->base, SIGTERM, signal_came, l);
	struct event *intr = evsignal_new(l->base, SIGINT, signal_came, l);

	event_add(term, NULL);
	event_add(intr, NULL);
	l->deadline = evtimer_new(l->base, deadline_reached, l);
	l->tick = event_new(l->base, -1, EV_PERSIST, tick_came, l);
	if (l->set->no_handshake) {
		for (uint32_t i = 0; i < l->terminals + l->beats; i++)
			l->senders[i].shaken = true;
		work_begin(l);
	} else {
		shake_next(l);
	}
	event_base_dispatch(l->base);
	event_free(l->deadline);
	event_free(l->tick);
	event_free(term);
	event_free(intr);
}

int load_run(const struct settings *wanted)
{
	struct load *l = xalloc(sizeof(*l));
	struct settings s = *wanted;

	l->base = event_base_new();
	load_prepare(l, &s);
	uint32_t all = l->terminals + l->beats;
	l->senders = xalloc(all * sizeof(*l->senders));
	for (uint32_t i = 0; i < all; i++)
		sender_init(&l->senders[i], l, i, s.sn_prefix);
	load_loop(l);
	bool complete = l->busy == 0 && (!s.punches || l->finished == l->terminals);
	load_report(l, complete || (s.seconds > 0 && l->mode != STORM));
	if (l->acked && fclose(l->acked) != 0)
		die(1, "cannot write '%s'; is the disk full?", s.acked_file);
	for (uint32_t i = 0; i < all; i++)
		sender_close(&l->senders[i]);
	free(l->senders);
	buf_free(&l->request);
	buf_free(&l->body);
	net_free(l->net);
	event_base_free(l->base);
	free(l);
	return complete || (s.seconds > 0 && s.mode[0] != 's') ? 0 : 1;
}
