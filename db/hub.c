/* Threads, addresses and the alarm of all connections of a process. */
#include "hub.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fatal.h"
#include "offload.h"

/* Threads of their own: a dead name server holds each look-up for half a minute, and nobody may
 * wait for a password's hash behind that. */
enum { THREADS = 2, MAX_LOOKUPS = 256, SILENT_MS = 30000, MAX_SILENT = 16, ALARM_MS = 5000 };

struct silent {
	struct pg_target target;
	int64_t until; /* clock_ticks() */
};

struct db_hub {
	struct event_base *base;
	struct offload *threads;
	struct pg_target worked; /* all empty: none yet */
	bool any_worked;
	struct silent silent[MAX_SILENT];
	unsigned oldest;
	struct hub_member members; /* a ring */
	struct event alarm;
	bool alarmed; /* once */
	int64_t alarmed_at;
};

struct event_base *hub_base(const struct db_hub *hub)
{
	return hub->base;
}

struct offload *hub_threads(const struct db_hub *hub)
{
	return hub->threads;
}

/* -- addresses -------------------------------------------------------------------------------- */

static bool target_same(const struct pg_target *a, const struct pg_target *b)
{
	return strcmp(a->host, b->host) == 0 && strcmp(a->address, b->address) == 0 &&
	       strcmp(a->port, b->port) == 0;
}

static bool target_silent(const struct db_hub *hub, const struct pg_target *t)
{
	for (int i = 0; i < MAX_SILENT; i++)
		if (hub->silent[i].until > clock_ticks() && target_same(&hub->silent[i].target, t))
			return true;
	return false;
}

static int target_rank(const struct db_hub *hub, const struct pg_target *t)
{
	if (target_silent(hub, t))
		return 2;
	return hub->any_worked && target_same(&hub->worked, t) ? 0 : 1;
}

void hub_sort(const struct db_hub *hub, struct pg_target *targets, int n)
{
	struct pg_target *sorted = xcalloc((size_t)n + 1, sizeof *sorted);
	int at = 0;

	for (int rank = 0; rank <= 2; rank++)
		for (int i = 0; i < n; i++)
			if (target_rank(hub, &targets[i]) == rank)
				sorted[at++] = targets[i];
	if (n > 0)
		memcpy(targets, sorted, (size_t)n * sizeof *sorted);
	free(sorted);
}

void hub_worked(struct db_hub *hub, const struct pg_target *t)
{
	hub->worked = *t;
	hub->any_worked = true;
	for (int i = 0; i < MAX_SILENT; i++)
		if (target_same(&hub->silent[i].target, t))
			hub->silent[i].until = 0;
}

/* In its own place, or that of the oldest. */
void hub_silent(struct db_hub *hub, const struct pg_target *t)
{
	int at = 0;

	while (at < MAX_SILENT && !target_same(&hub->silent[at].target, t))
		at++;
	if (at == MAX_SILENT)
		at = hub->oldest++ % MAX_SILENT;
	hub->silent[at] = (struct silent){ *t, clock_ticks() + SILENT_MS };
}

/* -- the alarm -------------------------------------------------------------------------------- */

void hub_join(struct db_hub *hub, struct hub_member *m)
{
	m->prev = hub->members.prev;
	m->next = &hub->members;
	m->prev->next = m->next->prev = m;
}

void hub_leave(struct hub_member *m)
{
	m->prev->next = m->next;
	m->next->prev = m->prev;
}

static void alarm_rings(evutil_socket_t fd, short what, void *arg)
{
	struct db_hub *hub = arg;

	for (struct hub_member *m = hub->members.next; m != &hub->members; m = m->next)
		m->look(m->arg);
}

void hub_alarm(struct db_hub *hub)
{
	int64_t now = clock_ticks();

	if (hub->alarmed && now - hub->alarmed_at < ALARM_MS)
		return;
	hub->alarmed = true;
	hub->alarmed_at = now;
	event_active(&hub->alarm, EV_TIMEOUT, 1);
}

/* -- begin and end ---------------------------------------------------------------------------- */

struct db_hub *db_hub_new(struct event_base *base)
{
	struct db_hub *hub = xcalloc(1, sizeof *hub);

	hub->base = base;
	hub->threads = offload_new(base, THREADS, MAX_LOOKUPS);
	hub->members.prev = hub->members.next = &hub->members;
	event_assign(&hub->alarm, base, -1, 0, alarm_rings, hub);
	return hub;
}

void db_hub_free(struct db_hub *hub)
{
	offload_free(hub->threads);
	event_del(&hub->alarm);
	free(hub);
}
