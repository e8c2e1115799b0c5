#include "pieces.h"

#include <string.h>

#include "db.h"
#include "fatal.h"
#include "record_whole.h"
#include "verdict.h"

#define PIECE_RECORDS 500
#define PIECE_BYTES (1 << 20)
#define MAX_TRIES 5 /* of a piece, after deadlocks */

struct pieces pieces_new(
	struct adms *adms, const struct terminal *t, const char *table, struct span body)
{
	return (struct pieces){ .adms = adms,
		.terminal = t,
		.table = table,
		.next = record_lines(body.text, body.len),
		.limit = PIECE_RECORDS };
}

void piece_encode(struct pieces *p)
{
	p->statements =
		arena_array(p->arena, INTAKE_STATEMENTS + PIECES_MORE, sizeof(*p->statements));
	p->nstatements = intake_statements(p->intake, p->found, p->statements);
}

static bool piece_is_photo(const struct pieces *p)
{
	return strcmp(p->table, "ATTPHOTO") == 0;
}

/* The next record, or all of a photo; false: there is none. */
static bool piece_next(struct pieces *p, struct span *out)
{
	if (!piece_is_photo(p))
		return record_next(&p->next, record_table_kind(span_of(p->table)), out);
	*out = (struct span){ p->next.at, (size_t)(p->next.end - p->next.at) };
	p->next.at = p->next.end;
	return out->len > 0;
}

static void piece_take(struct pieces *p, struct span record)
{
	const char *reason = p->refused		 ? "refused by the database"
			     : piece_is_photo(p) ? intake_photo(p->intake, record)
						 : intake_add(p->intake, p->table, record);
	if (reason)
		intake_reject(p->intake, p->table, record, reason);
}

void piece_read(struct pieces *p, struct arena *a)
{
	const char *start = p->next.at;
	struct span record;
	p->arena = a;
	p->intake = intake_new(p->adms, p->terminal, a, p->told);
	if (p->mixed)
		intake_mix(p->intake, p->mixed, p->answers);
	if (p->erased)
		intake_forget(p->intake, p->erased, p->received);
	p->at = p->next;
	for (p->n = 0; p->n < p->limit && p->next.at - start < PIECE_BYTES; p->n++) {
		if (!piece_next(p, &record))
			break;
		piece_take(p, record);
	}
	p->found = NULL;
	p->asks = intake_asks(p->intake, &p->question);
	if (!p->asks)
		piece_encode(p);
}

bool piece_is_last(const struct pieces *p)
{
	struct record_lines rest = p->next;
	struct span line;
	return !record_next_line(&rest, &line);
}

void piece_stored(struct pieces *p, struct upload_counts *counts)
{
	intake_count(p->intake, counts);
	p->tries = 0;
	p->refused = false;
	p->limit = p->limit * 2 < PIECE_RECORDS ? p->limit * 2 : PIECE_RECORDS;
}

bool piece_again(struct pieces *p, const struct db_error *e)
{
	enum verdict verdict = verdict_of(e);
	if (verdict == VERDICT_FAIL || p->n == 0 || p->refused || p->tries++ == MAX_TRIES)
		return false;
	if (verdict == VERDICT_HALVE) {
		p->tries = 0;
		p->refused = p->n == 1;
		p->limit = p->n > 1 ? p->n / 2 : 1;
	}
	p->next = p->at;
	return true;
}
