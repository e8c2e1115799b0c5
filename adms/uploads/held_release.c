/*
 * A release is a chore of its own: read some held uploads, store them in their order (punches through
 * ingest, a slice at a time, so that others' are not behind all of them), delete them, and on until
 * none is left. A crash between leaves them held; what was stored already is recognised. Of several
 * processes one is at it (held_lease() in SQL).
 *
 * After a failure it is tried again later and later, and one upload at a time. One that a database
 * which takes others refuses again and again is set aside, whole, among the rejects. Where none are
 * taken (a right is missing, the schema is a newer one) it is not the upload's fault, and it waits.
 */
#include <string.h>

#include "clock.h"
#include "fatal.h"
#include "held.h"
#include "held_records.h"
#include "ingest.h"
#include "log.h"
#include "map.h"
#include "means.h"
#include "offload.h"

#define BYTES_AT_ONCE 1048576
#define SLICE_BYTES 131072 /* of punches that wait in ingest's queue at once */
#define SLICE_UPLOADS 500 /* as held_take() in SQL */
#define RELEASES_AT_ONCE 2 /* of all terminals: what is read stays in memory until it is stored */
#define DEADLINE_MS 25000
#define BUSY_MS 2000 /* until another process is asked again whether it is done */
#define PAUSE_MS 1000 /* after a failure; twice that after the next, */
#define PAUSES 10 /* and so on, to ten minutes */
#define PAUSE_MAX_MS 600000
#define REFUSALS 5 /* of one upload: then it is set aside, where others were stored meanwhile */

/* An upload, opened. */
struct held {
	int64_t id, received;
	const char *table;
	const char *body;
	size_t len;
	struct upload_counts counts;
};

/* A part of one, on its way through ingest. */
struct slice {
	struct ingest_job job;
	struct held *of;
};

struct release {
	struct chore chore;
	struct adms *adms;
	struct terminal *terminal;
	const struct terminal *copy;
	struct arena *arena;
	const struct rows *rows;
	struct held *held;
	int n, at; /* of them, those before `at` are stored, */
	size_t from; /* and of that one the bytes before this */
	int unopened;
	struct map *erased; /* PIN -> when, microseconds since 1970 */
	struct slice *slices;
	int nslices, open;
	struct held_taking taking;
	bool failed, refused;
	struct db_statement statements[1 + RECORDS_STATEMENTS];
	struct db_arg args[4];
};

enum outcome { GOES_ON, FAILED, IS_ANOTHERS };

static void release_start(struct adms *, struct terminal *);
static void release_next(struct release *);
static db_done uploads_deleted;

/* ---- the end ---- */

struct leaving {
	struct chore chore;
	struct adms *adms;
	struct db_arg args[2];
};

static void lease_left(void *arg, struct rows *rows, const struct db_error *error)
{
	struct leaving *l = arg;
	rows_free(rows); /* after an error: it lapses */
	chore_end(l->adms, &l->chore);
}

/* Another process may try. */
static void lease_leave(struct adms *adms, const struct terminal *t)
{
	struct arena *a = arena_new();
	struct leaving *l = arena_alloc(a, sizeof(*l));
	l->adms = adms;
	l->args[0] = db_int(a, t->id);
	l->args[1] = db_int(a, adms->held_taker);
	chore_begin(adms, &l->chore, a);
	const struct db_statement leave = { "select held_leave($1::int, $2::bigint)", l->args,
		LEN(l->args) };
	db_query(adms->db, &(struct db_query){ .statements = &leave,
				   .nstatements = 1,
				   .deadline_ms = DEADLINE_MS,
				   .done = lease_left,
				   .arg = l });
}

static void release_later(const struct release *rel)
{
	struct terminal *t = rel->terminal;
	int64_t pause = (int64_t)PAUSE_MS
			<< (t->held_failures < PAUSES ? t->held_failures : PAUSES);
	if (t->held_failures++ == 0)
		t->held_stored = rel->adms->stats.punches_stored;
	t->held_at = clock_ticks() + (pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
	t->held_from = 0;
	lease_leave(rel->adms, t);
}

/* Goes on with the same terminal, or with the next one. */
static void release_end(struct release *rel, enum outcome outcome)
{
	struct adms *adms = rel->adms;
	struct terminal *t = rel->terminal;
	t->releasing = false;
	adms->releasing--;
	if (outcome == FAILED)
		release_later(rel);
	else
		t->held_at = outcome == IS_ANOTHERS ? clock_ticks() + BUSY_MS : 0;
	if (outcome == GOES_ON)
		t->held_failures = 0;
	if (outcome == GOES_ON && t->held && t->approved)
		release_start(adms, t);
	chore_end(adms, &rel->chore); /* t may end with it */
	if (outcome != FAILED)
		held_tick(adms);
}

/* ---- statements ---- */

/* The first statement; n in all. The first argument is the terminal. */
static void release_query(struct release *rel, const char *sql, int nargs, int n, db_done *done)
{
	rel->args[0] = db_int(rel->arena, rel->terminal->id);
	rel->statements[0] = (struct db_statement){ sql, rel->args, nargs };
	db_query(rel->adms->db, &(struct db_query){ .statements = rel->statements,
					.nstatements = n,
					.binary = true,
					.durable = done == uploads_deleted,
					.deadline_ms = DEADLINE_MS,
					.done = done,
					.arg = rel });
}

static void uploads_deleted(void *arg, struct rows *rows, const struct db_error *error)
{
	struct release *rel = arg;
	rows_free(rows);
	if (error)
		log_warn("held_not_deleted", "sn", rel->terminal->sn, "reason", error->message,
			NULL);
	release_end(rel, error || rel->failed ? FAILED : GOES_ON);
}

/* The first n, together with what else is done to them. What waited is an upload of now. */
static void uploads_delete(struct release *rel, int n, int more)
{
	int64_t *ids = arena_array(rel->arena, (size_t)n, sizeof(*ids));
	for (int i = 0; i < n; i++) {
		ids[i] = rel->held[i].id;
		upload_log_count(rel->adms->uploads, rel->terminal, rel->held[i].table,
			&rel->held[i].counts);
	}
	rel->args[1] = db_int8_array(rel->arena, ids, NULL, n);
	release_query(
		rel, "select held_released($1::int, $2::bigint[])", 2, 1 + more, uploads_deleted);
}

/* ---- failures ---- */

/* It stays what it is, where people see it. */
static void upload_set_aside(struct release *rel)
{
	struct held *h = &rel->held[0];
	struct records rs = records_new(rel->adms, rel->arena);
	records_reject(&rs, rel->terminal, h->table, (struct span){ h->body, h->len },
		"refused by the database");
	h->counts.stored = 0;
	h->counts.rejected = h->counts.lines;
	log_error(
		"held_set_aside", "sn", rel->terminal->sn, "bytes", log_num((int64_t)h->len), NULL);
	rel->failed = false;
	uploads_delete(rel, 1, records_statements(&rs, &rel->statements[1]));
}

static bool release_is_to_blame(const struct release *rel)
{
	const struct terminal *t = rel->terminal;
	return rel->n == 1 && rel->refused && t->held_failures >= REFUSALS &&
	       rel->adms->stats.punches_stored > t->held_stored;
}

/* What came before is done with. */
static void release_failed(struct release *rel)
{
	rel->failed = true;
	if (release_is_to_blame(rel))
		upload_set_aside(rel);
	else if (rel->at > 0)
		uploads_delete(rel, rel->at, 0);
	else
		release_end(rel, FAILED);
}

/* ---- punches ---- */

static void slice_durable(void *arg, bool durable)
{
	struct release *rel = arg;
	rel->failed |= !durable;
	if (--rel->open > 0)
		return;
	for (int i = 0; i < rel->nslices; i++) {
		const struct ingest_job *job = &rel->slices[i].job;
		struct upload_counts *counts = &rel->slices[i].of->counts;
		rel->refused |= job->refused;
		counts->stored += job->stored;
		counts->rejected += job->rejected;
	}
	if (rel->failed) {
		release_failed(rel);
		return;
	}
	const struct slice *last = &rel->slices[rel->nslices - 1];
	size_t end = (size_t)(last->job.body - last->of->body) + last->job.len;
	bool whole = end == last->of->len;
	rel->at = (int)(last->of - rel->held) + whole;
	rel->from = whole ? 0 : end;
	release_next(rel);
}

/* Of so many bytes and more, as much as ends with a line. */
static size_t slice_len(const char *body, size_t len, size_t wanted)
{
	const char *lf = wanted < len ? memchr(body + wanted, '\n', len - wanted) : NULL;
	return lf ? (size_t)(lf - body) + 1 : len;
}

static void punches_release(struct release *rel)
{
	struct ingest *ingest = rel->adms->ingest;
	struct slice *slices = rel->slices;
	size_t room = SLICE_BYTES, from = rel->from;
	int n = 0;
	for (int i = rel->at; i < rel->n && n < SLICE_UPLOADS && room > 0; i++, from = 0) {
		struct held *h = &rel->held[i];
		if (strcmp(h->table, "ATTLOG") != 0)
			break;
		struct slice *s = &slices[n++];
		size_t len = slice_len(h->body + from, h->len - from, room);
		*s = (struct slice){ .of = h,
			.job = { .terminal = rel->terminal,
				.body = h->body + from,
				.len = len,
				.done = slice_durable,
				.arg = rel } };
		room -= len < room ? len : room;
	}
	rel->nslices = rel->open = n;
	for (int i = 0; i < n; i++) /* the end of the last one may free rel */
		ingest_add(ingest, &slices[i].job);
}

/* ---- records and photos ---- */

static void records_taken(void *arg, bool good)
{
	struct release *rel = arg;
	struct upload_counts *counts = &rel->held[rel->at].counts;
	counts->stored = rel->taking.counts.stored;
	counts->rejected = rel->taking.counts.rejected;
	rel->refused |= rel->taking.refused;
	if (!good) {
		release_failed(rel);
		return;
	}
	rel->at++;
	release_next(rel);
}

static void records_release(struct release *rel)
{
	const struct held *h = &rel->held[rel->at];
	rel->taking = (struct held_taking){ .adms = rel->adms,
		.terminal = rel->copy,
		.table = h->table,
		.body = { h->body, h->len },
		.erased = rel->erased,
		.received = h->received,
		.done = records_taken,
		.arg = rel,
		.round = rel->taking.round };
	held_take(&rel->taking);
}

/* In their order. */
static void release_next(struct release *rel)
{
	if (rel->at == rel->n)
		uploads_delete(rel, rel->n, 0);
	else if (strcmp(rel->held[rel->at].table, "ATTLOG") == 0)
		punches_release(rel);
	else
		records_release(rel);
}

/* ---- the beginning ---- */

static void release_unread(struct release *rel, const struct db_error *error)
{
	log_warn("held_not_read", "sn", rel->terminal->sn, "reason", error->message, NULL);
	release_end(rel, FAILED);
}

/* Who was erased since the first of them came: nothing else keeps what waited from bringing them
 * back. */
static void erased_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct release *rel = arg;
	if (error) {
		release_unread(rel, error);
		return;
	}
	rel->erased = map_new();
	arena_defer(rel->arena, (void (*)(void *))map_free, rel->erased);
	for (int i = 0; i < rows_count(rows); i++)
		map_put(rel->erased, rows_text(rows, i, 0), rows_len(rows, i, 0),
			(uintptr_t)rows_int(rows, i, 1));
	rows_free(rows);
	release_next(rel);
}

/* False: it cannot be opened, and stays held. */
static bool upload_open(struct release *rel, int i)
{
	const struct rows *rows = rel->rows;
	struct held *h = &rel->held[rel->n];
	*h = (struct held){ .id = rows_int(rows, i, 0),
		.table = rows_text(rows, i, 1),
		.counts.lines = rows_int(rows, i, 2),
		.received = rows_int(rows, i, 5) };
	char *body = seal_open(rel->adms->o.seal, rel->arena, "held_upload.sealed",
		(const unsigned char *)rows_text(rows, i, 3), rows_text(rows, i, 4),
		rows_len(rows, i, 4), &h->len);
	if (!body)
		return false;
	if (strcmp(h->table, "ATTLOG") == 0)
		record_comb_lines(body, &h->len);
	h->body = body;
	rel->n++;
	return true;
}

/* On a thread. */
static void uploads_open(void *arg)
{
	struct release *rel = arg;
	for (int i = 0; i < rows_count(rel->rows); i++)
		rel->unopened += !upload_open(rel, i);
}

static void uploads_opened(void *arg)
{
	struct release *rel = arg;
	bool records = false;
	rel->terminal->held_from = rows_int(rel->rows, rows_count(rel->rows) - 1, 0) + 1;
	if (rel->unopened > 0)
		log_error("held_not_opened", "sn", rel->terminal->sn, "uploads",
			log_num(rel->unopened), NULL);
	log_info("held_released", "sn", rel->terminal->sn, "uploads", log_num(rel->n), NULL);
	for (int i = 0; i < rel->n; i++)
		records |= strcmp(rel->held[i].table, "ATTLOG") != 0;
	if (rel->n == 0) {
		release_end(rel, GOES_ON);
	} else if (records) {
		release_query(
			rel, "select pin, erased from held_erased($1::int)", 1, 1, erased_found);
	} else {
		release_next(rel);
	}
}

static void uploads_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct release *rel = arg;
	if (error) {
		release_unread(rel, error);
		return;
	}
	if (rows_count(rows) == 0) {
		rows_free(rows);
		rel->terminal->held = false; /* until it is read again */
		release_end(rel, GOES_ON);
		return;
	}
	arena_defer(rel->arena, (void (*)(void *))rows_free, rows);
	rel->rows = rows;
	if (rows_null(rows, 0, 0)) {
		release_end(rel, IS_ANOTHERS);
		return;
	}
	size_t n = (size_t)rows_count(rows);
	rel->held = arena_array(rel->arena, n, sizeof(*rel->held));
	rel->slices = arena_array(rel->arena, n, sizeof(*rel->slices));
	if (!offload_run(rel->adms->threads, uploads_open, uploads_opened, rel))
		release_end(rel, FAILED);
}

static void release_start(struct adms *adms, struct terminal *t)
{
	struct arena *a = arena_new();
	struct release *rel = arena_alloc(a, sizeof(*rel));
	rel->adms = adms;
	rel->terminal = terminal_hold(a, t);
	rel->copy = terminal_copy(a, t);
	rel->arena = a;
	chore_begin(adms, &rel->chore, a);
	arena_defer(a, held_taking_free, &rel->taking);
	adms->releasing++;
	t->releasing = true;
	rel->args[1] = db_int(a, adms->held_taker);
	rel->args[2] = db_int(a, t->held_from);
	rel->args[3] = db_int(a, t->held_failures > 0 ? 1 : BYTES_AT_ONCE);
	release_query(rel,
		"select id, table_name, lines, row_key, sealed, received "
		"from held_take($1::int, $2::bigint, $3::bigint, $4::bigint)",
		4, 1, uploads_found);
}

static void held_check(void *arg, struct terminal *t)
{
	struct adms *adms = arg;
	if (t->held && t->approved && !t->releasing && adms->releasing < RELEASES_AT_ONCE &&
		clock_ticks() >= t->held_at)
		release_start(adms, t);
}

void held_tick(struct adms *adms)
{
	terminals_each(adms->terminals, held_check, adms);
}
