/* Counters that rose within the last minute. */
#include "bounds.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "log.h"

enum { LOOK_SECONDS = 15, DEADLINE_MS = 20000 };

enum { PLACES, WORK, UPLOADS, REST, FIGURES };

static const char *const names[FIGURES] = {
	[PLACES] = "connections ended to make room",
	[WORK] = "requests refused because too many of them waited",
	[UPLOADS] = "uploads refused or ended early",
	[REST] = "REST bodies refused or ended early",
};

struct bounds {
	struct bounds_options o;
	struct event *tick;
	struct db_ticket *ticket;
	uint64_t seen[FIGURES];
	char text[300]; /* of the alert under way */
};

static uint64_t turned_away(const struct surface *surface)
{
	struct budget_stats s;

	budget_stats(surface->budget, true, &s);
	return s.refused + s.ended_early;
}

static void figures_read(const struct bounds *b, uint64_t out[static FIGURES])
{
	struct http_stats h;

	http_stats(b->o.http, &h);
	out[PLACES] = h.places_ended;
	out[WORK] = h.strangers_refused;
	out[UPLOADS] = turned_away(adms_surface(b->o.adms));
	out[REST] = turned_away(api_surface(b->o.api));
}

static void told(void *arg, struct rows *rows, const struct db_error *error)
{
	struct bounds *b = arg;

	b->ticket = NULL;
	if (error)
		log_warn("alert_not_raised", "reason", error->message, NULL);
	rows_free(rows);
}

static void bounds_tell(struct bounds *b)
{
	log_warn("strangers_at_their_bound", "within_seconds", log_num(LOOK_SECONDS), "what",
		b->text, NULL);
	if (b->ticket || !db_up(b->o.db))
		return;
	const struct db_arg arg = db_text(b->text);
	const struct db_statement statement = { "select alert_server('strangers', $1::text)", &arg,
		1 };
	b->ticket = db_query(b->o.db, &(struct db_query){ .statements = &statement,
					      .nstatements = 1,
					      .deadline_ms = DEADLINE_MS,
					      .done = told,
					      .arg = b });
}

static void look(int fd, short what, void *arg)
{
	struct bounds *b = arg;
	uint64_t figures[FIGURES];
	size_t n = 0;

	figures_read(b, figures);
	for (int i = 0; i < FIGURES; i++) {
		uint64_t more = figures[i] - b->seen[i];
		b->seen[i] = figures[i];
		if (more > 0 && n < sizeof(b->text) && !b->ticket)
			n += (size_t)snprintf(b->text + n, sizeof(b->text) - n, "%s%s: %" PRIu64,
				n ? ", " : "", names[i], more);
	}
	if (n > 0)
		bounds_tell(b);
}

struct bounds *bounds_new(const struct bounds_options *o)
{
	struct bounds *b = xcalloc(1, sizeof(*b));

	b->o = *o;
	b->tick = event_new(o->base, -1, EV_PERSIST, look, b);
	if (!b->tick || event_add(b->tick, &(struct timeval){ .tv_sec = LOOK_SECONDS }) < 0)
		fatal("cannot watch the bounds");
	return b;
}

void bounds_free(struct bounds *b)
{
	if (!b)
		return;
	if (b->ticket)
		db_forget(b->ticket);
	event_free(b->tick);
	free(b);
}
