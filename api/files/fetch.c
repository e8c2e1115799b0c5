/* Statements ahead of a stream. */
#include "fetch.h"

#include "context.h"

static void fetch_done(void *arg, struct rows *rows, const struct db_error *error)
{
	struct fetch *f = arg;
	struct fetches *all = f->all;

	f->ticket = NULL;
	f->rows = rows;
	if (error) {
		req_tell_failure(all->req, error);
		all->failed = true;
	}
	if (all->waiting) {
		all->waiting = false;
		req_wake(all->req, NULL);
	}
}

struct sql *fetch_sql(struct fetch *f)
{
	arena_free(f->arena);
	f->arena = arena_new();
	return sql_new(f->arena);
}

void fetch_start(struct fetch *f, int n)
{
	const struct req *r = f->all->req;
	const struct db_query query = {
		.statements = f->statements,
		.nstatements = n,
		.binary = true,
		.deadline_ms = FETCH_DEADLINE_MS,
		.owner = req_owner(r),
		.only_reads = req_only_reads(r),
		.done = fetch_done,
		.arg = f,
	};
	f->ticket = db_query(req_surface(r)->db, &query);
}

void fetch_end(void *fetch)
{
	struct fetch *f = fetch;

	if (f->ticket)
		db_forget(f->ticket);
	rows_free(f->rows);
	arena_free(f->arena);
}

static bool fetches_let_go(void *arg)
{
	struct fetches *all = arg;

	all->waiting = false;
	return true; /* the request's end stops what is under way */
}

void fetches_wait(struct fetches *all, req_step *next)
{
	all->waiting = true;
	req_wait(all->req, next, fetches_let_go, all);
}
