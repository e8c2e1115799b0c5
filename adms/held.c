/*
 * A release is a chore of its own: read some held uploads, give them to ingest, delete them once
 * they are durable, and on until none is left. A crash between leaves them held; what was stored
 * already is recognised by its key.
 *
 * After a failure it is tried again later and later, and one upload at a time. One that a database
 * which takes others refuses again and again is set aside, whole, among the rejects. Where none are
 * taken (a right is missing, the schema is a newer one) it is not the upload's fault, and it waits.
 */
#include "held.h"

#include <string.h>

#include "adms_private.h"
#include "clock.h"
#include "fatal.h"
#include "ingest.h"
#include "log.h"
#include "offload.h"
#include "records.h"
#include "upload_log.h"
#include "upload_private.h"

#define UPLOADS_AT_ONCE 500 /* as held_some() */
#define BYTES_AT_ONCE 1048576
#define RELEASES_AT_ONCE 2 /* of all terminals: what is read stays in memory until it is stored */
#define DEADLINE_MS 25000
#define PAUSE_MS 1000 /* after a failure; twice that after the next, */
#define PAUSES 10 /* and so on, to ten minutes */
#define PAUSE_MAX_MS 600000
#define REFUSALS 5 /* of one upload: then it is set aside, where others were stored meanwhile */

/* ---- keeping ---- */

static req_step upload_sealed, upload_held;

struct keeping {
	unsigned char row_key[SEAL_ROW_KEY_SIZE], hash[SEAL_KEY_SIZE];
	unsigned char *sealed;
	size_t n;
};

static void keeping_seal(void *arg)
{
	struct upload *u = arg;
	const struct adms *adms = contact_of(u->req)->adms;
	struct keeping *k = u->keeping;
	seal_random(k->row_key, sizeof(k->row_key));
	seal_hmac(adms->o.lookup_key, u->body, u->len, k->hash);
	k->sealed = seal_close(
		adms->o.seal, u->piece, "held_upload.sealed", k->row_key, u->body, u->len, &k->n);
}

void held_upload(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	if (u->lines == 0) {
		req_text(r, 200, "OK: 0");
		return;
	}
	u->keeping = arena_alloc(upload_piece(r), sizeof(*u->keeping));
	upload_work(r, keeping_seal, upload_sealed);
}

static void upload_sealed(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	const struct upload *u = upload_of(r);
	const struct keeping *k = u->keeping;
	const struct db_arg args[] = { db_int(a, contact_of(r)->terminal->id), db_int(a, u->lines),
		db_int(a, (int64_t)u->len), db_bytes(k->row_key, sizeof(k->row_key)),
		db_bytes(k->sealed, k->n), db_bytes(k->hash, sizeof(k->hash)) };
	const struct db_statement keep = { "select held_keep($1::int, $2::int, $3::int, "
					   "$4::bytea, $5::bytea, $6::bytea)",
		args, LEN(args) };
	req_query_with(r, upload_held,
		&(struct req_query_options){ .deadline_ms = upload_deadline_ms(u) }, &keep, 1);
}

static void upload_held(struct req *r, const struct rows *rows)
{
	if (rows_bool(rows, 0, 0))
		req_text(r, 200, "OK: %d", upload_of(r)->lines);
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
	const struct rows *rows;
	int unopened;
	bool failed;
	struct db_statement statements[1 + RECORDS_STATEMENTS];
	struct db_arg args[3];
};

static void release_start(struct adms *, struct terminal *);
static db_done uploads_deleted;

static void release_later(const struct adms *adms, struct terminal *t)
{
	int64_t pause = (int64_t)PAUSE_MS
			<< (t->held_failures < PAUSES ? t->held_failures : PAUSES);
	if (t->held_failures++ == 0)
		t->held_stored = adms->stats.punches_stored;
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
		release_later(adms, t);
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

static bool release_is_to_blame(const struct release *rel)
{
	const struct terminal *t = rel->terminal;
	return rel->n == 1 && rel->jobs[0].refused && t->held_failures >= REFUSALS &&
	       rel->adms->stats.punches_stored > t->held_stored;
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
	} else if (release_is_to_blame(rel)) {
		upload_set_aside(rel);
	} else {
		release_end(rel, false);
	}
}

/* False: it cannot be opened, and stays held. */
static bool release_open(struct release *rel, int i)
{
	const struct rows *rows = rel->rows;
	struct ingest_job *job = &rel->jobs[rel->n];
	*job = (struct ingest_job){ .terminal = rel->terminal, .done = upload_durable, .arg = rel };
	char *body = seal_open(rel->adms->o.seal, rel->arena, "held_upload.sealed",
		(const unsigned char *)rows_text(rows, i, 1), rows_text(rows, i, 2),
		rows_len(rows, i, 2), &job->len);
	if (!body)
		return false;
	record_comb_lines(body, &job->len);
	job->body = body;
	rel->ids[rel->n++] = rows_int(rows, i, 0);
	return true;
}

/* On a thread. */
static void uploads_open(void *arg)
{
	struct release *rel = arg;
	for (int i = 0; i < rows_count(rel->rows); i++)
		rel->unopened += !release_open(rel, i);
}

static void uploads_opened(void *arg)
{
	struct release *rel = arg;
	struct ingest *ingest = rel->adms->ingest;
	struct ingest_job *jobs = rel->jobs;
	int n = rel->open = rel->n;
	rel->terminal->held_from = rows_int(rel->rows, rows_count(rel->rows) - 1, 0) + 1;
	if (rel->unopened > 0)
		log_error("held_not_opened", "sn", rel->terminal->sn, "uploads",
			log_num(rel->unopened), NULL);
	log_info("held_released", "sn", rel->terminal->sn, "uploads", log_num(n), NULL);
	if (n == 0) {
		release_end(rel, true);
		return;
	}
	/* the last job's end may free rel: no loop over rel->n */
	for (int i = 0; i < n; i++)
		ingest_add(ingest, &jobs[i]);
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
	rel->rows = rows;
	if (!offload_run(rel->adms->threads, uploads_open, uploads_opened, rel))
		release_end(rel, false);
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
