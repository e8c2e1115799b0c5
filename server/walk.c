/* Asks once a second whether there is something to look at, and rests four times as long as a batch
 * took: whatever else the database does goes first. */
#include "walk.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fatal.h"
#include "log.h"
#include "offload.h"

enum { PATIENCE_SECONDS = 5, REST = 4, DEADLINE_MS = 60000 };

static const struct walk *const all[] = { &walk_cards, &walk_templates, &walk_photos, &walk_claims,
	NULL };

struct walks {
	struct db *db;
	struct walk_tools tools;
	int64_t self; /* as which it takes them */
	const struct walk *const *next; /* of all */
	const struct walk *at; /* NULL: all are done */
	struct event *tick;
	struct offload *thread;
	struct db_ticket *ticket;
	struct arena *arena; /* of the batch under way; NULL: none is */
	int wait; /* seconds */
	int64_t began; /* ms */
	int64_t place;
	const struct rows *rows;
	struct db_arg args[3];
	struct db_statement statements[WALK_STATEMENTS + 1];
	int nstatements;
};

static db_done walk_taken, batch_found, batch_written;

static void walk_query(struct walks *w, int n, db_done *done)
{
	w->ticket = db_query(w->db, &(struct db_query){ .statements = w->statements,
					    .nstatements = n,
					    .binary = true,
					    .deadline_ms = DEADLINE_MS,
					    .done = done,
					    .arg = w });
}

static void batch_end(struct walks *w, int wait)
{
	arena_free(w->arena);
	w->arena = NULL;
	w->rows = NULL;
	w->wait = wait;
}

/* True: it is over, for now. */
static bool batch_failed(struct walks *w, const struct db_error *error)
{
	w->ticket = NULL;
	if (!error)
		return false;
	bool again = strcmp(error->state, "40001") == 0;
	if (!again)
		log_warn("walk_stopped", "name", w->at->name, "state", error->state, "reason",
			error->message, NULL);
	batch_end(w, again ? 1 : PATIENCE_SECONDS);
	return true;
}

static void ticked(int fd, short what, void *arg)
{
	struct walks *w = arg;
	if (w->arena || --w->wait > 0 || !db_up(w->db))
		return;
	w->arena = arena_new();
	w->began = clock_ticks();
	w->args[0] = db_text(w->at->name);
	w->args[1] = db_int(w->arena, w->self);
	w->statements[0] = (struct db_statement){
		"select walk_done($1::text), walk_take($1::text, $2::bigint)", w->args, 2
	};
	walk_query(w, 1, walk_taken);
}

static void walk_next(struct walks *w)
{
	w->at = *w->next++;
	batch_end(w, 1);
	if (!w->at)
		event_del(w->tick);
}

static void walk_taken(void *arg, struct rows *rows, const struct db_error *error)
{
	struct walks *w = arg;
	bool done = rows_bool(rows, 0, 0), taken = !error && !rows_null(rows, 0, 1);
	w->place = rows_int(rows, 0, 1);
	rows_free(rows);
	if (batch_failed(w, error))
		return;
	if (done) {
		walk_next(w);
	} else if (!taken) { /* another process is at it */
		batch_end(w, PATIENCE_SECONDS);
	} else {
		w->args[0] = db_int(w->arena, w->place);
		w->statements[0] = (struct db_statement){ w->at->select, w->args, 1 };
		walk_query(w, 1, batch_found);
	}
}

/* On the thread. */
static void batch_judge(void *arg)
{
	struct walks *w = arg;
	w->nstatements = w->at->judge(&w->tools, w->arena, w->rows, w->statements);
}

static void batch_judged(void *arg)
{
	struct walks *w = arg;
	int n = rows_count(w->rows);
	w->args[0] = db_text(w->at->name);
	w->args[1] = db_int(w->arena, w->place);
	w->args[2] = n ? db_int(w->arena, rows_int(w->rows, n - 1, 0)) : db_text(NULL);
	w->statements[w->nstatements++] =
		(struct db_statement){ "select walk_moved($1::text, $2::bigint, $3::bigint)",
			w->args, 3 };
	walk_query(w, w->nstatements, batch_written);
}

static void batch_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct walks *w = arg;
	if (batch_failed(w, error))
		return;
	arena_defer(w->arena, (void (*)(void *))rows_free, rows);
	w->rows = rows;
	if (!offload_run(w->thread, batch_judge, batch_judged, w))
		batch_end(w, PATIENCE_SECONDS);
}

static void batch_written(void *arg, struct rows *rows, const struct db_error *error)
{
	struct walks *w = arg;
	rows_free(rows);
	if (batch_failed(w, error))
		return;
	if (rows_count(w->rows) == 0) {
		log_info("walk_done", "name", w->at->name, NULL);
		walk_next(w);
		return;
	}
	batch_end(w, 1 + (int)((clock_ticks() - w->began) * REST / 1000));
}

struct walks *walks_new(struct event_base *base, struct db *db, const struct walk_tools *tools)
{
	struct walks *w = xcalloc(1, sizeof(*w));
	w->db = db;
	w->tools = *tools;
	seal_random((unsigned char *)&w->self, sizeof(w->self));
	w->next = all;
	w->at = *w->next++;
	w->thread = offload_new(base, 1, 1);
	w->tick = event_new(base, -1, EV_PERSIST, ticked, w);
	if (!w->tick || event_add(w->tick, &(struct timeval){ .tv_sec = 1 }) < 0)
		fatal("cannot watch the time");
	return w;
}

void walks_free(struct walks *w)
{
	if (!w)
		return;
	offload_stop(w->thread); /* what it has judged asks the database once more */
	if (w->ticket)
		db_forget(w->ticket);
	offload_free(w->thread);
	event_free(w->tick);
	arena_free(w->arena);
	free(w);
}
