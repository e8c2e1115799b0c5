/* What terminals say of themselves as Key=Value pairs, on its way to the table terminal. */
#ifndef TERMINAL_OPTIONS_H
#define TERMINAL_OPTIONS_H

#include "db.h"
#include "info.h"

struct req;
struct terminal;

/* The statement that keeps the pairs; returns how many statements (0: there were none). Pairs that
 * may hold passwords or keys are left out. */
int options_statement(
	struct req *, const struct terminal *, struct info_options, struct db_statement *out);

#endif
