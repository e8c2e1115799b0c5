/*
 * A statement being put together: our own text and numbered parameters. Nothing from a request
 * ever enters the text.
 */
#ifndef SQL_H
#define SQL_H

#include "db.h"
#include "req.h"
#include "str.h"

#define SQL_MAX_ARGS 96

struct sql {
	struct arena *arena;
	struct str text;
	struct db_arg args[SQL_MAX_ARGS];
	int nargs;
};

/* Empty, on the arena (it is large, so not on the stack, and must live while it runs). */
struct sql *sql_new(struct arena *);

/* Text as it is. */
void sql_add(struct sql *, const char *text);
void sql_addf(struct sql *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Text in which every $$ stands for the parameter: "t.id = $$::int". */
void sql_arg(struct sql *, const char *text, struct db_arg);

/* A parameter alone; its number for $n. The same one may be named several times. */
int sql_param(struct sql *, struct db_arg);

/* Appends text, each $$ replaced by $<number><cast>. */
void sql_fill(struct str *out, const char *text, int number, const char *cast);

/* Runs it: binary results. */
void sql_run(struct sql *, struct req *, req_step *next);

/* The same with a statement behind it, whose results they are; NULL: none. See scope.h. */
void sql_run_guarded(struct sql *, struct req *, const struct db_statement *guard, req_step *next);

/* req_query() with a statement in front of it; NULL: none. */
void sql_query_guarded(struct req *, const struct db_statement *guard, req_step *next,
	const char *sql, int nargs, const struct db_arg *args);

#endif
