#pragma once
#include "base.h"

/*
 * One command as the server sends it in the answer to a poll: C:<id>:<text>.
 * Everything points into the bytes that were parsed.
 */
struct command {
	struct slice id;
	struct slice text; /* all after the second colon */
	struct slice word[3]; /* leading words without '=' and TAB: DATA UPDATE USERINFO */
	size_t words;
	struct slice args; /* what follows them: PIN=1<TAB>Name=... */
	struct slice after; /* what follows the first word, for SHELL */
};

/* Reads one line without its line end; false: not a command, a terminal ignores it. */
bool command_parse(const char *line, size_t len, struct command *out);

/* Walks a reply. *at moves on; false at the end. Lines that are no commands are skipped. */
bool command_next(const char **at, const char *end, struct command *out);

/* Walks TAB separated Key=Value; the first '=' splits. Pieces without '=' are skipped. */
bool pair_next(struct slice *rest, struct slice *key, struct slice *value);

/* Finds a key, any letter case; false when absent, which is not the same as empty. */
bool pair_find(struct slice args, const char *key, struct slice *value);
long pair_long(struct slice args, const char *key, long missing);
