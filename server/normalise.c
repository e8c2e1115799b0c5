/* Where each walk is asked, a batch read, judged, written; and so on until nothing is left. */
#include "normalise.h"

#include <event2/event.h>
#include <stdlib.h>

#include "fatal.h"
#include "log.h"

enum { BATCH = 100, PAUSE_MS = 50, LONG_PAUSE_MS = 1000, DEADLINE_MS = 30000 };

static const struct normalise_walk *const walks[] = { &normalise_cards };

struct normalise {
	struct normalise_options o;
	struct event *next;
	struct db_ticket *ticket;
	size_t walk; /* in walks */
	/* a batch */
	struct arena *arena;
	struct db_arg args[2];
	struct db_statement statement;
	struct normalise_batch batch;
	int64_t rows; /* written by this process */
};

static void step_later(struct normalise *n, bool failed)
{
	int ms = failed || n->o.busy(n->o.arg) ? LONG_PAUSE_MS : PAUSE_MS;
	struct timeval pause = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	if (event_add(n->next, &pause) < 0)
		fatal("event_add");
}

static void step_ask(
	struct normalise *n, void (*done)(void *, struct rows *, const struct db_error *))
{
	n->ticket = db_query(n->o.db, &(struct db_query){ .statements = &n->statement,
					      .nstatements = 1,
					      .binary = true,
					      .deadline_ms = DEADLINE_MS,
					      .done = done,
					      .arg = n });
}

/* True: it failed, and is tried again later. */
static bool step_failed(struct normalise *n, const struct db_error *error)
{
	n->ticket = NULL;
	if (!error)
		return false;
	log_warn("normalisation_failed", "of", walks[n->walk]->name, "state", error->state,
		"reason", error->message, NULL);
	step_later(n, true);
	return true;
}

static void walk_next(struct normalise *n)
{
	n->walk++;
	n->rows = 0;
	if (n->walk < LEN(walks))
		step_later(n, false);
}

static void walk_ended(void *arg, struct rows *rows, const struct db_error *error)
{
	struct normalise *n = arg;
	bool mine = rows_affected(rows) > 0;
	rows_free(rows);
	if (step_failed(n, error))
		return;
	if (mine)
		log_info("normalisation_done", "of", walks[n->walk]->name, "rows", log_num(n->rows),
			NULL);
	step_later(n, false); /* to see that it is, or what another has left */
}

static void batch_written(void *arg, struct rows *rows, const struct db_error *error)
{
	struct normalise *n = arg;
	if (rows && rows_count(rows) > 0 && rows_bool(rows, 0, 0))
		n->rows += rows_count(n->batch.rows);
	bool again = rows && (rows_count(rows) == 0 || !rows_bool(rows, 0, 0));
	rows_free(rows);
	if (!step_failed(n, error))
		step_later(n, again);
}

static void batch_read(void *arg, struct rows *rows, const struct db_error *error)
{
	struct normalise *n = arg;
	int count = rows_count(rows);
	if (step_failed(n, error)) {
		rows_free(rows);
		return;
	}
	arena_defer(n->arena, (void (*)(void *))rows_free, rows);
	if (count == 0) {
		n->args[0] = db_text(walks[n->walk]->name);
		n->args[1] = db_int(n->arena, n->batch.from);
		n->statement = (struct db_statement){
			"update normalisation set done = true"
			" where name = $1 and position = $2::bigint and not done",
			n->args, 2
		};
		step_ask(n, walk_ended);
		return;
	}
	n->batch.rows = rows;
	n->batch.to = rows_int(rows, count - 1, 0);
	n->statement = walks[n->walk]->judge(&n->batch);
	step_ask(n, batch_written);
}

static void position_read(void *arg, struct rows *rows, const struct db_error *error)
{
	struct normalise *n = arg;
	bool open = rows_count(rows) > 0;
	int64_t from = open ? rows_int(rows, 0, 0) : 0;
	rows_free(rows);
	if (step_failed(n, error))
		return;
	if (!open) {
		walk_next(n);
		return;
	}
	n->batch = (struct normalise_batch){ .o = &n->o, .arena = n->arena, .from = from };
	n->args[0] = db_int(n->arena, from);
	n->args[1] = db_int(n->arena, BATCH);
	n->statement = (struct db_statement){ walks[n->walk]->select, n->args, 2 };
	step_ask(n, batch_read);
}

static void step_begin(int fd, short what, void *arg)
{
	struct normalise *n = arg;
	arena_free(n->arena);
	n->arena = NULL;
	if (!db_up(n->o.db)) {
		step_later(n, true);
		return;
	}
	n->arena = arena_new();
	n->args[0] = db_text(walks[n->walk]->name);
	n->statement = (struct db_statement){
		"select position from normalisation where name = $1 and not done", n->args, 1
	};
	step_ask(n, position_read);
}

struct normalise *normalise_new(const struct normalise_options *o)
{
	struct normalise *n = xcalloc(1, sizeof(*n));
	n->o = *o;
	n->next = event_new(o->base, -1, 0, step_begin, n);
	if (!n->next)
		fatal("event_new");
	step_later(n, false);
	return n;
}

void normalise_free(struct normalise *n)
{
	if (!n)
		return;
	if (n->ticket)
		db_forget(n->ticket);
	arena_free(n->arena);
	event_free(n->next);
	free(n);
}
