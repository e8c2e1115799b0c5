/*
 * A release is a chore of its own: read some held uploads, give them to ingest, delete them once
 * they are durable, and on until none is left. A crash between leaves them held; what was stored
 * already is recognised by its key.
 *
 * After a failure it is tried again later and later, and one upload at a time. One that a database
 * which answers refuses again and again is set aside, whole, among the rejects.
 */
#include "held.h"

#include <string.h>

#include "adms_private.h"
#include "clock.h"
#include "fatal.h"
#include "ingest.h"
#include "log.h"
#include "records.h"
#include "upload_log.h"

#define UPLOADS_AT_ONCE 500 /* as held_some() */
#define BYTES_AT_ONCE 1048576
#define RELEASES_AT_ONCE 2 /* of all terminals: what is read stays in memory until it is stored */
#define DEADLINE_MS 25000
#define PAUSE_MS 1000 /* after a failure; twice that after the next, */
#define PAUSES 10 /* and so on, to ten minutes */
#define PAUSE_MAX_MS 600000
#define REFUSALS 5 /* of one upload: then it is set aside */

/* ---- keeping ---- */

static req_step upload_held;

void held_upload(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct contact *c = contact_of(r);
	size_t len, sealed_n;
	const char *body = req_body(r, &len);
	int lines = (int)record_count_lines(body, len);
	unsigned char *keys = arena_alloc(a, SEAL_ROW_KEY_SIZE + SEAL_KEY_SIZE);
	c->data = arena_alloc(a, sizeof(int));
	*(int *)c->data = lines;
	if (lines == 0) {
		req_text(r, 200, "OK: 0");
		return;
	}
	seal_random(keys, SEAL_ROW_KEY_SIZE);
	seal_hmac(c->adms->o.lookup_key, body, len, keys + SEAL_ROW_KEY_SIZE);
	unsigned char *sealed =
		seal_close(c->adms->o.seal, a, "held_upload.sealed", keys, body, len, &sealed_n);
	const struct db_arg args[] = { db_int(a, c->terminal->id), db_int(a, lines),
		db_int(a, (int64_t)len), db_bytes(keys, SEAL_ROW_KEY_SIZE),
		db_bytes(sealed, sealed_n), db_bytes(keys + SEAL_ROW_KEY_SIZE, SEAL_KEY_SIZE) };
	req_query(r, upload_held,
		"select held_keep($1::int, $2::int, $3::int, $4::bytea, $5::bytea, "
		"$6::bytea)",
		LEN(args), args);
}

static void upload_held(struct req *r, const struct rows *rows)
{
	const int *lines = contact_of(r)->data;
	if (rows_bool(rows, 0, 0))
		req_text(r, 200, "OK: %d", *lines);
	else
		req_text(r, 200, "ERROR: not authorised");
}

/* ---- releasing ---- */

struct release {
	struct chore chore;
	struct adms *adms;
	struct terminal *terminal;
	struct arena *arena;
	int n, open;
	int64_t ids[UPLOADS_AT_ONCE];
	struct ingest_job jobs[UPLOADS_AT_ONCE];
	bool failed;
	struct db_statement statements[1 + RECORDS_STATEMENTS];
	struct db_arg args[3];
};

static void release_start(struct adms *, struct terminal *);
static db_done uploads_deleted;

static void release_later(struct terminal *t)
{
	int64_t pause = (int64_t)PAUSE_MS
			<< (t->held_failures < PAUSES ? t->held_failures : PAUSES);
	t->held_failures++;
	t->held_at = clock_ticks() + (pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
	t->held_from = 0;
}

/* Goes on with the same terminal, or with the next one. */
static void release_end(struct release *rel, bool good)
{
	struct adms *adms = rel->adms;
	struct terminal *t = rel->terminal;
	t->releasing = false;
	adms->releasing--;
	if (good)
		t->held_failures = 0;
	if (!good)
		release_later(t);
	else if (t->held && t->approved)
		release_start(adms, t);
	chore_end(adms, &rel->chore); /* t may end with it */
	if (good)
		held_tick(adms);
}

/* The first statement; n in all. */
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
	release_end(rel, !error);
}

/* What waited is an upload of now. */
static void release_count(struct release *rel)
{
	for (int i = 0; i < rel->n; i++) {
		const struct ingest_job *job = &rel->jobs[i];
		upload_log_count(rel->adms->uploads, rel->terminal, "ATTLOG",
			&(struct upload_counts){ .lines = job->received,
				.stored = job->stored,
				.rejected = job->rejected });
	}
}

/* Together with what else is done to them. */
static void uploads_delete(struct release *rel, int more)
{
	rel->args[1] = db_int8_array(rel->arena, rel->ids, NULL, rel->n);
	release_query(
		rel, "select held_released($1::int, $2::bigint[])", 2, 1 + more, uploads_deleted);
}

/* It stays what it is, where people see it. */
static void upload_set_aside(struct release *rel)
{
	const struct ingest_job *job = &rel->jobs[0];
	struct records rs = records_new(rel->adms, rel->arena);
	records_reject(&rs, rel->terminal, "ATTLOG", (struct span){ job->body, job->len },
		"refused by the database");
	log_error("held_set_aside", "sn", rel->terminal->sn, "bytes", log_num((int64_t)job->len),
		NULL);
	uploads_delete(rel, records_statements(&rs, &rel->statements[1]));
}

static void upload_durable(void *arg, bool durable)
{
	struct release *rel = arg;
	rel->failed |= !durable;
	if (--rel->open > 0)
		return;
	if (!rel->failed) {
		release_count(rel);
		uploads_delete(rel, 0);
	} else if (rel->n == 1 && rel->jobs[0].refused &&
		   rel->terminal->held_failures >= REFUSALS) {
		upload_set_aside(rel);
	} else {
		release_end(rel, false);
	}
}

/* False: it cannot be opened, and stays held. */
static bool release_open(struct release *rel, const struct rows *rows, int i)
{
	struct ingest_job *job = &rel->jobs[rel->n];
	*job = (struct ingest_job){ .terminal = rel->terminal, .done = upload_durable, .arg = rel };
	job->body = seal_open(rel->adms->o.seal, rel->arena, "held_upload.sealed",
		(const unsigned char *)rows_text(rows, i, 1), rows_text(rows, i, 2),
		rows_len(rows, i, 2), &job->len);
	rel->terminal->held_from = rows_int(rows, i, 0) + 1;
	if (!job->body)
		return false;
	rel->ids[rel->n++] = rows_int(rows, i, 0);
	return true;
}

static void uploads_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct release *rel = arg;
	if (error || rows_count(rows) == 0) {
		rows_free(rows);
		if (!error)
			rel->terminal->held = false; /* until it is read again */
		release_end(rel, !error);
		return;
	}
	arena_defer(rel->arena, (void (*)(void *))rows_free, rows);
	for (int i = 0; i < rows_count(rows); i++)
		if (!release_open(rel, rows, i))
			log_error("held_not_opened", "sn", rel->terminal->sn, NULL);
	log_info("held_released", "sn", rel->terminal->sn, "uploads", log_num(rel->n), NULL);
	if (rel->n == 0) {
		release_end(rel, true);
		return;
	}
	/* the last job's end may free rel: no loop over rel->n */
	struct ingest *ingest = rel->adms->ingest;
	struct ingest_job *jobs = rel->jobs;
	int n = rel->open = rel->n;
	for (int i = 0; i < n; i++)
		ingest_add(ingest, &jobs[i]);
}

static void release_start(struct adms *adms, struct terminal *t)
{
	struct arena *a = arena_new();
	struct release *rel = arena_alloc(a, sizeof(*rel));
	rel->adms = adms;
	rel->terminal = terminal_hold(a, t);
	rel->arena = a;
	chore_begin(adms, &rel->chore, a);
	adms->releasing++;
	t->releasing = true;
	rel->args[1] = db_int(a, t->held_from);
	rel->args[2] = db_int(a, t->held_failures > 0 ? 1 : BYTES_AT_ONCE);
	release_query(rel,
		"select id, row_key, sealed from held_some($1::int, $2::bigint, $3::bigint)", 3, 1,
		uploads_found);
}

static void held_check(void *arg, struct terminal *t)
{
	struct adms *adms = arg;
	if (t->held && t->approved && !t->releasing && adms->releasing < RELEASES_AT_ONCE &&
		(t->held_failures == 0 || clock_ticks() >= t->held_at))
		release_start(adms, t);
}

void held_tick(struct adms *adms)
{
	terminals_each(adms->terminals, held_check, adms);
}
