/*
 * An upload of records (OPERLOG and its kin) on its way in pieces: each is read, becomes statements
 * of one transaction, and is written before the next one is read. One that the database refuses is
 * halved until the record stands alone among the rejects.
 *
 * (Of table ATTPHOTO: one that was held, in the form of held.c, is one piece.)
 *
 * The caller gives each piece an arena, reads and encodes it (on a thread where it is large), and
 * asks the database. upload_records.c does so for a request, held_records.c for what was held.
 */
#ifndef PIECES_H
#define PIECES_H

#include "intake.h"
#include "record.h"

struct db_error;
struct terminal;
struct upload_counts;

enum { PIECES_MORE = 2 }; /* statements of the caller's own that there is room for */

struct pieces {
	struct adms *adms;
	const struct terminal *terminal; /* a copy where a thread reads it */
	const char *table; /* that its lines are of; upper case */
	const char *mixed; /* see intake_mix(); NULL: they are records */
	bool answers;
	struct intake_told *told; /* NULL: nothing is asked of the terminal */
	const struct map *erased; /* see intake_forget(); NULL: nobody */
	int64_t received;
	/* the piece at work: from at to next */
	struct record_lines at, next;
	int n, limit, tries;
	bool refused; /* it is one record, and the database does not take it */
	struct arena *arena;
	struct intake *intake;
	struct db_statement question;
	bool asks; /* the question comes first; its rows (binary) are found */
	const struct rows *found;
	struct db_statement *statements; /* room for INTAKE_STATEMENTS + PIECES_MORE */
	int nstatements;
};

struct pieces pieces_new(
	struct adms *, const struct terminal *, const char *table, struct span body);

/* Reads the next piece; what it makes is on the arena, which stays until the piece is written. When
 * it asks nothing it is encoded, too. */
void piece_read(struct pieces *, struct arena *);

/* After the answer to its question was put into `found`. */
void piece_encode(struct pieces *);

bool piece_is_last(const struct pieces *);

/* It is stored: counted, the next one may be read. */
void piece_stored(struct pieces *, struct upload_counts *);

/* A statement of it failed. True: read it again, it is smaller now; false: that is the end. */
bool piece_again(struct pieces *, const struct db_error *);

#endif
