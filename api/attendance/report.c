/*
 * Reports from request to reply. One statement counts, person by person, and finds the person with
 * whom the page begins (unless the page before was served just now); small pages then are one
 * statement more. Big ones and files are streamed: a group of people at a time, the next one read
 * while this one is written, so that no connection is held while the client does not read, and
 * memory stays flat.
 */
#include "report.h"
#include "fetch.h"

#include <string.h>

#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "filter.h"
#include "page.h"
#include "report_people.h"
#include "report_period.h"
#include "report_row.h"
#include "report_walk.h"

enum {
	SMALL_PAGE = 500,
	GROUP_FIRST = 50, /* people */
	GROUP_MOST = 2000,
	MOST_DAYS = 36525, /* a hundred years */
	MOST_PERSON_DAYS = 5000000, /* 100,000 people for a month, 600 for twenty years */
	PAGE_MS = 60000, /* streams have a longer limit for each piece */
	PIECE_LEAST = 2500, /* rows of a piece: below, groups grow; above the other, they shrink */
	PIECE_MOST = 8000
};

struct run {
	struct report_period period; /* first: see report_period_read() */
	const struct report *report;
	struct report_shape shape;
	struct report_file *file; /* NULL: a list */
	bool whole; /* a file of everything: not counted */
	struct page page;
	int64_t count;
	bool remembered; /* count and place are those of the page before */
	int64_t person; /* the page begins with, */
	int64_t skip; /* behind this many of the person's rows */
	int64_t at_person, at_rows; /* how far it got, in the same way */
	int64_t left; /* rows to be written */
	int64_t after; /* the last person written */
	int64_t group; /* people of the next piece */
	struct fetches all;
	struct fetch piece; /* the next one */
	bool begun, over;
	bool comma; /* of the writer, over pieces */
};

static bool run_remembers(struct req *, struct run *);
static void run_measure(struct req *, struct run *);
static void run_page(struct req *, struct run *);
static req_step run_begin, run_measured, run_counted, run_rows, run_more;

/* --- statements ----------------------------------------------------------------------------- */

/* Planned anew each time: how many people and days it is about decides. Without compilation,
 * which takes longer than most pieces. */
static const char settings_sql[] =
	"select set_config('plan_cache_mode', 'force_custom_plan', true),"
	" set_config('jit', 'off', true)";

static void run_query(struct req *r, const struct sql *sql, req_step *next)
{
	const struct req_query_options options = { .binary = true, .deadline_ms = PAGE_MS };
	const struct db_statement statements[] = { { .sql = settings_sql },
		{ str_text(&sql->text), sql->args, sql->nargs } };

	req_query_with(r, next, &options, statements, LEN(statements));
}

/* $1 and $2: the period. */
static struct sql *period_add(struct sql *sql, const struct run *run)
{
	sql_param(sql, db_text(run->period.from));
	sql_param(sql, db_text(run->period.to));
	return sql;
}

static void number_add(struct sql *sql, const char *text, int64_t n)
{
	sql_arg(sql, text, db_int(sql->arena, n));
}

/* People, their counts, and where the page begins: count, person, rows before the person. */
static void run_count(struct req *r, struct run *run, int64_t offset)
{
	struct sql *sql = period_add(sql_new(req_arena(r)), run);

	sql_addf(sql, "with c as materialized (select e.id, %s as n from (", run->report->count);
	report_people_add(sql, r);
	sql_add(sql,
		") e), s as (select id, n, sum(n) over (order by id) - n as before from c where n > 0)"
		" select coalesce((select sum(n) from c), 0)::bigint, f.id, f.before::bigint"
		" from (select) one left join (select id, before from s where before + n >");
	number_add(sql, " $$::bigint order by id limit 1) f on true", offset);
	run_query(r, sql, run_counted);
}

/* "select ... from (": the people follow. */
static void rows_head(struct sql *sql, const struct report *report)
{
	sql_add(sql, "select e.id, x.day");
	for (const struct report_field *f = report->fields; f->name; f++)
		if (f->expr)
			sql_addf(sql, ", %s", f->expr);
	sql_add(sql, " from (");
}

static void rows_tail(struct sql *sql, const struct report *report, const char *join)
{
	sql_addf(sql,
		") e left join department d on d.id = e.department_id"
		" left join position j on j.id = e.position_id %s %s x on true"
		" order by e.id, x.day",
		join, report->rows);
}

/* --- the request ---------------------------------------------------------------------------- */

static void run_start(struct req *r, struct run *run)
{
	run->report = req_route(r)->spec;
	run->group = GROUP_FIRST;
	req_set_data(r, run);
	if (page_read(r, &run->page))
		report_period_read(r, run_begin);
}

void report_list(struct req *r, const struct rows *rows)
{
	run_start(r, arena_alloc(req_arena(r), sizeof(struct run)));
}

void report_export(struct req *r, const struct rows *rows)
{
	struct run *run = arena_alloc(req_arena(r), sizeof(*run));

	run->file = report_file_read(r);
	if (!run->file)
		return;
	run->whole = report_file_is_whole(r);
	run_start(r, run);
}

static void stream_start(struct req *r, struct run *run)
{
	run->all.req = r;
	run->piece.all = &run->all;
	arena_defer(req_arena(r), fetch_end, &run->piece);
	run->after = run->person - 1;
	if (run->file)
		report_file_named(r, run->file, run->report->name);
	req_stream(r, 200, run->file ? run->file->type : "application/json", run_more);
}

static int64_t run_days(const struct run *run)
{
	return run->period.last - run->period.first + 1;
}

static int64_t run_most_people(const struct run *run)
{
	return MOST_PERSON_DAYS / run_days(run);
}

/* No rows, and no need to look for them. */
static void run_nothing(struct req *r, struct run *run)
{
	if (!run->file) {
		page_reply_empty(r, &run->page);
	} else if (page_fit(r, &run->page, 0)) {
		run->over = true;
		stream_start(r, run);
	}
}

static void run_begin(struct req *r, const struct rows *rows)
{
	struct run *run = req_data(r);

	if (run->period.nothing || !report_people_add(sql_new(req_arena(r)), r)) {
		run->period.nothing = true;
		run->period.first = 0;
		run->period.last = -1;
	}
	report_shape_read(&run->shape, run->report->fields, &run->period,
		run->file ? req_param(r, "export_headers") : NULL);
	if (run->period.nothing)
		run_nothing(r, run);
	else if (run_days(run) > MOST_DAYS)
		error_field(r, "end_date",
			arena_printf(req_arena(r),
				"From start_date to end_date are %lld days, more than %d.",
				(long long)run_days(run), MOST_DAYS));
	else if (run_remembers(r, run))
		run_page(r, run);
	else
		run_measure(r, run);
}

/* How much work it is, is known before it is begun: people times days. */
static void run_measure(struct req *r, struct run *run)
{
	struct sql *sql = period_add(sql_new(req_arena(r)), run);
	int most = sql_param(sql, db_int(sql->arena, run_most_people(run)));

	sql_addf(sql,
		"select case when (select sum(n) from tally where name = 'employee') > $%d::bigint"
		" then (select count(*) > $%d::bigint from (select from (",
		most, most);
	report_people_add(sql, r);
	sql_addf(sql, ") e limit $%d::bigint + 1) few) else false end", most);
	sql_run(sql, r, run_measured);
}

static void run_measured(struct req *r, const struct rows *rows)
{
	struct run *run = req_data(r);

	if (rows_bool(rows, 0, 0)) {
		error_field(r, "end_date",
			arena_printf(req_arena(r),
				"From start_date to end_date are %lld days: for so many, choose"
				" at most %lld people (employees, departments, areas), or less"
				" days.",
				(long long)run_days(run), (long long)run_most_people(run)));
	} else if (run->whole) {
		run->left = INT64_MAX;
		stream_start(r, run);
	} else {
		run_count(r, run, run->page.number ? page_offset(&run->page) : 0);
	}
}

/* Count and place are known. */
static void run_page(struct req *r, struct run *run)
{
	run->at_person = run->person;
	run->left = page_rows(&run->page, run->count);
	if (run->file || run->left > SMALL_PAGE) {
		stream_start(r, run);
		return;
	}
	struct sql *sql = period_add(sql_new(req_arena(r)), run);
	rows_head(sql, run->report);
	report_people_add(sql, r);
	number_add(sql, " and e.id >= $$::bigint", run->person);
	rows_tail(sql, run->report, "join lateral");
	number_add(sql, " limit $$::bigint", run->left);
	number_add(sql, " offset $$::bigint", run->skip);
	run_query(r, sql, run_rows);
}

/* True: the page before was served a moment ago, and this one is not the last. That one is counted
 * anew, so that a walk ends where the report ends. */
static bool run_remembers(struct req *r, struct run *run)
{
	struct report_place place;

	if (run->page.number <= 1 || !report_walk_find(r, run->page.number, &place) ||
		page_offset(&run->page) + run->page.size >= place.count)
		return false;
	run->remembered = true;
	run->count = place.count;
	run->person = place.person;
	run->skip = place.skip;
	return true;
}

static void run_counted(struct req *r, const struct rows *rows)
{
	struct run *run = req_data(r);
	bool last = run->page.number == 0;

	run->count = rows_int(rows, 0, 0);
	if (!page_fit(r, &run->page, run->count))
		return;
	if (last && run->page.number > 1) {
		run_count(r, run, page_offset(&run->page));
		return;
	}
	if (run->count == 0) {
		run_nothing(r, run);
		return;
	}
	run->person = rows_int(rows, 0, 1);
	run->skip = page_offset(&run->page) - rows_int(rows, 0, 2);
	run_page(r, run);
}

/* One row is written or left out. */
static void run_passed(struct run *run, int64_t person)
{
	if (run->at_person != person) {
		run->at_person = person;
		run->at_rows = 0;
	}
	run->at_rows++;
}

static void run_served(struct req *r, const struct run *run)
{
	const struct report_place next = {
		.count = run->count, .person = run->at_person, .skip = run->at_rows
	};

	if (!run->file)
		report_walk_served(r, run->page.number + 1, &next);
}

static void run_rows(struct req *r, const struct rows *rows)
{
	struct run *run = req_data(r);
	struct out o;

	if (run->remembered && rows_count(rows) < run->left) {
		run->remembered = false; /* no longer true */
		run_count(r, run, page_offset(&run->page));
		return;
	}
	out_init(&o);
	page_open(&o, r, &run->page, run->count);
	run->at_rows = run->skip;
	for (int i = 0; i < rows_count(rows); i++) {
		run_passed(run, rows_int(rows, i, 0));
		report_row_json(&o, &run->shape, rows, i);
	}
	page_close(&o);
	run_served(r, run);
	req_reply(r, 200, "application/json", o.bytes, o.len);
	out_free(&o);
}

/* --- streams -------------------------------------------------------------------------------- */

static void run_end(struct req *r, struct run *run)
{
	struct out *o = req_stream_out(r);

	o->comma = run->comma;
	if (!run->file)
		page_close(o);
	run_served(r, run);
	report_file_end(r, run->file);
}

static void row_write(struct out *o, struct run *run, const struct rows *rows, int i)
{
	run_passed(run, rows_int(rows, i, 0));
	if (run->skip > 0) {
		run->skip--;
		return;
	}
	run->left--;
	if (run->file)
		report_row_cells(o, &run->shape, run->file, rows, i);
	else
		report_row_json(o, &run->shape, rows, i);
}

static void piece_ask(struct req *r, struct run *run)
{
	struct fetch *f = &run->piece;
	struct sql *sql = period_add(fetch_sql(f), run);

	rows_head(sql, run->report);
	report_people_add(sql, r);
	number_add(sql, " and e.id > $$::bigint", run->after);
	number_add(sql, " order by e.id limit $$::bigint", run->group);
	rows_tail(sql, run->report, "left join lateral");
	f->statements[0] = (struct db_statement){ .sql = settings_sql };
	f->statements[1] = (struct db_statement){ str_text(&sql->text), sql->args, sql->nargs };
	fetch_start(f, 2);
}

/* How far the piece goes; the next one is asked for before this one is written. A person without
 * days has one row, whose day is null. */
static void piece_pass(struct req *r, struct run *run, const struct rows *rows)
{
	int n = rows_count(rows);
	int64_t people = 0, days = 0;

	for (int i = 0; i < n; i++) {
		int64_t person = rows_int(rows, i, 0);
		people += person != run->after;
		run->after = person;
		days += !rows_null(rows, i, 1);
	}
	run->over = people < run->group || days - run->skip >= run->left;
	if (n < PIECE_LEAST && run->group * 2 <= GROUP_MOST)
		run->group *= 2;
	else if (n > PIECE_MOST && run->group > 1)
		run->group /= 2;
	if (!run->over)
		piece_ask(r, run);
}

static void piece_write(struct req *r, struct run *run, const struct rows *rows)
{
	struct out *o = req_stream_out(r);

	o->comma = run->comma;
	for (int i = 0; i < rows_count(rows); i++)
		if (run->left > 0 && !rows_null(rows, i, 1))
			row_write(o, run, rows, i);
	run->comma = o->comma;
}

static void stream_begin(struct req *r, struct run *run)
{
	struct out *o = req_stream_out(r);

	if (run->file)
		report_row_header(o, &run->shape, run->file);
	else
		page_open(o, r, &run->page, run->count);
	run->comma = o->comma;
	run->begun = true;
	if (!run->over)
		piece_ask(r, run);
}

static void run_more(struct req *r, const struct rows *unused)
{
	struct run *run = req_data(r);
	struct rows *rows = run->piece.rows;

	if (!run->begun)
		stream_begin(r, run);
	if (run->all.failed) {
		req_stream_cut(r);
	} else if (rows) {
		run->piece.rows = NULL;
		piece_pass(r, run, rows);
		piece_write(r, run, rows);
		rows_free(rows);
		report_file_flush(r, run->file, run_more);
	} else if (run->over) {
		run_end(r, run);
	} else {
		fetches_wait(&run->all, run_more);
	}
}
