/* Uploads of records: OPERLOG and its kin, piece by piece (pieces.h), large ones on a thread. */
#include "fatal.h"
#include "log.h"
#include "upload_private.h"

static req_step piece_start, piece_was_read, piece_asked, piece_write, piece_kept;

void upload_records(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	u->told = (struct intake_told){ .body = { u->body, u->len }, .arena = req_arena(r) };
	u->pieces = pieces_new(contact_of(r)->adms, upload_terminal(r), u->of, u->told.body);
	u->pieces.mixed = u->mixed ? u->table : NULL;
	u->pieces.answers = u->asked;
	u->pieces.told = &u->told;
	piece_start(r, NULL);
}

static void work_read(void *arg)
{
	struct upload *u = arg;
	piece_read(&u->pieces, u->piece);
}

static void work_encode(void *arg)
{
	piece_encode(&((struct upload *)arg)->pieces);
}

static void piece_start(struct req *r, const struct rows *rows)
{
	upload_piece(r);
	upload_work(r, work_read, piece_was_read);
}

static void piece_was_read(struct req *r, const struct rows *rows)
{
	const struct pieces *p = &upload_of(r)->pieces;
	const struct req_query_options options = { .binary = true, .try = true, .reads = true };
	if (p->asks)
		req_query_with(r, piece_asked, &options, &p->question, 1);
	else
		piece_write(r, NULL);
}

static void piece_done(struct req *r)
{
	struct upload *u = upload_of(r);
	piece_stored(&u->pieces, &u->counts);
	if (piece_is_last(&u->pieces))
		upload_kept(r, NULL);
	else
		piece_start(r, NULL);
}

/* One transaction; the stamp with the last one. */
static void piece_write(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	struct pieces *p = &u->pieces;
	const struct req_query_options options = { .try = true,
		.deadline_ms = upload_deadline_ms(u) };
	int n = p->nstatements;
	if (piece_is_last(p))
		n += upload_stamp_statement(r, &p->statements[n]);
	u->asks_fresh = intake_once(p->intake);
	if (u->asks_fresh)
		p->statements[n++] = upload_fresh_statement;
	if (n > 0)
		req_query_with(r, piece_kept, &options, p->statements, n);
	else
		piece_done(r);
}

static void piece_failed(struct req *r)
{
	struct pieces *p = &upload_of(r)->pieces;
	upload_tell_failure(r, p->n);
	if (piece_again(p, req_error(r)))
		piece_start(r, NULL);
	else
		upload_fail(r, "database");
}

static void piece_asked(struct req *r, const struct rows *rows)
{
	if (req_error(r)) {
		piece_failed(r);
		return;
	}
	upload_of(r)->pieces.found = rows;
	upload_work(r, work_encode, piece_write);
}

static void piece_kept(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	if (req_error(r)) {
		piece_failed(r);
		return;
	}
	if (u->asks_fresh)
		u->counts.stored += rows_int(rows, 0, 0);
	piece_done(r);
}
