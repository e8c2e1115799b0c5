#include "held_records.h"

#include "fatal.h"
#include "log.h"
#include "means.h"
#include "offload.h"
#include "upload_private.h"

enum { DEADLINE_MS = 25000, MIB_MS = 1500 };

static void piece_start(struct held_taking *);

void held_taking_free(void *arg)
{
	struct held_taking *h = arg;
	arena_free(h->round);
	h->round = NULL;
}

static void taking_end(struct held_taking *h, bool good)
{
	h->done(h->arg, good);
}

static void taking_query(struct held_taking *h, const struct db_statement *statements, int n,
	bool durable, db_done *done)
{
	int64_t more = (int64_t)(h->body.len >> 20) * MIB_MS;
	db_query(h->adms->db, &(struct db_query){ .statements = statements,
				      .nstatements = n,
				      .binary = true,
				      .durable = durable,
				      .deadline_ms = DEADLINE_MS + more,
				      .done = done,
				      .arg = h });
}

static void taking_work(struct held_taking *h, offload_work *work, offload_done *next)
{
	if (h->body.len <= ADMS_LARGE) {
		work(h);
		next(h);
	} else if (!offload_run(h->adms->threads, work, next, h)) {
		taking_end(h, false);
	}
}

static void work_read(void *arg)
{
	struct held_taking *h = arg;
	piece_read(&h->pieces, h->round);
}

static void work_encode(void *arg)
{
	piece_encode(&((struct held_taking *)arg)->pieces);
}

static void piece_done(struct held_taking *h)
{
	piece_stored(&h->pieces, &h->counts);
	if (piece_is_last(&h->pieces))
		taking_end(h, true);
	else
		piece_start(h);
}

static void piece_failed(struct held_taking *h, const struct db_error *error)
{
	log_warn("held_refused", "sn", h->terminal->sn, "table", h->table, "state", error->state,
		NULL);
	h->refused = !db_error_away(error);
	if (piece_again(&h->pieces, error))
		piece_start(h);
	else
		taking_end(h, false);
}

static void piece_kept(void *arg, struct rows *rows, const struct db_error *error)
{
	struct held_taking *h = arg;
	if (error) {
		piece_failed(h, error);
		return;
	}
	if (h->asks_fresh)
		h->counts.stored += rows_int(rows, 0, 0);
	rows_free(rows);
	piece_done(h);
}

static void piece_write(void *arg)
{
	struct held_taking *h = arg;
	struct pieces *p = &h->pieces;
	int n = p->nstatements;
	if (n == 0) {
		piece_done(h);
		return;
	}
	h->lease[0] = db_int(h->round, h->terminal->id);
	h->lease[1] = db_int(h->round, h->adms->held_taker);
	p->statements[n++] =
		(struct db_statement){ "select held_hold($1::int, $2::bigint)", h->lease, 2 };
	h->asks_fresh = intake_once(p->intake);
	if (h->asks_fresh)
		p->statements[n++] = upload_fresh_statement;
	taking_query(h, p->statements, n, true, piece_kept);
}

static void piece_asked(void *arg, struct rows *rows, const struct db_error *error)
{
	struct held_taking *h = arg;
	if (error) {
		piece_failed(h, error);
		return;
	}
	arena_defer(h->round, (void (*)(void *))rows_free, rows);
	h->pieces.found = rows;
	taking_work(h, work_encode, piece_write);
}

static void piece_was_read(void *arg)
{
	struct held_taking *h = arg;
	if (h->pieces.asks)
		taking_query(h, &h->pieces.question, 1, false, piece_asked);
	else
		piece_write(h);
}

static void piece_start(struct held_taking *h)
{
	adms_free_arena(h->adms, h->round);
	h->round = arena_new();
	taking_work(h, work_read, piece_was_read);
}

void held_take(struct held_taking *h)
{
	h->pieces = pieces_new(h->adms, h->terminal, h->table, h->body);
	h->pieces.erased = h->erased;
	h->pieces.received = h->received;
	piece_start(h);
}
