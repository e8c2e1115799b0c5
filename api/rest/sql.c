/* Statements: text and numbered parameters. */
#include "sql.h"

#include <string.h>

#include "fatal.h"

struct sql *sql_new(struct arena *a)
{
	struct sql *s = arena_alloc(a, sizeof(*s));
	s->arena = a;
	s->text = str_new(a);
	return s;
}

void sql_add(struct sql *s, const char *text)
{
	str_add(&s->text, text);
}

void sql_addf(struct sql *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	str_add(&s->text, arena_vprintf(s->arena, fmt, args));
	va_end(args);
}

int sql_param(struct sql *s, struct db_arg arg)
{
	if (s->nargs == SQL_MAX_ARGS)
		fatal("a statement with more than %d parameters", SQL_MAX_ARGS);
	s->args[s->nargs] = arg;
	return ++s->nargs;
}

void sql_fill(struct str *out, const char *text, int number, const char *cast)
{
	for (const char *mark; (mark = strstr(text, "$$")); text = mark + 2) {
		str_addn(out, text, (size_t)(mark - text));
		str_addf(out, "$%d%s", number, cast);
	}
	str_add(out, text);
}

void sql_arg(struct sql *s, const char *text, struct db_arg arg)
{
	sql_fill(&s->text, text, sql_param(s, arg), "");
}

void sql_run(struct sql *s, struct req *r, req_step *next)
{
	sql_run_guarded(s, r, NULL, next);
}

void sql_run_guarded(struct sql *s, struct req *r, const struct db_statement *guard, req_step *next)
{
	const struct req_query_options options = { .binary = true };
	struct db_statement statements[2] = { { str_text(&s->text), s->args, s->nargs } };

	if (guard)
		statements[1] = *guard;
	req_query_with(r, next, &options, statements, guard ? 2 : 1);
}

void sql_query_guarded(struct req *r, const struct db_statement *guard, req_step *next,
	const char *sql, int nargs, const struct db_arg *args)
{
	struct db_statement statements[2];
	int n = 0;

	if (guard)
		statements[n++] = *guard;
	statements[n++] = (struct db_statement){ sql, args, nargs };
	req_query_with(r, next, &(struct req_query_options){ 0 }, statements, n);
}
