/*
 * What the program looks through once after an upgrade, because it is sealed and the database cannot
 * judge it: a batch at a time, with pauses, by one of the servers of a database; the next one goes on
 * where it stopped (migrations/functions/walk.sql). A walk is a table row, not a setting: when it has
 * come to the end it never begins again.
 */
#ifndef WALK_H
#define WALK_H

#include "arena.h"
#include "config.h"
#include "db.h"
#include "rows.h"
#include "seal.h"

struct event_base;
struct walks;

enum { WALK_STATEMENTS = 4 };

/* What a walk may use on its thread. */
struct walk_tools {
	const struct seal *seal;
	const unsigned char *lookup_key;
	const struct config *config;
};

struct walk {
	const char *name; /* of its row in walk */
	/* The next rows behind $1::bigint, in order, the first column their id; binary. No row: the
	 * end. It says itself how many are a batch. */
	const char *select;
	/*
	 * On a thread: looks at a batch and gives up to WALK_STATEMENTS statements for what is to be
	 * changed, on the arena; they are written in one transaction with how far the walk has come, so
	 * they must bear rows that others changed meanwhile, or fail with SQLSTATE 40001 to get the
	 * batch once more.
	 */
	int (*judge)(const struct walk_tools *, struct arena *, const struct rows *,
		struct db_statement *out);
};

/* All of them, one after the other. */
struct walks *walks_new(struct event_base *, struct db *, const struct walk_tools *);

/* Before its database. NULL is allowed. */
void walks_free(struct walks *);

extern const struct walk walk_cards;

/* walk_contents.c: templates, photos, and what waits for a confirmation of these. */
extern const struct walk walk_templates, walk_photos, walk_claims;

#endif
