/* One attempt to connect, without blocking: resolve, poll, set up. */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dial.h"
#include "fatal.h"
#include "hub.h"
#include "offload.h"
#include "resolve.h"

/* What the worker thread fills; outlives a dial that was abandoned meanwhile. */
struct lookup {
	char *conninfo;
	struct resolved found;
	struct dial *dial;
};

struct dial {
	struct db_hub *hub;
	const struct db_options *options;
	dial_done *done;
	void *arg;
	struct lookup *lookup; /* while it runs */
	struct resolved found;
	int next; /* of found.targets */
	PGconn *pg;
	struct event event;
	int64_t until; /* clock_ticks(); the end of this target's time */
	bool setting_up;
	char refusal[512]; /* of the setting up */
	char error[512]; /* why the last target did not do */
};

static void dial_next(struct dial *);

static void lookup_free(struct lookup *l)
{
	free(l->conninfo);
	free(l->found.targets);
	free(l);
}

void dial_abandon(struct dial *d)
{
	if (!d)
		return;
	if (d->lookup)
		d->lookup->dial = NULL;
	event_del(&d->event);
	PQfinish(d->pg);
	free(d->found.targets);
	free(d);
}

static void dial_end(struct dial *d, PGconn *pg)
{
	dial_done *done = d->done;
	void *arg = d->arg;
	char error[sizeof d->error];

	memcpy(error, d->error, sizeof error);
	d->pg = NULL;
	dial_abandon(d);
	done(arg, pg, pg ? NULL : error);
}

/* This target did not do: on to the next one. */
static void dial_miss(struct dial *d, const char *why)
{
	pg_one_line(why, d->error, sizeof d->error);
	PQfinish(d->pg);
	d->pg = NULL;
	dial_next(d);
}

static void dial_ready(evutil_socket_t, short, void *);

/* Events are made anew for each wait, because libpq may change sockets between two polls. */
static void dial_wait(struct dial *d, short what)
{
	int64_t left = d->until - clock_ticks();
	struct timeval timeout = { .tv_usec = 1 };

	if (left > 0)
		timeout = (struct timeval){ .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };
	event_assign(&d->event, hub_base(d->hub), PQsocket(d->pg), what, dial_ready, d);
	if (event_add(&d->event, &timeout) != 0)
		fatal("event_add");
}

static void dial_set_up(struct dial *d)
{
	const char *values[] = { d->options->timezone };

	d->setting_up = true;
	if (PQsetnonblocking(d->pg, 1) != 0 ||
		!PQsendQueryParams(d->pg, pg_setup_sql, 1, NULL, values, NULL, NULL, 0)) {
		dial_miss(d, PQerrorMessage(d->pg));
		return;
	}
	dial_wait(d, EV_READ | (PQflush(d->pg) == 1 ? EV_WRITE : 0));
}

static void dial_finish(struct dial *d)
{
	if (d->refusal[0] || PQstatus(d->pg) != CONNECTION_OK) {
		dial_miss(d, d->refusal[0] ? d->refusal : PQerrorMessage(d->pg));
		return;
	}
	hub_worked(d->hub, &d->found.targets[d->next - 1]);
	dial_end(d, d->pg);
}

/* The result may arrive before the end of the round trip does. */
static void dial_pump_set_up(struct dial *d)
{
	int unsent = 0;
	PGresult *res;

	if (!PQconsumeInput(d->pg) || (unsent = PQflush(d->pg)) < 0) {
		dial_miss(d, PQerrorMessage(d->pg));
		return;
	}
	while (!PQisBusy(d->pg)) {
		res = PQgetResult(d->pg);
		if (!res) {
			dial_finish(d);
			return;
		}
		if (PQresultStatus(res) != PGRES_TUPLES_OK && !d->refusal[0])
			pg_one_line(PQresultErrorMessage(res), d->refusal, sizeof d->refusal);
		PQclear(res);
	}
	dial_wait(d, EV_READ | (unsent ? EV_WRITE : 0));
}

static void dial_poll(struct dial *d)
{
	switch (PQconnectPoll(d->pg)) {
	case PGRES_POLLING_READING:
		dial_wait(d, EV_READ);
		return;
	case PGRES_POLLING_WRITING:
		dial_wait(d, EV_WRITE);
		return;
	case PGRES_POLLING_OK:
		dial_set_up(d);
		return;
	default:
		dial_miss(d, PQerrorMessage(d->pg));
	}
}

static void dial_ready(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;

	if ((what & EV_TIMEOUT) || clock_ticks() >= d->until) {
		hub_silent(d->hub, &d->found.targets[d->next - 1]);
		dial_miss(d, "no answer in time");
	} else if (d->setting_up)
		dial_pump_set_up(d);
	else
		dial_poll(d);
}

static void dial_notice(void *arg, const PGresult *res)
{
}

static void dial_next(struct dial *d)
{
	struct pg_params params;

	if (d->next == d->found.n) {
		dial_end(d, NULL);
		return;
	}
	params = pg_params(d->options->conninfo, d->options->name, &d->found.targets[d->next++]);
	d->setting_up = false;
	d->refusal[0] = '\0';
	d->until = clock_ticks() + d->found.timeout_ms;
	d->pg = PQconnectStartParams(params.keywords, params.values, 1);
	if (!d->pg)
		fatal("out of memory");
	PQsetNoticeReceiver(d->pg, dial_notice, NULL);
	if (PQstatus(d->pg) == CONNECTION_BAD)
		dial_miss(d, PQerrorMessage(d->pg));
	else
		dial_wait(d, EV_WRITE);
}

static void lookup_run(void *arg)
{
	struct lookup *l = arg;
	resolve_conninfo(l->conninfo, &l->found);
}

static void lookup_done(void *arg)
{
	struct lookup *l = arg;
	struct dial *d = l->dial;

	if (d) {
		d->lookup = NULL;
		d->found = l->found;
		memcpy(d->error, l->found.error, sizeof l->found.error);
		l->found.targets = NULL;
		hub_sort(d->hub, d->found.targets, d->found.n);
	}
	lookup_free(l);
	if (d)
		dial_next(d);
}

static void dial_refused(evutil_socket_t fd, short what, void *arg)
{
	dial_end(arg, NULL);
}

struct dial *dial_start(
	struct db_hub *hub, const struct db_options *options, dial_done *done, void *arg)
{
	struct dial *d = xcalloc(1, sizeof *d);
	struct lookup *l = xcalloc(1, sizeof *l);

	*d = (struct dial){ .hub = hub, .options = options, .done = done, .arg = arg };
	*l = (struct lookup){ .conninfo = xstrdup(options->conninfo), .dial = d };
	event_assign(&d->event, hub_base(hub), -1, EV_TIMEOUT, dial_refused, d);
	if (offload_run(hub_threads(hub), lookup_run, lookup_done, l)) {
		d->lookup = l;
		return d;
	}
	lookup_free(l);
	pg_one_line("worker threads are busy", d->error, sizeof d->error);
	event_active(&d->event, EV_TIMEOUT, 1);
	return d;
}
