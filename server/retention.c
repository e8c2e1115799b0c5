/* Asks once a minute whether it is time, and goes on batch by batch, one a second, while it is. */
#include "retention.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "log.h"

enum { ASK_SECONDS = 60, DEADLINE_MS = 60000 };

const char retention_sql[] = "select kind, removed from retention_step($1::int, $2::int, $3::int,"
			     " $4::int, $5::int, $6::bool)";

struct retention {
	struct db *db;
	const struct config *config;
	struct event *tick;
	struct db_ticket *ticket;
	struct arena *arena; /* of the question under way */
	struct db_arg args[RETENTION_ARGS];
	struct db_statement statement;
	int wait; /* seconds */
	char kind[16]; /* at work; "": nothing */
	int64_t removed;
};

bool retention_wanted(const struct config *c)
{
	return c->retention_punches || c->retention_photos || c->retention_templates ||
	       c->retention_raw || c->retention_logs;
}

void retention_args(
	struct arena *a, const struct config *c, bool at_once, struct db_arg out[RETENTION_ARGS])
{
	out[0] = db_int(a, c->retention_punches);
	out[1] = db_int(a, c->retention_photos);
	out[2] = db_int(a, c->retention_templates);
	out[3] = db_int(a, c->retention_raw);
	out[4] = db_int(a, c->retention_logs);
	out[5] = db_bool(at_once);
}

/* One line a kind and night. */
static void kind_ended(struct retention *t)
{
	if (*t->kind)
		log_info("retention", "kind", t->kind, "removed", log_num(t->removed), NULL);
	*t->kind = '\0';
	t->removed = 0;
}

static void batch_done(struct retention *t, const struct rows *rows)
{
	const char *kind = rows_text(rows, 0, 0);
	if (strcmp(t->kind, kind) != 0)
		kind_ended(t);
	strncpy(t->kind, kind, sizeof(t->kind) - 1);
	t->removed += rows_int(rows, 0, 1);
	t->wait = 1;
}

static void step_done(void *arg, struct rows *rows, const struct db_error *error)
{
	struct retention *t = arg;
	t->ticket = NULL;
	t->wait = ASK_SECONDS;
	if (error)
		log_warn("retention_failed", "state", error->state, "reason", error->message, NULL);
	else if (rows_count(rows) > 0)
		batch_done(t, rows);
	else
		kind_ended(t);
	rows_free(rows);
	arena_free(t->arena);
	t->arena = NULL;
}

static void ticked(int fd, short what, void *arg)
{
	struct retention *t = arg;
	if (t->ticket || --t->wait > 0 || !db_up(t->db))
		return;
	t->arena = arena_new();
	retention_args(t->arena, t->config, false, t->args);
	t->statement = (struct db_statement){ retention_sql, t->args, RETENTION_ARGS };
	t->ticket = db_query(t->db, &(struct db_query){ .statements = &t->statement,
					    .nstatements = 1,
					    .deadline_ms = DEADLINE_MS,
					    .done = step_done,
					    .arg = t });
}

struct retention *retention_new(struct event_base *base, struct db *db, const struct config *config)
{
	if (!retention_wanted(config))
		return NULL;
	struct retention *t = xcalloc(1, sizeof(*t));
	t->db = db;
	t->config = config;
	t->tick = event_new(base, -1, EV_PERSIST, ticked, t);
	if (!t->tick || event_add(t->tick, &(struct timeval){ .tv_sec = 1 }) < 0)
		fatal("cannot watch the time");
	return t;
}

void retention_free(struct retention *t)
{
	if (!t)
		return;
	if (t->ticket)
		db_forget(t->ticket);
	arena_free(t->arena);
	event_free(t->tick);
	free(t);
}
