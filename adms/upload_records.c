/*
 * Uploads of records: OPERLOG and its kin. A long one is written in pieces, each of which is read, and
 * becomes statements, on a thread; a piece that the database refuses is halved.
 */
#include "fatal.h"
#include "log.h"
#include "upload_private.h"
#include "verdict.h"

#define PIECE_LINES 500
#define PIECE_BYTES (1 << 20)
#define MAX_TRIES 5 /* of a piece, after deadlocks */

static req_step piece_start, piece_was_read, piece_asked, piece_write, piece_kept;

void upload_records(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	u->next = record_lines(u->body, u->len);
	u->told = (struct intake_told){ .body = { u->body, u->len }, .arena = req_arena(r) };
	u->terminal = upload_terminal(r);
	u->limit = PIECE_LINES;
	piece_start(r, NULL);
}

static void piece_encode(void *arg)
{
	struct upload *u = arg;
	u->statements = arena_array(u->piece, UPLOAD_STATEMENTS, sizeof(*u->statements));
	u->nstatements = intake_statements(u->intake, u->found, u->statements);
}

/* And encodes it, unless the database has to be asked first. */
static void piece_read(void *arg)
{
	struct upload *u = arg;
	const char *start = u->next.at;
	struct span line;
	u->at = u->next;
	for (u->n = 0; u->n < u->limit && u->next.at - start < PIECE_BYTES; u->n++) {
		if (!record_next_line(&u->next, &line))
			break;
		const char *reason =
			u->refused ? "refused by the database" : intake_add(u->intake, u->of, line);
		if (reason)
			intake_reject(u->intake, u->of, line, reason);
	}
	u->found = NULL;
	u->asks = intake_asks(u->intake, &u->question);
	if (!u->asks)
		piece_encode(u);
}

static void piece_start(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	struct arena *a = upload_piece(r);
	u->intake = intake_new(contact_of(r)->adms, u->terminal, a, &u->told);
	if (u->mixed)
		intake_mix(u->intake, u->table, u->asked);
	upload_work(r, piece_read, piece_was_read);
}

static void piece_was_read(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	const struct req_query_options options = { .binary = true, .try = true, .reads = true };
	if (u->asks)
		req_query_with(r, piece_asked, &options, &u->question, 1);
	else
		piece_write(r, NULL);
}

static bool piece_is_last(const struct upload *u)
{
	struct record_lines rest = u->next;
	struct span line;
	return !record_next_line(&rest, &line);
}

/* One transaction; the stamp with the last one. */
static void piece_write(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	const struct req_query_options options = { .try = true,
		.deadline_ms = upload_deadline_ms(u) };
	int n = u->nstatements;
	if (piece_is_last(u))
		n += upload_stamp_statement(r, &u->statements[n]);
	u->asks_fresh = intake_once(u->intake);
	if (u->asks_fresh)
		u->statements[n++] = upload_fresh_statement;
	if (n == 0) {
		upload_reply(r);
		return;
	}
	req_query_with(r, piece_kept, &options, u->statements, n);
}

/* A value that the database refuses is looked for by halves until its line stands alone. */
static void piece_failed(struct req *r)
{
	struct upload *u = upload_of(r);
	enum verdict verdict = verdict_of(req_error(r));
	upload_tell_failure(r, u->n);
	if (verdict == VERDICT_FAIL || u->n == 0 || u->refused || u->tries++ == MAX_TRIES) {
		upload_fail(r, "database");
		return;
	}
	if (verdict == VERDICT_HALVE) {
		u->tries = 0;
		u->refused = u->n == 1;
		u->limit = u->n > 1 ? u->n / 2 : 1;
	}
	u->next = u->at;
	piece_start(r, NULL);
}

static void piece_asked(struct req *r, const struct rows *rows)
{
	if (req_error(r)) {
		piece_failed(r);
		return;
	}
	upload_of(r)->found = rows;
	upload_work(r, piece_encode, piece_write);
}

static void piece_kept(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	if (req_error(r)) {
		piece_failed(r);
		return;
	}
	intake_count(u->intake, &u->counts);
	if (u->asks_fresh)
		u->counts.stored += rows_int(rows, 0, 0);
	u->tries = 0;
	u->refused = false;
	u->limit = u->limit * 2 < PIECE_LINES ? u->limit * 2 : PIECE_LINES;
	if (piece_is_last(u))
		upload_kept(r, NULL);
	else
		piece_start(r, NULL);
}
