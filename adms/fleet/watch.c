#include "watch.h"

#include <stdlib.h>

#include "clock.h"
#include "fatal.h"
#include "log.h"
#include "means.h"

#define STATES_SECONDS 15
#define NIGHT_SECONDS 60
#define CLOCKS_SECONDS 60
#define ADVANCE_SECONDS 5
#define ITEMS_SECONDS 20
#define REFILL_SECONDS 5
#define DEADLINE_MS 60000

enum { ASK_STATES, ASK_NIGHT, ASK_ADVANCE, ASK_CLOCKS, ASK_ITEMS, ASK_REFILL, ASKS };

struct watch {
	int ticks;
	struct outage failing;
	int64_t since; /* microseconds UTC: heard from here on */
	struct ask {
		struct watch *watch;
		struct arena *arena; /* of the question under way; NULL: none */
		struct db_statement statement;
		struct db_arg arg;
	} asks[ASKS];
};

void watch_start(struct adms *adms)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	for (int i = 0; i < ASKS; i++)
		w->asks[i].watch = w;
	w->since = clock_now();
	adms->watch = w;
}

void watch_again(struct adms *adms)
{
	adms->watch->since = clock_now();
}

static void states_log(const struct rows *rows)
{
	for (int i = 0; i < rows_count(rows); i++)
		log_info("terminal_state", "sn", rows_text(rows, i, 0), "state",
			rows_text(rows, i, 1), NULL);
}

static void watch_answered(void *arg, struct rows *rows, const struct db_error *error)
{
	struct ask *ask = arg;
	if (error)
		outage_failed(&ask->watch->failing, clock_ticks(), "watch_failed", error->state,
			error->message);
	else if (ask == &ask->watch->asks[ASK_STATES])
		states_log(rows);
	if (!error)
		outage_passed(&ask->watch->failing, clock_ticks());
	rows_free(rows);
	arena_free(ask->arena);
	ask->arena = NULL;
}

/* sql has one parameter, made of n. */
static void watch_ask(struct adms *adms, int which, const char *sql, bool has_arg, int64_t n)
{
	struct ask *ask = &adms->watch->asks[which];
	if (ask->arena)
		return;
	ask->arena = arena_new();
	ask->arg = db_int(ask->arena, n);
	ask->statement = (struct db_statement){ sql, &ask->arg, has_arg };
	db_query(adms->db, &(struct db_query){ .statements = &ask->statement,
				   .nstatements = 1,
				   .deadline_ms = DEADLINE_MS,
				   .done = watch_answered,
				   .arg = ask });
}

void watch_tick(struct adms *adms)
{
	struct watch *w = adms->watch;
	int64_t minute = adms->o.config->reconcile_time;
	w->ticks++;
	if (!adms->listening)
		return;
	if (w->ticks % STATES_SECONDS == 0)
		watch_ask(adms, ASK_STATES,
			"select sn, state from watch_states(to_timestamp($1::bigint / 1e6))", true,
			w->since);
	if (w->ticks % NIGHT_SECONDS == 0 && minute >= 0)
		watch_ask(adms, ASK_NIGHT, "select reconcile_nightly($1::int)", true, minute);
	if (w->ticks % ADVANCE_SECONDS == 0)
		watch_ask(adms, ASK_ADVANCE, "select reconcile_advance()", false, 0);
	if (w->ticks % CLOCKS_SECONDS == CLOCKS_SECONDS / 2)
		watch_ask(adms, ASK_CLOCKS, "select clock_watch()", false, 0);
	if (w->ticks % ITEMS_SECONDS == 0)
		watch_ask(adms, ASK_ITEMS, "select terminal_items_watch()", false, 0);
	if (w->ticks % REFILL_SECONDS == 0)
		watch_ask(adms, ASK_REFILL, "select terminals_refill()", false, 0);
}

void watch_free(struct adms *adms)
{
	for (int i = 0; i < ASKS; i++)
		arena_free(adms->watch->asks[i].arena);
	free(adms->watch);
	adms->watch = NULL;
}
