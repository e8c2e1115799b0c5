/* A look each second, and what it found last. */
#include "ready.h"

#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "fatal.h"
#include "migrate.h"

enum { LOOK_MS = 1000, SILENT_MS = 3000 };

static const char look_sql[] =
	"select coalesce((select max(number) from schema_migration), 0),"
	" exists (select from data_key where current), current_setting('transaction_read_only') = 'off'";

struct ready {
	struct ready_options o;
	struct event *tick;
	struct db_ticket *ticket;
	const char *missing; /* as the last answer said */
	int64_t answered; /* ticks of the last answer; meaningless while `missing` says that there
			   * was none */
};

static const char no_answer[] = "the database does not answer";

static void looked(void *arg, struct rows *rows, const struct db_error *error)
{
	struct ready *w = arg;

	w->ticket = NULL;
	w->answered = clock_ticks();
	if (!rows)
		w->missing = no_answer;
	else if (rows_int(rows, 0, 0) != migrate_head())
		w->missing = "the schema is not this program's";
	else if (!rows_bool(rows, 0, 1))
		w->missing = "there is no data key";
	else if (!rows_bool(rows, 0, 2))
		w->missing = "the database takes no writes";
	else
		w->missing = NULL;
	rows_free(rows);
}

static void look(int fd, short what, void *arg)
{
	struct ready *w = arg;
	const struct db_statement statement = { .sql = look_sql };
	const struct db_query query = { .statements = &statement,
		.nstatements = 1,
		.deadline_ms = SILENT_MS,
		.done = looked,
		.arg = w };

	if (!w->ticket && db_up(w->o.watch))
		w->ticket = db_query(w->o.watch, &query);
}

void ready_changed(struct ready *w, bool up)
{
	if (up)
		look(-1, 0, w);
	else
		w->missing = no_answer;
}

const char *ready_missing(const struct ready *w)
{
	if (w->missing)
		return w->missing;
	if (clock_ticks() - w->answered > LOOK_MS + SILENT_MS || !db_up(w->o.requests))
		return no_answer;
	if (!adms_database_up(w->o.adms))
		return "the database does not take uploads";
	return seal_ready(w->o.seal) ? NULL : "there is no data key";
}

struct ready *ready_new(const struct ready_options *o)
{
	struct ready *w = xcalloc(1, sizeof(*w));

	w->o = *o;
	w->missing = no_answer;
	w->tick = event_new(o->base, -1, EV_PERSIST, look, w);
	if (!w->tick || event_add(w->tick, &(struct timeval){ .tv_sec = LOOK_MS / 1000 }) < 0)
		fatal("cannot watch the database");
	return w;
}

void ready_free(struct ready *w)
{
	if (!w)
		return;
	if (w->ticket)
		db_forget(w->ticket);
	event_free(w->tick);
	free(w);
}
