/* A connection that listens on one channel, and comes back by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "fatal.h"
#include "log.h"
#include "options.h"

struct db_listener {
	struct db_options options;
	char *sql;
	struct db_statement statement;
	struct db_query query;
	struct conn *conn;
	bool listening;
	void (*notified)(void *arg, const char *payload);
	void (*changed)(void *arg, bool up);
	void *arg;
};

static void listener_ready(void *owner, bool fresh)
{
	struct db_listener *l = owner;

	if (fresh)
		conn_send(l->conn, &l->query);
}

static void listener_answered(
	void *owner, const struct db_query *query, struct rows *rows, const struct db_error *error)
{
	struct db_listener *l = owner;

	rows_free(rows);
	if (!error) {
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

	if (was_up)
		log_warn("db_lost", "db", l->options.name, "reason", why, NULL);
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

struct db_listener *db_listen(struct event_base *base, struct offload *offload,
	const struct db_options *options, const char *channel,
	void (*notified)(void *arg, const char *payload), void (*changed)(void *arg, bool up),
	void *arg)
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
	l->conn = conn_new(base, offload, &l->options, &listener_hooks, l);
	conn_dial(l->conn);
	return l;
}

void db_listener_free(struct db_listener *l)
{
	conn_free(l->conn);
	options_free(&l->options);
	free(l->sql);
	free(l);
}
