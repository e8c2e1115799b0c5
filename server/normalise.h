/*
 * Sealed values that were stored before they had one form are brought into it once, in the background
 * of a server: SQL cannot open them. Each walk goes through the rows of a table by their ids, some at
 * a time with pauses between, and remembers in table normalisation how far it is, so that it goes on
 * after a restart. Of several processes one is faster at each batch; the others find that out and go
 * on behind it (normalise_turn() in migrations/functions/cards.sql).
 */
#ifndef NORMALISE_H
#define NORMALISE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "db.h"
#include "rows.h"
#include "seal.h"

struct event_base;
struct normalise;

struct normalise_options {
	struct event_base *base;
	struct db *db;
	const struct seal *seal;
	const unsigned char *lookup_key; /* SEAL_KEY_SIZE bytes */
	/* True while others need the database more: then pauses are long. */
	bool (*busy)(void *arg);
	void *arg;
};

/* One batch: the rows, binary, and the position before and behind it. */
struct normalise_batch {
	const struct normalise_options *o;
	struct arena *arena;
	const struct rows *rows;
	int64_t from, to;
};

struct normalise_walk {
	const char *name; /* in table normalisation */
	const char *select; /* $1: ids above this, $2: how many; the first column is the id */
	/* Makes the statement that writes the batch, as one boolean: false, it is read again. */
	struct db_statement (*judge)(const struct normalise_batch *);
};

extern const struct normalise_walk normalise_cards;

/* Begins after a moment; ends by itself. */
struct normalise *normalise_new(const struct normalise_options *);
void normalise_free(struct normalise *);

#endif
