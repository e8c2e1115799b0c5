/*
 * Rows of terminal_load() to memory. Zones are read once each: the database knows the rules.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fatal.h"
#include "log.h"
#include "map.h"
#include "means.h"
#include "terminal_private.h"

/* A number of a text column or 0. */
static int column_digits(const char *text)
{
	int64_t n;
	return text && str_to_int(text, 0, 1000000, &n) ? (int)n : 0;
}

/* One reading of rows: first the zones that are new, then the terminals. */
struct load {
	struct terminals *terminals;
	struct arena *arena;
	const struct rows *rows;
	struct db_statement statement; /* read by db/ until the answer */
	struct db_arg arg;
	bool all;
	int32_t *ids; /* asked for, to find those that are gone */
	int n, room;
	struct waiter *waiters;
};

struct waiter {
	void (*done)(void *);
	void *arg;
	struct waiter *next;
};

enum {
	COL_ID,
	COL_SN,
	COL_APPROVED,
	COL_HELD,
	COL_DUE,
	COL_ORIGIN,
	COL_HEARTBEAT,
	COL_ZONE,
	COL_FIXED,
	COL_CODE_PAGE,
	COL_LANGUAGE,
	COL_PUSH_VER,
	COL_DEVICE_TYPE,
	COL_NAME,
	COL_FIRMWARE,
	COL_GENERATION,
	COL_FP_VERSION,
	COL_FACE_VERSION,
	COL_DECODED_AS,
	COL_ALLOWED,
	COL_CLAIMS,
	COL_HEARD,
	COL_FORGOTTEN,
	COL_ACCESS,
	COL_KNOWN
};

struct terminal *terminals_by_id(const struct terminals *ts, int id)
{
	return (struct terminal *)map_get(ts->by_id, &id, sizeof(id));
}

/* ---- zones ---- */

static const struct zone *zone_known(const struct terminals *ts, const char *name)
{
	for (const struct zone_rules *z = ts->zones; z; z = z->next)
		if (strcmp(z->name, name) == 0)
			return &z->zone;
	return NULL;
}

/* Rows (zone, utc_from, utc_offset), a zone's rows together and ascending. */
static void zones_keep(struct terminals *ts, const struct rows *rows)
{
	int n = rows_count(rows);
	for (int i = 0, j; i < n; i = j) {
		const char *name = rows_text(rows, i, 0);
		for (j = i + 1; j < n && strcmp(rows_text(rows, j, 0), name) == 0; j++)
			;
		struct zone_step *steps = xcalloc((size_t)(j - i), sizeof(*steps));
		for (int k = i; k < j; k++)
			steps[k - i] = (struct zone_step){ rows_int(rows, k, 1),
				(int32_t)rows_int(rows, k, 2) };
		struct zone_rules *z = xcalloc(1, sizeof(*z));
		terminal_text(z->name, sizeof(z->name), name);
		z->zone = (struct zone){ .steps = steps, .nsteps = j - i };
		z->next = ts->zones;
		ts->zones = z;
	}
}

void zones_free(struct terminals *ts)
{
	while (ts->zones) {
		struct zone_rules *z = ts->zones;
		ts->zones = z->next;
		free((void *)z->zone.steps);
		free(z);
	}
}

/* ---- rows to memory ---- */

static void terminals_remove(struct terminals *ts, struct terminal *t)
{
	for (int i = 0; i < ts->count; i++)
		if (ts->all[i] == t) {
			ts->all[i] = ts->all[--ts->count];
			break;
		}
	map_put(ts->by_sn, t->sn, strlen(t->sn), 0);
	map_put(ts->by_id, &t->id, sizeof(t->id), 0);
	t->gone = true;
	t->approved = t->due = false;
	terminal_release(t);
}

static struct terminal *terminals_add(struct terminals *ts, int id, const char *sn)
{
	struct terminal *t = xcalloc(1, sizeof(*t));
	struct terminal *before = terminals_find(ts, sn);
	if (before) /* deleted and come again */
		terminals_remove(ts, before);
	t->id = id;
	t->holders = 1;
	terminal_text(t->sn, sizeof(t->sn), sn);
	if (ts->count == ts->room) {
		ts->room = ts->room ? ts->room * 2 : 64;
		ts->all = xrealloc(ts->all, (size_t)ts->room * sizeof(struct terminal *));
	}
	ts->all[ts->count++] = t;
	map_put(ts->by_sn, t->sn, strlen(t->sn), (uintptr_t)t);
	map_put(ts->by_id, &id, sizeof(id), (uintptr_t)t);
	return t;
}

/* What it said in its handshake, and of itself since. */
static void terminal_know_dialect(
	struct terminals *ts, struct terminal *t, const struct rows *rows, int i)
{
	t->generation = (int)rows_int(rows, i, COL_GENERATION);
	t->access = rows_bool(rows, i, COL_ACCESS);
	terminal_text(t->push_ver, sizeof(t->push_ver), rows_text(rows, i, COL_PUSH_VER));
	terminal_text(t->device_type, sizeof(t->device_type), rows_text(rows, i, COL_DEVICE_TYPE));
	terminal_text(t->name, sizeof(t->name), rows_text(rows, i, COL_NAME));
	if (!t->firmware[0])
		terminal_text(t->firmware, sizeof(t->firmware), rows_text(rows, i, COL_FIRMWARE));
	if (t->fp_version <= 0)
		t->fp_version = (int32_t)rows_int(rows, i, COL_FP_VERSION);
	if (t->face_version <= 0)
		t->face_version = (int32_t)rows_int(rows, i, COL_FACE_VERSION);
	terminal_judge(ts, t);
}

static void terminal_know_encoding(struct terminal *t, const struct rows *rows, int i)
{
	terminal_text(t->code_page, sizeof(t->code_page), rows_text(rows, i, COL_CODE_PAGE));
	terminal_text(t->decoded_as, sizeof(t->decoded_as), rows_text(rows, i, COL_DECODED_AS));
	t->encoding = (struct text_encoding){ .code_page = t->code_page,
		.language = column_digits(rows_text(rows, i, COL_LANGUAGE)),
		.old = t->dialect.generation <= GENERATION_2 };
	char pages[sizeof(t->decoded_as)];
	text_encoding_pages(&t->encoding, pages, sizeof(pages));
	t->undecoded = pages[0] && strcmp(pages, t->decoded_as) != 0;
}

/* A list that makes no sense, which REST would not have taken, allows nobody. */
static void terminal_know_addresses(struct terminal *t, const char *list)
{
	const char *error;
	proxies_free(t->allowed);
	t->allowed = NULL;
	if (!*list)
		return;
	t->allowed = proxies_new(list, &error);
	if (t->allowed)
		return;
	log_error("allowed_address_not_read", "sn", t->sn, NULL);
	t->allowed = proxies_new("", &error);
}

static void terminal_keep(struct terminals *ts, const struct rows *rows, int i)
{
	int id = (int)rows_int(rows, i, COL_ID);
	struct terminal *t = terminals_by_id(ts, id);
	if (!t)
		t = terminals_add(ts, id, rows_text(rows, i, COL_SN));
	t->approved = rows_bool(rows, i, COL_APPROVED) && t->unbelieved != ts->loads;
	t->held = rows_bool(rows, i, COL_HELD);
	t->heard |= rows_bool(rows, i, COL_HEARD);
	t->known |= rows_bool(rows, i, COL_KNOWN);
	if (!t->releasing)
		t->held_from = 0;
	if (rows_bool(rows, i, COL_DUE)) {
		t->due = true;
		t->woken++;
	}
	terminal_know_addresses(t, rows_text(rows, i, COL_ALLOWED));
	t->claims = rows_bool(rows, i, COL_CLAIMS);
	t->origin = (int)rows_int(rows, i, COL_ORIGIN);
	t->heartbeat = (int)rows_int(rows, i, COL_HEARTBEAT);
	const struct zone *zone = zone_known(ts, rows_text(rows, i, COL_ZONE));
	t->zone = (struct zone){ 0 };
	if (!rows_null(rows, i, COL_FIXED))
		t->zone.fixed = (int32_t)rows_int(rows, i, COL_FIXED) * 60;
	else if (zone)
		t->zone = *zone;
	terminal_forget_stamps(t, (int)rows_int(rows, i, COL_FORGOTTEN));
	terminal_know_dialect(ts, t, rows, i);
	terminal_know_encoding(t, rows, i);
}

/* Those that were asked for and have no row any more. */
static void load_bury(struct load *l)
{
	struct terminals *ts = l->terminals;
	struct map *alive = map_new();
	for (int i = 0; i < rows_count(l->rows); i++) {
		int id = (int)rows_int(l->rows, i, COL_ID);
		map_put(alive, &id, sizeof(id), 1);
	}
	for (int i = ts->count - 1; l->all && i >= 0; i--)
		if (!map_get(alive, &ts->all[i]->id, sizeof(int)))
			terminals_remove(ts, ts->all[i]);
	for (int i = 0; !l->all && i < l->n; i++) {
		struct terminal *t = terminals_by_id(ts, l->ids[i]);
		if (t && !map_get(alive, &t->id, sizeof(int)))
			terminals_remove(ts, t);
	}
	map_free(alive);
}

void load_forget(struct load *l)
{
	for (struct waiter *w = l ? l->waiters : NULL; w; w = w->next)
		w->done(w->arg);
	arena_free(l ? l->arena : NULL);
}

static void load_start(struct terminals *);

/* The next reading begins before those who waited for this one are told: what they ask for comes
 * after it. */
static void load_end(struct load *l)
{
	struct terminals *ts = l->terminals;
	ts->loading = NULL;
	load_start(ts);
	load_forget(l);
}

static void load_publish(struct load *l)
{
	outage_passed(&l->terminals->unread, clock_ticks());
	for (int i = 0; i < rows_count(l->rows); i++)
		terminal_keep(l->terminals, l->rows, i);
	load_bury(l);
	if (l->all)
		l->terminals->behind = false;
	load_end(l);
}

static void load_failed(struct load *l, const struct db_error *e)
{
	outage_failed(
		&l->terminals->unread, clock_ticks(), "terminals_not_read", e->state, e->message);
	l->terminals->behind = true;
	load_end(l);
}

static void zones_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct load *l = arg;
	if (error) {
		load_failed(l, error);
		return;
	}
	zones_keep(l->terminals, rows);
	rows_free(rows);
	load_publish(l);
}

static void load_query(struct load *l, const char *sql, db_done *done)
{
	l->statement = (struct db_statement){ .sql = sql, .args = &l->arg, .nargs = 1 };
	db_query(l->terminals->adms->db, &(struct db_query){ .statements = &l->statement,
						 .nstatements = 1,
						 .deadline_ms = TERMINAL_DEADLINE_MS,
						 .done = done,
						 .arg = l });
}

/* Names of zones that are not known yet, each once. */
static int load_zones(const struct load *l, const char **names)
{
	struct map *seen = map_new();
	int n = 0;
	for (int i = 0; i < rows_count(l->rows); i++) {
		const char *zone = rows_text(l->rows, i, COL_ZONE);
		size_t len = rows_len(l->rows, i, COL_ZONE);
		if (len > MAP_MAX_KEY || map_get(seen, zone, len) || zone_known(l->terminals, zone))
			continue;
		map_put(seen, zone, len, 1);
		names[n++] = zone;
	}
	map_free(seen);
	return n;
}

static void terminals_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct load *l = arg;
	if (error) {
		load_failed(l, error);
		return;
	}
	arena_defer(l->arena, (void (*)(void *))rows_free, rows);
	l->rows = rows;
	const char **names = arena_array(l->arena, (size_t)rows_count(rows) + 1, sizeof(*names));
	int n = load_zones(l, names);
	if (n == 0) {
		load_publish(l);
		return;
	}
	l->arg = db_text_array(l->arena, names, n);
	load_query(l,
		"select z, c.utc_from, c.utc_offset from unnest($1::text[]) z, "
		"lateral zone_changes(z) c",
		zones_found);
}

static void load_start(struct terminals *ts)
{
	struct load *l = ts->asked;
	if (!l || ts->loading)
		return;
	ts->asked = NULL;
	ts->loading = l;
	if (++ts->loads == 0)
		ts->loads = 1;
	l->arg = l->all ? db_text(NULL) : db_int4_array(l->arena, l->ids, NULL, l->n);
	load_query(l, "select * from terminal_load($1::int[])", terminals_found);
}

static struct load *load_asked(struct terminals *ts)
{
	if (!ts->asked) {
		struct arena *a = arena_new();
		ts->asked = arena_alloc(a, sizeof(*ts->asked));
		ts->asked->terminals = ts;
		ts->asked->arena = a;
	}
	return ts->asked;
}

static void load_add(struct load *l, int id)
{
	if (l->n == l->room) {
		int32_t *before = l->ids;
		l->room = l->room ? l->room * 2 : 16;
		l->ids = arena_array(l->arena, (size_t)l->room, sizeof(*l->ids));
		if (l->n > 0)
			memcpy(l->ids, before, (size_t)l->n * sizeof(*l->ids));
	}
	l->ids[l->n++] = id;
}

void terminals_load(struct terminals *ts, const int *ids, int n, void (*done)(void *), void *arg)
{
	struct load *l = load_asked(ts);
	l->all |= n == 0;
	for (int i = 0; i < n; i++)
		load_add(l, ids[i]);
	if (done) {
		struct waiter *w = arena_alloc(l->arena, sizeof(*w));
		*w = (struct waiter){ done, arg, l->waiters };
		l->waiters = w;
	}
	load_start(ts);
}

void terminal_forget_stamps(struct terminal *t, int forgotten)
{
	memset(t->stamps, 0, sizeof(t->stamps));
	if (forgotten > t->forgotten)
		t->forgotten = forgotten;
}

void terminal_disapprove(const struct terminals *ts, struct terminal *t)
{
	t->approved = false;
	t->unbelieved = ts->loading ? ts->loads : 0;
}

bool terminals_behind(const struct terminals *ts)
{
	return ts->behind;
}
