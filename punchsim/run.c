/* The run command: makes the terminals, gives them people and punches, and listens to orders. */
#include "run.h"
#include "control.h"
#include "names.h"
#include "terminal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TICK_US 100000

struct life { /* what happens to one terminal without anybody's order */
	long enrolled;
	int64_t next_enrol, next_punch;
};

struct run {
	const struct settings *set;
	struct event_base *base;
	struct net *net;
	struct terminal **terminals;
	struct life *lives;
	size_t count;
	struct control *control;
	uint64_t random;
	FILE *events;
};

static uint64_t random_next(struct run *r)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return r->random;
}

static void event_print(struct run *r, struct terminal *t, const char *request, struct slice sent,
	const struct reply *rep, const char *error)
{
	char clock[16];
	time_t now = time(NULL);
	struct tm tm;
	size_t n = 0;

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
	fprintf(r->events, "%s %s %s", clock, terminal_sn(t), request);
	if (sent.n)
		fprintf(r->events, " (%zu bytes)", sent.n);
	if (!rep) {
		fprintf(r->events, " -> %s\n", error);
		return;
	}
	while (n < rep->body.n && n < 70 && rep->body.p[n] != '\n')
		n++;
	fprintf(r->events, " -> %d ", rep->status);
	for (size_t i = 0; i < n; i++)
		fputc((unsigned char)rep->body.p[i] < ' ' ? ' ' : rep->body.p[i], r->events);
	fputs(n < rep->body.n ? " ...\n" : "\n", r->events);
}

static void run_exchanged(void *arg, struct terminal *t, const char *request, struct slice sent,
	const struct reply *rep, const char *error)
{
	struct run *r = arg;
	if (r->set->verbose)
		event_print(r, t, request, sent, rep, error);
	control_exchanged(r->control, t, request, sent, rep, error);
}

static void run_settled(void *arg, struct terminal *t)
{
	struct run *r = arg;
	control_settled(r->control, t);
}

static void person_enrol(struct run *r, size_t i)
{
	long nth = (long)i * r->set->people + r->lives[i].enrolled++;
	char pin[24], name[32], fields[64];

	snprintf(pin, sizeof(pin), "%ld", r->set->pin_base + nth);
	name_make((unsigned)(nth + r->set->seed * 97), name);
	snprintf(fields, sizeof(fields), "Name=%s\tPri=0", name);
	terminal_do_enrol(r->terminals[i], slice_text(pin), slice_text(fields));
	terminal_do_enrol_fp(r->terminals[i], slice_text(pin), 6);
}

static void life_go_on(struct run *r, size_t i, int64_t now)
{
	struct life *l = &r->lives[i];
	double every = r->set->punch_every;

	if (l->enrolled < r->set->people && now >= l->next_enrol) {
		person_enrol(r, i);
		l->next_enrol = now + (int64_t)(r->set->enrol_every * 1e6);
	}
	if (every > 0 && now >= l->next_punch) {
		terminal_punch_random(r->terminals[i], random_next(r));
		double part = 0.5 + (double)(random_next(r) >> 11) / (double)(1ull << 53);
		l->next_punch = now + (int64_t)(every * part * 1e6);
	}
}

static void tick_came(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;
	int64_t now = now_us();
	for (size_t i = 0; i < r->count; i++)
		life_go_on(r, i, now);
}

static void end_came(evutil_socket_t fd, short what, void *arg)
{
	event_base_loopbreak(arg);
}

static const struct profile *profile_choose(const struct settings *s, size_t i)
{
	const struct profile *p;

	if (strcmp(s->profile, "mixed") == 0)
		return profile_nth(i);
	p = profile_find(s->profile);
	if (!p)
		die(2, "--profile wants g1, g2, g3, g4, g5 or mixed, not '%s'", s->profile);
	return p;
}

/* The i-th of --sn, or made from --sn-prefix; false: the list is used up. */
static bool sn_make(const struct settings *s, size_t i, char out[33])
{
	const char *p = s->sn;
	size_t len;

	if (!p) {
		snprintf(out, 33, "%.20s%07zu", s->sn_prefix, i + 1);
		return i < (size_t)s->terminals;
	}
	for (; i && *p; i--) {
		p += strcspn(p, ",");
		p += *p == ',';
	}
	len = strcspn(p, ",");
	if (len > 32)
		die(2, "a serial number has at most 32 characters");
	snprintf(out, 33, "%.*s", (int)len, p);
	return len > 0;
}

static struct terminal *terminal_add(struct run *r, size_t nth, const char *sn)
{
	size_t i = r->count++;

	r->terminals = xrealloc(r->terminals, r->count * sizeof(*r->terminals));
	r->terminals[i] =
		terminal_new(r->base, r->net, r->set, profile_choose(r->set, nth), sn, (unsigned)i);
	terminal_watch(r->terminals[i], run_exchanged, run_settled, r);
	if (!r->set->manual) /* not all in the same instant */
		terminal_power_on(r->terminals[i], (double)i / 1000);
	return r->terminals[i];
}

static void terminals_make(struct run *r)
{
	char sn[33];

	for (size_t i = 0; sn_make(r->set, i, sn); i++)
		terminal_add(r, i, sn);
	if (!r->count)
		die(2, "--sn names no terminal");
	for (size_t i = 0; i < (size_t)r->set->duplicate_sn && sn_make(r->set, i, sn); i++)
		terminal_move(terminal_add(r, i, sn));
	r->lives = xalloc(r->count * sizeof(*r->lives));
	int64_t now = now_us();
	for (size_t i = 0; i < r->count; i++) {
		r->lives[i].next_enrol = now + 1000000;
		r->lives[i].next_punch = now + 2000000 +
					 (int64_t)((double)(random_next(r) % 1000) / 1000 *
						   r->set->punch_every * 1e6);
	}
}

static void run_loop(struct run *r)
{
	struct event *term = evsignal_new(r->base, SIGTERM, end_came, r->base);
	struct event *intr = evsignal_new(r->base, SIGINT, end_came, r->base);
	struct event *end = evtimer_new(r->base, end_came, r->base);
	struct event *tick = event_new(r->base, -1, EV_PERSIST, tick_came, r);
	struct timeval period = { 0, TICK_US }, limit = { (time_t)r->set->duration,
		(suseconds_t)((r->set->duration - (double)(time_t)r->set->duration) * 1e6) };

	event_add(term, NULL);
	event_add(intr, NULL);
	if (r->set->people > 0 || r->set->punch_every > 0)
		event_add(tick, &period);
	if (r->set->duration > 0)
		evtimer_add(end, &limit);
	event_base_dispatch(r->base);
	event_free(term);
	event_free(intr);
	event_free(end);
	event_free(tick);
}

/* epoll refuses plain files, which stdin may be. */
static struct event_base *base_make(bool any_file)
{
	struct event_config *config = event_config_new();

	if (any_file)
		event_config_require_features(config, EV_FEATURE_FDS);
	struct event_base *base = event_base_new_with_config(config);
	event_config_free(config);
	if (!base)
		die(1, "no event loop; check the limits of open files");
	return base;
}

int run_terminals(const struct settings *s)
{
	struct stat st;
	struct run r = { .set = s, .random = 0x2545f4914f6cdd1du ^ (uint64_t)s->seed << 20 };

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	r.events = s->control_stdin ? stderr : stdout;
	r.base =
		base_make(s->control_stdin && fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode));
	r.net = net_new(r.base, s->server, s->timeout);
	terminals_make(&r);
	if (r.count > 10000)
		net_spread_sources(r.net);
	r.control = control_new(r.base, r.terminals, r.count, s->control, s->control_stdin);
	run_loop(&r);
	control_free(r.control);
	for (size_t i = 0; i < r.count; i++)
		terminal_free(r.terminals[i]);
	free(r.terminals);
	free(r.lives);
	net_free(r.net);
	event_base_free(r.base);
	return 0;
}

void run_help(void)
{
	control_help();
}
