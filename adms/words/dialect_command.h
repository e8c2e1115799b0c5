/*
 * The commands that write and delete people, per generation of terminals. All other commands are made
 * by the database (migrations/functions/command.sql).
 *
 * Builders append the command without its "C:id:" and without a line end. They return false, and
 * append nothing, when the terminal has no such command. Values are texts in the terminal's
 * encoding (text_encode); control bytes in them become spaces, so no value can end a line or a
 * column. The facts are in PROTOCOL.md.
 */
#ifndef DIALECT_COMMAND_H
#define DIALECT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "dialect.h"
#include "span.h"
#include "str.h"

/* NULL: not written, the terminal keeps what it has. "": written empty, which clears. */
struct dialect_user {
	const char *pin; /* required */
	const char *name;
	const char *privilege;
	const char *password;
	const char *card; /* in its normal form (card.h); written as the generation wants it */
	const char *verify;
};

/* "<TAB>key=" and the n bytes of a value, for builders of other commands. */
void dialect_pair(struct str *, const char *key, const char *value, size_t n);

/* The value alone. */
void dialect_value(struct str *, const char *value, size_t n);

/* Creates or changes. Keys that the terminal's generation does not know are left out. */
bool dialect_user_write(struct str *, const struct dialect *, const struct dialect_user *);

/* Removes the user with everything enrolled. -1 in answer means that there was none. */
bool dialect_user_delete(struct str *, const struct dialect *, const char *pin);

#endif
