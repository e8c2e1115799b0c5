/*
 * One connection. All its bytes move in conn_pump(), except that conn_send() writes what it can at
 * once, so that a query costs one send and one receive.
 */
#include "conn.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cancel.h"
#include "clock.h"
#include "dial.h"
#include "fatal.h"
#include "hub.h"
#include "log.h"
#include "loop.h"
#include "pg.h"
#include "stmt.h"

enum {
	MAX_PREPARED = 256,
	CANCEL_MS = 5000,
	BACKOFF_MIN_MS = 100,
	BACKOFF_MAX_MS = 5000,
	STEADY_MS = 2000, /* up for this long: the next back-off begins anew */
	FEW_ARGS = 32,
	MAX_CLASHES = 5 /* times a query is run again after deadlocks */
};

enum conn_state { CONN_DOWN, CONN_WAITING, CONN_DIALLING, CONN_READY, CONN_BUSY };

struct conn {
	struct db_hub *hub;
	struct event_base *base;
	const struct db_options *options;
	const struct conn_hooks *hooks;
	void *owner;

	enum conn_state state;
	struct dial *dial;
	struct event timer; /* redial, or the end of patience with a cancelled query */
	int failures; /* in a row */
	int64_t up_since;
	PGconn *pg;
	struct event io; /* one for both directions: libpq may close the socket before we do */
	bool writing; /* it waits for writing, too */
	bool broken; /* to be dropped by the next pump */
	struct stmts *prepared;
	bool deallocate; /* the server knows more names than we do */
	const struct db_query *query; /* NULL: nobody waits for the answer */
	int retries;
	int sent; /* messages that are answered by a result, in this pipeline */
	int last_upkeep; /* the last of them that changes prepared statements, counted from 1 */
	int answered;
	PGresult *result;
	PGresult *failure; /* the first */
	bool alone; /* committed, but no standby is known to have it */
	struct cancel *cancel;
	int64_t patience; /* clock_ticks() until which it is asked again */
};

/* Scratch for the parameters of one statement. */
struct params {
	const char *values[FEW_ARGS];
	int lens[FEW_ARGS];
	int formats[FEW_ARGS];
	Oid types[FEW_ARGS];
};

static void conn_pump(struct conn *, bool reads);
static void conn_drop(struct conn *);
static void conn_cancelled(void *conn);

static void conn_wait(struct conn *c, int64_t ms)
{
	struct timeval after = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	if (event_add(&c->timer, &after) != 0)
		fatal("event_add");
}

static void conn_io(evutil_socket_t fd, short what, void *arg)
{
	conn_pump(arg, what != EV_WRITE);
}

static void conn_watch(struct conn *c, short what)
{
	event_assign(&c->io, c->base, PQsocket(c->pg), what | EV_PERSIST, conn_io, c);
	/* an answer comes first; megabytes on their way out wait their turn, or nobody else had one */
	event_priority_set(&c->io, what & EV_WRITE ? LOOP_FIRST + 1 : LOOP_FIRST);
	if (event_add(&c->io, NULL) != 0)
		fatal("event_add");
}

/* Severity and code only: a message's text may hold values. Whoever cancels what waits for a standby,
 * an administrator say, has it committed and told as a success, with a warning. */
static void conn_notice(void *arg, const PGresult *res)
{
	struct conn *c = arg;
	c->alone |= pg_is_alone(res);
	log_debug("db_notice", "db", c->options->name, "severity",
		PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED), "state",
		PQresultErrorField(res, PG_DIAG_SQLSTATE), NULL);
}

static void conn_dialled(void *arg, PGconn *pg, const char *error)
{
	struct conn *c = arg;

	c->dial = NULL;
	if (!pg) {
		c->state = CONN_DOWN;
		c->hooks->lost(c->owner, false, error);
		return;
	}
	if (!PQenterPipelineMode(pg))
		fatal("cannot enter pipeline mode");
	PQsetNoticeReceiver(pg, conn_notice, c);
	PQsetErrorVerbosity(pg, PQERRORS_TERSE);
	c->pg = pg;
	c->prepared = stmts_new(MAX_PREPARED);
	c->up_since = clock_ticks();
	c->state = CONN_READY;
	conn_watch(c, EV_READ);
	c->hooks->ready(c->owner, true);
}

void conn_dial(struct conn *c)
{
	if (c->state != CONN_DOWN && c->state != CONN_WAITING)
		return;
	event_del(&c->timer);
	c->state = CONN_DIALLING;
	c->dial = dial_start(c->hub, c->options, conn_dialled, c);
}

/* A quarter of it is chance, so that many processes do not come back in step. */
static int64_t backoff(int failures)
{
	int64_t ms = failures < 6 ? (int64_t)BACKOFF_MIN_MS << failures : BACKOFF_MAX_MS;
	uint16_t chance;

	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	evutil_secure_rng_get_bytes(&chance, sizeof chance);
	return ms - ms * chance / 4 / UINT16_MAX;
}

void conn_redial(struct conn *c)
{
	c->state = CONN_WAITING;
	conn_wait(c, backoff(c->failures++));
}

bool conn_dialling(const struct conn *c)
{
	return c->state == CONN_WAITING || c->state == CONN_DIALLING;
}

/* The server may have been between two statements, or out of reach, when it was asked. */
static void conn_stop(struct conn *c)
{
	conn_wait(c, CANCEL_MS);
	if (!c->cancel)
		c->cancel = cancel_start(c->base, c->pg, conn_cancelled, c);
}

static void conn_timer(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	if (c->state == CONN_WAITING)
		conn_dial(c);
	else if (c->state == CONN_BUSY && c->sent > 0 && clock_ticks() < c->patience)
		conn_stop(c);
	else if (c->state == CONN_BUSY)
		conn_drop(c); /* the cancelled query, or its cancel request, did not end */
}

struct conn *conn_new(struct db_hub *hub, const struct db_options *options,
	const struct conn_hooks *hooks, void *owner)
{
	struct conn *c = xcalloc(1, sizeof *c);

	c->hub = hub;
	c->base = hub_base(hub);
	c->options = options;
	c->hooks = hooks;
	c->owner = owner;
	event_assign(&c->timer, c->base, -1, 0, conn_timer, c);
	return c;
}

static void conn_close(struct conn *c)
{
	event_del(&c->timer);
	cancel_abandon(c->cancel);
	c->cancel = NULL;
	PQclear(c->result);
	PQclear(c->failure);
	c->result = c->failure = NULL;
	if (c->pg) {
		event_del(&c->io);
		PQfinish(c->pg);
	}
	stmts_free(c->prepared);
	c->pg = NULL;
	c->prepared = NULL;
	c->writing = c->broken = c->deallocate = c->alone = false;
	c->sent = 0;
	c->state = CONN_DOWN;
}

void conn_free(struct conn *c)
{
	if (!c)
		return;
	dial_abandon(c->dial);
	conn_close(c);
	free(c);
}

/* A failed statement is not the reason, and its message may hold values. */
static void conn_reason(const struct conn *c, char *why, size_t size)
{
	const char *message = PQerrorMessage(c->pg);
	struct db_error failure;

	if (c->failure) {
		pg_error(c->failure, &failure);
		message = strcmp(failure.state, "08006") == 0 ? failure.message : "";
	}
	pg_one_line(*message ? message : "no answer", why, size);
}

static void conn_drop(struct conn *c)
{
	const struct db_query *query = c->query;
	struct db_error error = { .state = "08006" };
	char why[512];

	conn_reason(c, why, sizeof why);
	if (clock_ticks() - c->up_since >= STEADY_MS)
		c->failures = 0;
	c->query = NULL;
	conn_close(c);
	error.message = why;
	if (query)
		c->hooks->answered(c->owner, query, NULL, &error);
	c->hooks->lost(c->owner, true, why);
}

void conn_break(struct conn *c)
{
	c->broken = true;
	event_active(&c->io, EV_READ, 1);
}

/* What is prepared stays so also when the transaction fails, unless it was not reached: upkeep is
 * counted, and conn_retry() looks. */
static bool conn_upkeep(struct conn *c, const char *sql)
{
	c->last_upkeep = ++c->sent;
	return PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0);
}

static const char *conn_prepare(struct conn *c, const char *sql, const Oid *types, int ntypes)
{
	struct stmt_name evicted;
	char deallocate[32];
	const struct stmt_name *name = stmts_find(c->prepared, sql, types, ntypes);

	if (name)
		return name->text;
	name = stmts_add(c->prepared, sql, types, ntypes, &evicted);
	snprintf(deallocate, sizeof deallocate, "DEALLOCATE %s", evicted.text);
	if (evicted.text[0] && !conn_upkeep(c, deallocate))
		return NULL;
	c->last_upkeep = ++c->sent;
	return PQsendPrepare(c->pg, name->text, sql, ntypes, types) ? name->text : NULL;
}

/* Neither libpq nor we copy a value anywhere but into the bytes to send. */
static bool conn_execute(struct conn *c, const struct db_statement *s, bool binary,
	const char **values, int *lens, int *formats, Oid *types)
{
	for (int i = 0; i < s->nargs; i++) {
		values[i] = s->args[i].value;
		lens[i] = s->args[i].len;
		formats[i] = s->args[i].binary;
		types[i] = s->args[i].type;
	}
	const char *name = conn_prepare(c, s->sql, types, s->nargs);
	if (!name)
		return false;
	c->sent++;
	return PQsendQueryPrepared(c->pg, name, s->nargs, values, lens, formats, binary);
}

static bool conn_send_statement(struct conn *c, const struct db_statement *s, bool binary)
{
	struct params few;
	size_t n = (size_t)s->nargs;

	if (s->nargs <= FEW_ARGS)
		return conn_execute(c, s, binary, few.values, few.lens, few.formats, few.types);

	const char **values = xcalloc(n, sizeof *values);
	int *numbers = xcalloc(n, 3 * sizeof *numbers);
	bool sent =
		conn_execute(c, s, binary, values, numbers, numbers + n, (Oid *)(numbers + 2 * n));
	free(values);
	free(numbers);
	return sent;
}

static bool conn_send_all(struct conn *c, const struct db_query *q)
{
	c->sent = c->last_upkeep = c->answered = 0;
	c->alone = false;
	if (c->deallocate) {
		c->deallocate = false;
		if (!conn_upkeep(c, "DEALLOCATE ALL"))
			return false;
	}
	for (int i = 0; i < q->nstatements; i++)
		if (!conn_send_statement(c, &q->statements[i], q->binary))
			return false;
	return PQpipelineSync(c->pg); /* which also writes */
}

/* Interest in writing is rare: only when the socket's buffer is full. */
static bool conn_flush(struct conn *c)
{
	int unsent = PQflush(c->pg);

	if (unsent < 0)
		return false;
	if (c->writing != (unsent > 0)) {
		c->writing = unsent > 0;
		event_del(&c->io);
		conn_watch(c, c->writing ? EV_READ | EV_WRITE : EV_READ);
	}
	return true;
}

static void conn_transmit(struct conn *c)
{
	if (!conn_send_all(c, c->query) || !conn_flush(c))
		conn_break(c);
	else if (!PQisBusy(c->pg)) /* libpq read the answer while it wrote */
		event_active(&c->io, EV_READ, 1);
}

void conn_send(struct conn *c, const struct db_query *query)
{
	if (c->state != CONN_READY || query->nstatements < 1)
		fatal("conn_send");
	c->state = CONN_BUSY;
	c->query = query;
	c->retries = 0;
	conn_transmit(c);
}

/* True when the query goes out once more: nothing was committed. */
static bool conn_retry(struct conn *c)
{
	bool stale = pg_is_stale(c->failure);
	int most = stale ? 1 : pg_is_a_clash(c->failure) ? MAX_CLASHES : 0;

	if (stale || c->answered < c->last_upkeep) {
		stmts_clear(c->prepared);
		c->deallocate = true;
	}
	if (c->retries >= most || !c->query)
		return false;
	PQclear(c->result);
	PQclear(c->failure);
	c->result = c->failure = NULL;
	c->retries++;
	conn_transmit(c);
	return true;
}

/* Free for the next query, unless a cancel request is still on its way and could hit it. */
static void conn_release(struct conn *c)
{
	if (c->cancel)
		return;
	event_del(&c->timer);
	c->state = CONN_READY;
	c->hooks->ready(c->owner, false);
}

static void conn_cancelled(void *arg)
{
	struct conn *c = arg;

	c->cancel = NULL;
	if (c->state == CONN_BUSY && c->sent == 0)
		conn_release(c);
}

/* The owner gives out the next query before this one's answer is looked at: the server is kept
 * busy meanwhile. */
static void conn_finish(struct conn *c)
{
	PGresult *result = c->result, *failure = c->failure;
	const struct db_query *query = c->query;
	bool alone = c->alone;
	struct db_error error;

	if (PQtransactionStatus(c->pg) != PQTRANS_IDLE)
		fatal("a query must not open a transaction: %s",
			query ? query->statements[0].sql : "?");
	if (failure && pg_is_read_only(failure)) {
		c->broken = true; /* another server is the one that takes writes */
		return;
	}
	if (failure && conn_retry(c))
		return;
	c->sent = 0;
	c->query = NULL;
	c->result = c->failure = NULL;
	conn_release(c);
	if (query && failure) {
		pg_error(failure, &error);
		c->hooks->answered(c->owner, query, NULL, &error);
	} else if (query && alone && query->durable) {
		error = (struct db_error){ "57014", .message = "no standby is known to have it" };
		c->hooks->answered(c->owner, query, NULL, &error);
	} else if (query) {
		c->hooks->answered(c->owner, query, pg_rows(result), NULL);
		result = NULL;
	}
	PQclear(result);
	PQclear(failure);
}

static void conn_result(struct conn *c, PGresult *res)
{
	switch (PQresultStatus(res)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
	case PGRES_EMPTY_QUERY:
		c->answered++;
		PQclear(c->result);
		c->result = res;
		return;
	case PGRES_PIPELINE_SYNC:
		PQclear(res);
		conn_finish(c);
		return;
	case PGRES_PIPELINE_ABORTED: /* follows a failure */
		PQclear(res);
		return;
	default:
		if (c->failure)
			PQclear(res);
		else
			c->failure = res;
	}
}

static void conn_notify(struct conn *c)
{
	PGnotify *n;

	while (c->hooks->notified && (n = PQnotifies(c->pg))) {
		c->hooks->notified(c->owner, n->extra);
		PQfreemem(n);
	}
}

/* Reading writes as well, and each time what libpq has not got rid of is moved to the front of its
 * buffer: not twice. */
static void conn_pump(struct conn *c, bool reads)
{
	int nothing = 0;

	if (c->broken || (reads && !PQconsumeInput(c->pg)) || !conn_flush(c)) {
		conn_drop(c);
		return;
	}
	while (!PQisBusy(c->pg) && c->state == CONN_BUSY && c->sent > 0) {
		PGresult *res = PQgetResult(c->pg);
		nothing = res ? 0 : nothing + 1;
		if (res)
			conn_result(c, res);
		else if (nothing > 1 || PQstatus(c->pg) == CONNECTION_BAD)
			c->broken = true; /* one NULL separates two results */
		if (c->broken) {
			conn_drop(c);
			return;
		}
	}
	conn_notify(c);
}

void conn_abandon(struct conn *c)
{
	c->query = NULL;
}

void conn_cancel(struct conn *c, int64_t patience_ms)
{
	c->query = NULL;
	c->patience = clock_ticks() + patience_ms;
	conn_stop(c);
}
