/* A connection that listens on one channel, and comes back by itself. */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "fatal.h"
#include "hub.h"
#include "log.h"
#include "options.h"

enum { LISTEN_MS = 10000, PROBE_MS = 3000 };

struct db_listener {
	struct hub_member member;
	struct db_hub *hub;
	struct db_options options;
	char *sql;
	struct db_statement statement;
	struct db_query query;
	struct conn *conn;
	struct event patience; /* pending while the server owes an answer */
	bool listening;
	void (*notified)(void *arg, const char *payload);
	void (*changed)(void *arg, bool up);
	void *arg;
};

/* To listen once more changes nothing, so that also asks whether anybody is there. */
static void listener_ask(struct db_listener *l, int ms)
{
	struct timeval after = { .tv_sec = ms / 1000 };

	if (event_add(&l->patience, &after) != 0)
		fatal("event_add");
	conn_send(l->conn, &l->query);
}

static void listener_silent(evutil_socket_t fd, short what, void *arg)
{
	struct db_listener *l = arg;

	conn_break(l->conn);
}

static void listener_look(void *arg)
{
	struct db_listener *l = arg;

	if (l->listening && !event_pending(&l->patience, EV_TIMEOUT, NULL))
		listener_ask(l, PROBE_MS);
}

static void listener_ready(void *owner, bool fresh)
{
	struct db_listener *l = owner;

	if (fresh)
		listener_ask(l, LISTEN_MS);
}

static void listener_answered(
	void *owner, const struct db_query *query, struct rows *rows, const struct db_error *error)
{
	struct db_listener *l = owner;

	rows_free(rows);
	event_del(&l->patience);
	if (!error && l->listening) {
		return;
	} else if (!error) {
		l->listening = true;
		log_info("db_listening", "db", l->options.name, NULL);
		l->changed(l->arg, true);
	} else if (strcmp(error->state, "08006") != 0) {
		log_warn("db_cannot_listen", "db", l->options.name, "state", error->state, NULL);
		conn_break(l->conn);
	}
}

static void listener_lost(void *owner, bool was_up, const char *why)
{
	struct db_listener *l = owner;
	bool listened = l->listening;

	event_del(&l->patience);
	if (was_up) {
		log_warn("db_lost", "db", l->options.name, "reason", why, NULL);
		hub_alarm(l->hub);
	}
	l->listening = false;
	conn_redial(l->conn);
	if (listened)
		l->changed(l->arg, false);
}

static void listener_notified(void *owner, const char *payload)
{
	struct db_listener *l = owner;

	l->notified(l->arg, payload);
}

static const struct conn_hooks listener_hooks = {
	.ready = listener_ready,
	.answered = listener_answered,
	.lost = listener_lost,
	.notified = listener_notified,
};

/* listen takes no parameter; the channel becomes a quoted identifier. */
static char *listen_sql(const char *channel)
{
	char *sql = xmalloc(2 * strlen(channel) + sizeof "listen \"\"");
	char *at = sql + sprintf(sql, "listen \"");

	for (; *channel; channel++) {
		if (*channel == '"')
			*at++ = '"';
		*at++ = *channel;
	}
	strcpy(at, "\"");
	return sql;
}

struct db_listener *db_listen(struct db_hub *hub, const struct db_options *options,
	const char *channel, void (*notified)(void *arg, const char *payload),
	void (*changed)(void *arg, bool up), void *arg)
{
	struct db_listener *l = xcalloc(1, sizeof *l);

	l->options = options_copy(options);
	l->sql = listen_sql(channel);
	l->statement.sql = l->sql;
	l->query.statements = &l->statement;
	l->query.nstatements = 1;
	l->notified = notified;
	l->changed = changed;
	l->arg = arg;
	l->hub = hub;
	l->member = (struct hub_member){ .look = listener_look, .arg = l };
	hub_join(hub, &l->member);
	event_assign(&l->patience, hub_base(hub), -1, 0, listener_silent, l);
	l->conn = conn_new(hub, &l->options, &listener_hooks, l);
	conn_dial(l->conn);
	return l;
}

void db_listener_free(struct db_listener *l)
{
	hub_leave(&l->member);
	event_del(&l->patience);
	conn_free(l->conn);
	options_free(&l->options);
	free(l->sql);
	free(l);
}
