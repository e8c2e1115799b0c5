/*
 * Says who asks, and takes pending audit rows into this process's chain.
 *
 * Every process has a chain of its own, so that none waits for another. What a process that died
 * has left behind is taken by any other after some seconds.
 */
#include "trail.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth.h"
#include "clock.h"
#include "context.h"
#include "fatal.h"
#include "log.h"
#include "outage.h"

enum {
	TICK_MS = 200,
	BUSY_MS = 3000, /* after a write they are looked for at each tick, */
	IDLE_MS = 5000, /* else so often */
	ANCHOR_MS = 60000,
	BATCH = 100, /* what is sealed at once holds up the loop */
	DEADLINE_MS = 20000
};

struct trail {
	struct db *db;
	const struct seal *seal;
	struct event *tick;
	struct db_ticket *ticket;
	struct arena *arena; /* of the round under way */
	struct db_statement statement;
	int64_t busy_until, idle_until, anchor_at; /* clock_ticks() */
	int chain; /* 0: not begun */
	bool keys_made; /* in this round */
	struct rows *pending;
	struct outage waits;
};

/* --- who asks ------------------------------------------------------------------------------- */

static json_t *actor_make(struct req *r, const struct account *account, int chain)
{
	json_t *who = json_object();

	json_object_set_new(who, "kind", json_string(account->staff ? "staff" : "user"));
	json_object_set_new(who, "id", json_integer(account->staff ? account->staff : account->id));
	if (!account->staff) /* of people the id alone, which says nothing once they are erased */
		json_object_set_new(who, "name", json_string(account->name));
	if (account->token)
		json_object_set_new(who, "token", json_integer(account->token));
	json_object_set_new(who, "address", json_string(req_peer(r)));
	json_object_set_new(who, "request",
		json_string(
			arena_printf(req_arena(r), "%s %.200s", req_method_name(r), req_path(r))));
	if (chain)
		json_object_set_new(who, "chain", json_integer(chain));
	return who;
}

static void text_release(void *text)
{
	free(text);
}

/* What is found to be so already is acknowledged like a change: with commit_everywhere(), also not
 * before the standbys have it. */
const struct db_statement *trail_statement(struct req *r)
{
	const struct account *account = auth_account(r);
	struct trail *t = api_of(r)->trail;

	bool reads = req_method(r) & (GET | HEAD | OPTIONS);
	if (!account || (reads && !(req_route(r)->flags & API_NOTED)))
		return NULL;
	struct arena *a = req_arena(r);
	json_t *who = actor_make(r, account, t->chain);
	char *text = json_dumps(who, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(who);
	if (!text) /* a path or a name that is no text cannot have come so far */
		fatal("an actor that is no JSON");
	arena_defer(a, text_release, text);
	struct db_arg *arg = arena_alloc(a, sizeof(*arg));
	struct db_statement *statement = arena_alloc(a, sizeof(*statement));
	*arg = db_text(text);
	*statement = (struct db_statement){
		"select set_config('punchd.actor', $1::text, true), commit_everywhere()", arg, 1
	};
	t->busy_until = clock_ticks() + BUSY_MS;
	return statement;
}

/* --- rounds --------------------------------------------------------------------------------- */

static void round_end(struct trail *t)
{
	rows_free(t->pending);
	arena_free(t->arena);
	t->pending = NULL;
	t->arena = NULL;
}

static void trail_ask(
	struct trail *t, db_done *done, const char *sql, const struct db_arg *args, int nargs)
{
	struct db_arg *kept = arena_array(t->arena, (size_t)nargs + 1, sizeof(*kept));

	for (int i = 0; i < nargs; i++)
		kept[i] = args[i];
	t->statement = (struct db_statement){ sql, kept, nargs };
	struct db_query *q = arena_alloc(t->arena, sizeof(*q));
	*q = (struct db_query){ .statements = &t->statement,
		.nstatements = 1,
		.binary = true,
		.deadline_ms = DEADLINE_MS,
		.done = done,
		.arg = t };
	t->ticket = db_query(t->db, q);
}

/* False: the round is over; pending rows stay for the next one. */
static bool answered(struct trail *t, const struct db_error *error)
{
	t->ticket = NULL;
	if (!error) {
		outage_passed(&t->waits, clock_ticks());
		return true;
	}
	outage_failed(&t->waits, clock_ticks(), "audit_waits", error->state, error->message);
	round_end(t);
	return false;
}

/* Columns of pending_sql. */
enum {
	ID,
	PIN,
	RESOURCE,
	BEFORE,
	AFTER,
	OLD_ROW_KEY,
	OLD_SEALED,
	NEW_ROW_KEY,
	NEW_SEALED,
	ERASED,
	KEY_ID,
	KEY_ROW_KEY,
	KEY_SEALED
};

static const char pending_sql[] =
	"select p.id, p.pin_id, p.resource, p.before::text, p.after::text, p.old_row_key,"
	" p.old_sealed, p.new_row_key, p.new_sealed, p.erased, k.id, k.row_key, k.sealed"
	" from audit_pending p left join person_key k on k.pin_id = p.pin_id"
	" where p.chain_id is null or p.chain_id = $1::int"
	" or p.happened < now() - interval '5 seconds' order by p.id limit $2::int";

static db_done pending_read, keys_made, rows_linked;

static void pending_ask(struct trail *t)
{
	rows_free(t->pending);
	t->pending = NULL;
	const struct db_arg args[] = { db_int(t->arena, t->chain), db_int(t->arena, BATCH) };
	trail_ask(t, pending_read, pending_sql, args, LEN(args));
}

static bool wants_key(const struct rows *rows, int i)
{
	return !rows_null(rows, i, PIN) && !rows_bool(rows, i, ERASED) &&
	       rows_null(rows, i, KEY_ID);
}

/* True: some people have no key yet, and are given one first. */
static bool keys_make(struct trail *t, const struct rows *rows)
{
	int n = 0, pins[BATCH];
	const void *row_keys[BATCH], *sealed[BATCH];
	size_t row_key_lens[BATCH], lens[BATCH];

	for (int i = 0; i < rows_count(rows); i++) {
		int pin = (int)rows_int(rows, i, PIN), k = 0;
		while (k < n && pins[k] != pin)
			k++;
		if (k < n || !wants_key(rows, i))
			continue;
		unsigned char *row_key, *key;
		trail_key_make(t->seal, t->arena, &row_key, &key, &lens[n]);
		row_keys[n] = row_key;
		row_key_lens[n] = SEAL_ROW_KEY_SIZE;
		sealed[n] = key;
		pins[n++] = pin;
	}
	if (n == 0 || t->keys_made)
		return false;
	t->keys_made = true;
	const struct db_arg args[] = { db_int4_array(t->arena, pins, NULL, n),
		db_bytes_array(t->arena, row_keys, row_key_lens, n),
		db_bytes_array(t->arena, sealed, lens, n) };
	trail_ask(t, keys_made, "select person_keys_make($1::int[], $2::bytea[], $3::bytea[])",
		args, LEN(args));
	return true;
}

static void keys_made(void *arg, struct rows *rows, const struct db_error *error)
{
	struct trail *t = arg;

	rows_free(rows);
	if (answered(t, error))
		pending_ask(t);
}

static struct trail_record record_of(const struct rows *rows, int i, int row_key, int sealed)
{
	return (struct trail_record){ rows_text(rows, i, row_key), rows_text(rows, i, sealed),
		rows_len(rows, i, row_key), rows_len(rows, i, sealed) };
}

/* NULL where there is nothing personal, or no key for it any more. */
static const void *row_close(struct trail *t, const struct rows *rows, int i, size_t *n)
{
	unsigned char key[SEAL_KEY_SIZE];

	*n = 0;
	if (rows_null(rows, i, PIN) || rows_bool(rows, i, ERASED) || rows_null(rows, i, KEY_ID))
		return NULL;
	if (!trail_key_open(t->seal, t->arena, rows_text(rows, i, KEY_ROW_KEY),
		    rows_len(rows, i, KEY_ROW_KEY), rows_text(rows, i, KEY_SEALED),
		    rows_len(rows, i, KEY_SEALED), key)) {
		log_error("sealed_record_unreadable", "place", "person_key.sealed", NULL);
		return NULL;
	}
	const struct trail_record was = record_of(rows, i, OLD_ROW_KEY, OLD_SEALED);
	const struct trail_record is = record_of(rows, i, NEW_ROW_KEY, NEW_SEALED);
	const void *personal = trail_close(t->seal, t->arena, rows_text(rows, i, RESOURCE), key,
		rows_text(rows, i, BEFORE), rows_text(rows, i, AFTER), &was, &is, n);
	explicit_bzero(key, sizeof(key));
	return personal;
}

static void rows_link(struct trail *t, const struct rows *rows)
{
	int n = rows_count(rows);
	int64_t ids[BATCH], keys[BATCH];
	const void *personals[BATCH];
	size_t lens[BATCH];

	for (int i = 0; i < n; i++) {
		ids[i] = rows_int(rows, i, ID);
		keys[i] = rows_int(rows, i, KEY_ID);
		personals[i] = row_close(t, rows, i, &lens[i]);
	}
	const struct db_arg args[] = { db_int(t->arena, t->chain),
		db_int8_array(t->arena, ids, NULL, n), db_int8_array(t->arena, keys, NULL, n),
		db_bytes_array(t->arena, personals, lens, n) };
	trail_ask(t, rows_linked,
		"select audit_link($1::int, $2::bigint[], $3::bigint[], $4::bytea[])", args,
		LEN(args));
}

static void pending_read(void *arg, struct rows *rows, const struct db_error *error)
{
	struct trail *t = arg;

	t->pending = rows;
	if (!answered(t, error))
		return;
	if (rows_count(rows) == 0)
		round_end(t);
	else if (!keys_make(t, rows))
		rows_link(t, rows);
}

static void round_begin(struct trail *t)
{
	t->keys_made = false;
	t->arena = arena_new();
	pending_ask(t);
}

static void rows_linked(void *arg, struct rows *rows, const struct db_error *error)
{
	struct trail *t = arg;

	rows_free(rows);
	if (!answered(t, error))
		return;
	bool more = rows_count(t->pending) == BATCH;
	round_end(t);
	if (more)
		round_begin(t);
}

/* --- the chain ------------------------------------------------------------------------------ */

static void chain_begun(void *arg, struct rows *rows, const struct db_error *error)
{
	struct trail *t = arg;

	if (answered(t, error)) {
		t->chain = (int)rows_int(rows, 0, 0);
		round_end(t);
	}
	rows_free(rows);
}

static void chain_begin(struct trail *t)
{
	char host[128] = "";

	gethostname(host, sizeof(host) - 1);
	const struct db_arg args[] = { db_text(
		arena_printf(t->arena, "%s:%d", host, (int)getpid())) };
	trail_ask(t, chain_begun, "select audit_begin($1::text)", args, LEN(args));
}

/* The log keeps it out of the database's reach. */
static void anchored(void *arg, struct rows *rows, const struct db_error *error)
{
	struct trail *t = arg;

	if (answered(t, error)) {
		if (!rows_null(rows, 0, 0))
			log_info("audit_anchor", "chain", log_num(t->chain), "hash",
				rows_text(rows, 0, 0), NULL);
		round_end(t);
	}
	rows_free(rows);
}

static void anchor_ask(struct trail *t, int64_t now)
{
	const struct db_arg args[] = { db_int(t->arena, t->chain) };

	t->anchor_at = now + ANCHOR_MS;
	trail_ask(t, anchored, "select audit_anchor($1::int, false)", args, LEN(args));
}

static void trail_look(int fd, short what, void *arg)
{
	struct trail *t = arg;
	int64_t now = clock_ticks();

	if (t->ticket || !db_up(t->db) || (now > t->busy_until && now < t->idle_until))
		return;
	t->idle_until = now + IDLE_MS;
	if (t->chain && (now < t->anchor_at || now <= t->busy_until)) {
		round_begin(t);
		return;
	}
	t->arena = arena_new();
	if (t->chain)
		anchor_ask(t, now);
	else
		chain_begin(t);
}

struct trail *trail_new(const struct api_options *o)
{
	static const struct timeval tick = { .tv_usec = TICK_MS * 1000 };
	struct trail *t = xcalloc(1, sizeof(*t));

	t->db = o->db;
	t->seal = o->seal;
	t->busy_until = clock_ticks() + BUSY_MS;
	t->anchor_at = clock_ticks() + ANCHOR_MS;
	t->tick = event_new(o->base, -1, EV_PERSIST, trail_look, t);
	if (!t->tick || event_add(t->tick, &tick) < 0)
		fatal("cannot watch the audit trail");
	return t;
}

void trail_free(struct trail *t)
{
	if (t->ticket)
		db_forget(t->ticket);
	event_free(t->tick);
	round_end(t);
	free(t);
}
