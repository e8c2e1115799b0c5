/* The pool: queries wait in one queue for connections. */
#include "db.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conn.h"
#include "fatal.h"
#include "hub.h"
#include "log.h"
#include "options.h"
#include "outage.h"
#include "query.h"
#include "queue.h"

enum { PROBE_MS = 3000 };

struct slot {
	struct db *db;
	struct conn *conn;
	struct db_ticket *ticket; /* what it runs; NULL also when that was forgotten */
	struct queue_lane *lane; /* whose work keeps it busy, also when that was forgotten */
	bool up;
	bool idle;
	bool stuck; /* what it runs is late, and may not be cancelled */
};

/* In the queue, on a slot, or among those to be called back with 08006. Its statements and their
 * args lie behind it, in the same allocation. */
struct db_ticket {
	struct db_query query; /* first, see slot_answered() */
	struct db *db;
	struct db_ticket *prev, *next; /* among the failed */
	struct queue_item item; /* in the queue */
	struct slot *slot;
	bool sent;
	bool failed;
	bool probe; /* asks whether anybody is there; if not, the connection goes */
	struct event deadline;
	int64_t due; /* clock_ticks() of it */
#ifndef NDEBUG
	uint64_t texts; /* query_texts() when it was made */
#endif
};

/* A ring: the list itself is both before the first and after the last. */
struct list {
	struct db_ticket ends;
	int n;
};

struct db {
	struct db_hub *hub;
	struct hub_member member;
	struct event_base *base;
	struct db_options options; /* own copies */
	void (*changed)(void *arg, bool up);
	void *arg;
	struct slot *slots;
	int up, idle, stuck; /* slots that are */
	bool starting; /* the first dial is under way */
	bool closing;
	struct queue *queue;
	struct list failed;
	struct event failing; /* active while failed has some */
	struct outage late;
	char last_error[256];
	int failures; /* since the pool was up */
};

/* -- tickets ---------------------------------------------------------------------------------- */

static void list_init(struct list *l)
{
	l->ends.prev = l->ends.next = &l->ends;
}

static void list_add(struct list *l, struct db_ticket *t)
{
	t->prev = l->ends.prev;
	t->next = &l->ends;
	t->prev->next = t->next->prev = t;
	l->n++;
}

static void list_remove(struct list *l, struct db_ticket *t)
{
	t->prev->next = t->next;
	t->next->prev = t->prev;
	l->n--;
}

/* Its own copy of the query, in the same allocation: a caller's stack frame may be gone when a
 * connection is free. */
static struct db_ticket *ticket_new(struct db *db, const struct db_query *query)
{
	struct db_ticket *t = xcalloc(1, sizeof *t + query_size(query));

	query_copy(&t->query, t + 1, query);
	t->db = db;
#ifndef NDEBUG
	t->texts = query_texts(&t->query);
#endif
	return t;
}

static void texts_check(const struct db_ticket *t)
{
#ifndef NDEBUG
	if (t->texts != query_texts(&t->query))
		fatal("an SQL text changed while its query waited");
#endif
}

static void ticket_free(struct db_ticket *t)
{
	if (t->query.deadline_ms > 0)
		event_del(&t->deadline);
	free(t);
}

/* The one place where a query is called back; the ticket ends before, so that nobody can forget
 * it from within. */
static void ticket_end(struct db_ticket *t, struct rows *rows, const struct db_error *error)
{
	db_done *done = t->query.done;
	void *arg = t->query.arg;

	ticket_free(t);
	done(arg, rows, error);
}

static void ticket_fail(struct db_ticket *t, const char *state, const char *message)
{
	struct db_error error = { .message = message };

	snprintf(error.state, sizeof error.state, "%s", state);
	ticket_end(t, NULL, &error);
}

/* Takes the ticket from wherever it is. */
static void ticket_detach(struct db_ticket *t)
{
	if (t->slot)
		t->slot->ticket = NULL;
	else if (t->failed)
		list_remove(&t->db->failed, t);
	else
		queue_remove(t->db->queue, &t->item);
}

static struct db_ticket *ticket_of(struct queue_item *item)
{
	return item ? (struct db_ticket *)((char *)item - offsetof(struct db_ticket, item)) : NULL;
}

static enum queue_kind query_kind(const struct db_query *query)
{
	if (query->durable)
		return QUEUE_DURABLE;
	return query->deadline_ms <= 0 || query->deadline_ms > DB_QUICK_MS ? QUEUE_LONG
									   : QUEUE_QUICK;
}

/* What cannot be cancelled runs on without anybody who waits. */
static void slot_late(struct slot *s, const struct db_ticket *t)
{
	/* what may take a minute says nothing of the server */
	bool odd = t->probe || query_kind(&t->query) != QUEUE_LONG;

	if (t->probe) {
		conn_abandon(s->conn);
		conn_break(s->conn);
	} else if (t->query.durable) {
		conn_abandon(s->conn);
		s->stuck = true;
		s->db->stuck++;
	} else {
		conn_cancel(s->conn, 0);
	}
	if (odd)
		hub_alarm(s->db->hub);
}

static void ticket_late(evutil_socket_t fd, short what, void *arg)
{
	struct db_ticket *t = arg;
	struct slot *slot = t->slot;

	ticket_detach(t);
	if (slot)
		slot_late(slot, t);
	if (!t->probe)
		outage_failed(&t->db->late, clock_ticks(), "db_deadline",
			t->sent ? "sent" : "waiting", t->db->options.name);
	ticket_fail(t, "57014", "no answer from the database in time");
}

static void ticket_expect(struct db_ticket *t)
{
	struct timeval after = { .tv_sec = t->query.deadline_ms / 1000,
		.tv_usec = t->query.deadline_ms % 1000 * 1000 };

	t->due = clock_ticks() + t->query.deadline_ms;
	event_assign(&t->deadline, t->db->base, -1, 0, ticket_late, t);
	if (event_add(&t->deadline, &after) != 0)
		fatal("event_add");
}

/* -- the pool --------------------------------------------------------------------------------- */

static void slot_idle(struct slot *s, bool idle)
{
	s->db->idle += idle - s->idle;
	s->idle = idle;
}

static void slot_take(struct slot *s, struct db_ticket *t)
{
	texts_check(t);
	slot_idle(s, false);
	s->ticket = t;
	s->lane = t->item.lane;
	t->slot = s;
	t->sent = true;
	conn_send(s->conn, &t->query);
}

/* What it did is over, whoever still waits for it. */
static void slot_end(struct slot *s)
{
	s->ticket = NULL;
	if (s->lane)
		queue_done(s->db->queue, s->lane);
	s->lane = NULL;
	s->db->stuck -= s->stuck;
	s->stuck = false;
}

static struct slot *db_idle_slot(struct db *db)
{
	int i = 0;

	while (!db->slots[i].idle)
		i++;
	return &db->slots[i];
}

/* Of the connections that there are, not of those that there should be. */
static int db_most_durable(const struct db *db)
{
	int half = db->up > 1 ? (db->up + 1) / 2 : 1;

	return db->options.durable < db->options.size && half < db->options.durable
		       ? half
		       : db->options.durable;
}

/* Sends what may be sent now. Long ones have half of the connections that there are, durable ones
 * leave some to those that only read. */
static void db_send(struct db *db)
{
	int most_long = db->up > 1 ? db->up / 2 : 1;
	struct db_ticket *t;

	while (db->idle > 0 &&
		(t = ticket_of(queue_take(db->queue, most_long, db_most_durable(db)))))
		slot_take(db_idle_slot(db), t);
}

static void db_came_up(struct db *db)
{
	db->failures = 0;
	db->last_error[0] = '\0';
	log_info("db_up", "db", db->options.name, NULL);
	for (int i = 0; i < db->options.size; i++)
		conn_dial(db->slots[i].conn);
	if (db->changed)
		db->changed(db->arg, true);
}

static void slot_ready(void *owner, bool fresh)
{
	struct slot *s = owner;
	struct db *db = s->db;
	bool first = fresh && db->up == 0;

	slot_end(s);
	if (fresh) {
		s->up = true;
		db->up++;
		db->starting = false;
	}
	slot_idle(s, true);
	db_send(db);
	if (first)
		db_came_up(db);
}

static void slot_answered(
	void *owner, const struct db_query *query, struct rows *rows, const struct db_error *error)
{
	struct slot *s = owner;
	struct db_ticket *t = (struct db_ticket *)query;

	if (s->ticket == t)
		s->ticket = NULL;
	if (!error)
		outage_passed(&s->db->late, clock_ticks());
	ticket_end(t, rows, error);
}

/* Each new reason is worth a line; the same one again only now and then. */
static void db_log_failure(struct db *db, const char *why)
{
	bool again = strncmp(db->last_error, why, sizeof db->last_error - 1) == 0;
	bool now_and_then = (db->failures & (db->failures - 1)) == 0;

	db->failures++;
	snprintf(db->last_error, sizeof db->last_error, "%s", why);
	if (!again || now_and_then)
		log_warn("db_unreachable", "db", db->options.name, "reason", why, NULL);
}

static void db_went_down(struct db *db)
{
	struct db_ticket *t;

	while (db->up == 0 && (t = ticket_of(queue_any(db->queue)))) {
		queue_remove(db->queue, &t->item);
		ticket_fail(t, "08006", "the database cannot be reached");
	}
}

/* While the pool is down one connection tries for all. */
static void slot_redial(struct slot *s)
{
	struct db *db = s->db;

	for (int i = 0; db->up == 0 && i < db->options.size; i++)
		if (conn_dialling(db->slots[i].conn))
			return;
	conn_redial(s->conn);
}

static void slot_lost(void *owner, bool was_up, const char *why)
{
	struct slot *s = owner;
	struct db *db = s->db;

	slot_idle(s, false);
	slot_end(s);
	s->up = false;
	db->starting = false;
	if (was_up) {
		db->up--;
		hub_alarm(db->hub);
		log_warn("db_lost", "db", db->options.name, "reason", why, NULL);
	} else {
		db_log_failure(db, why);
	}
	slot_redial(s);
	db_send(db);
	if (was_up && db->up == 0)
		if (db->changed)
			db->changed(db->arg, false);
	db_went_down(db);
}

/* -- queries ---------------------------------------------------------------------------------- */

struct db_ticket *db_query(struct db *db, const struct db_query *query)
{
	struct db_ticket *t = ticket_new(db, query);

	t->failed = (db->up == 0 && !db->starting) || db->closing ||
		    (query->durable && db->stuck >= db_most_durable(db));
	if (query->deadline_ms > 0)
		ticket_expect(t);
	if (t->failed) {
		list_add(&db->failed, t);
		event_active(&db->failing, EV_TIMEOUT, 1);
	} else {
		queue_add(db->queue, &t->item, query->owner, query_kind(query));
		db_send(db);
	}
	return t;
}

/* Those that came while the pool was down, or durable ones while others are stuck; not those that
 * their callbacks add. */
static void db_fail(evutil_socket_t fd, short what, void *arg)
{
	struct db *db = arg;

	for (int n = db->failed.n; n > 0 && db->failed.n > 0; n--) {
		struct db_ticket *t = db->failed.ends.next;
		list_remove(&db->failed, t);
		if (db->up > 0 && !db->closing)
			ticket_fail(t, "53300", "the database does not answer to what came before");
		else
			ticket_fail(t, "08006", "the database cannot be reached");
	}
	if (db->failed.n > 0)
		event_active(&db->failing, EV_TIMEOUT, 1);
}

void db_forget(struct db_ticket *t)
{
	if (t->slot && t->query.only_reads)
		conn_cancel(t->slot->conn, t->due ? t->due - clock_ticks() : 0);
	else if (t->slot)
		conn_abandon(t->slot->conn);
	ticket_detach(t);
	ticket_free(t);
}

bool db_sent(const struct db_ticket *t)
{
	return t->sent;
}

int db_waiting(const struct db *db)
{
	return queue_waiting(db->queue);
}

bool db_up(const struct db *db)
{
	return db->up > 0;
}

/* -- is anybody there? ------------------------------------------------------------------------ */

static void probe_answered(void *arg, struct rows *rows, const struct db_error *error)
{
	rows_free(rows);
}

/* Past the queue: the slot is idle. */
static void slot_probe(struct slot *s)
{
	static const struct db_statement probe = { .sql = "select 1" };
	struct db_ticket *t = ticket_new(s->db, &(struct db_query){ .statements = &probe,
							.nstatements = 1,
							.deadline_ms = PROBE_MS,
							.done = probe_answered });

	t->probe = true;
	ticket_expect(t);
	slot_take(s, t);
}

static void db_look(void *arg)
{
	struct db *db = arg;

	for (int i = 0; i < db->options.size; i++)
		if (db->slots[i].idle)
			slot_probe(&db->slots[i]);
}

/* -- begin and end ---------------------------------------------------------------------------- */

static const struct conn_hooks slot_hooks = {
	.ready = slot_ready, .answered = slot_answered, .lost = slot_lost
};

struct db *db_new(struct db_hub *hub, const struct db_options *options,
	void (*changed)(void *arg, bool up), void *arg)
{
	struct db *db = xcalloc(1, sizeof *db);

	if (options->size < 1)
		fatal("a pool of %d connections", options->size);
	db->hub = hub;
	db->base = hub_base(hub);
	db->options = options_copy(options);
	if (options->durable < 1)
		db->options.durable = options->size;
	db->changed = changed;
	db->arg = arg;
	db->starting = true;
	db->queue = queue_new();
	list_init(&db->failed);
	event_assign(&db->failing, db->base, -1, 0, db_fail, db);
	db->slots = xcalloc((size_t)options->size, sizeof *db->slots);
	for (int i = 0; i < options->size; i++) {
		struct slot *s = &db->slots[i];
		s->db = db;
		s->conn = conn_new(hub, &db->options, &slot_hooks, s);
	}
	db->member = (struct hub_member){ .look = db_look, .arg = db };
	hub_join(hub, &db->member);
	conn_dial(db->slots[0].conn);
	return db;
}

/* All that is under way is told; what the callbacks ask for in turn is not even heard. */
void db_free(struct db *db)
{
	db->closing = true;
	hub_leave(&db->member);
	for (int i = 0; i < db->options.size; i++) {
		struct db_ticket *t = db->slots[i].ticket;
		conn_free(db->slots[i].conn);
		if (t) {
			t->slot = NULL;
			t->failed = true;
			list_add(&db->failed, t);
		}
	}
	for (struct db_ticket *t; (t = ticket_of(queue_any(db->queue)));) {
		queue_remove(db->queue, &t->item);
		t->failed = true;
		list_add(&db->failed, t);
	}
	db_fail(-1, 0, db);
	while (db->failed.n > 0) {
		struct db_ticket *t = db->failed.ends.next;
		list_remove(&db->failed, t);
		ticket_free(t);
	}
	event_del(&db->failing);
	queue_free(db->queue);
	options_free(&db->options);
	free(db->slots);
	free(db);
}
