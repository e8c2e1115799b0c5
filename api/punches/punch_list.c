/* The steps from a request to a page of punches. */
#include "punch_list.h"

#include <string.h>

#include "context.h"
#include "errors.h"
#include "punch_memory.h"
#include "punch_stream.h"

enum {
	SMALL_PAGE = 256, /* rows that come with their names in one statement; more are streamed */
	TRIES = 3, /* of a page whose ground moved */
	LONG_MS = 120000
};

struct list {
	const struct punch_form *form;
	struct page page;
	struct punch_filter *filter;
	struct punch_order order;
	struct punch_walk walk;
	struct punch_query q;
	struct punch_count known; /* as learnt last */
	bool counted; /* known is fresh */
	bool by_key; /* the page begins behind a remembered row: */
	struct punch_walk_end start;
	bool ask_behind; /* how many rows follow it has to be counted */
	int64_t behind; /* rows behind this page; -1: not known */
	bool sort; /* a walk took too long */
	bool patient; /* a statement was not quick: now they run among the long ones */
	int64_t total; /* that a falling rank was reckoned from */
	int tries;
};

static req_step list_resolved, list_counted, list_ranked, list_rows, list_all;
static void list_fetch(struct req *, struct list *);

static bool list_is_small(const struct list *l)
{
	return l->page.size <= SMALL_PAGE;
}

static int64_t list_rank(const struct list *l)
{
	return page_offset(&l->page);
}

/* Nearly all are quick, and must not wait for a turn among the long ones. What was not gets NULL as
 * rows, and runs again. */
static void list_run(struct req *r, const struct list *l, const struct sql *sql, req_step *next)
{
	struct db_statement statements[2];
	int n = punch_statements(l->filter, sql, statements);
	const struct req_query_options options = {
		.binary = true, .try = !l->patient, .deadline_ms = l->patient ? LONG_MS : 0
	};

	req_query_with(r, next, &options, statements, n);
}

/* --- what is asked for ---------------------------------------------------------------------- */

static void list_reply_empty(struct req *r, struct list *l)
{
	struct out o;

	if (!page_fit(r, &l->page, 0))
		return;
	out_init(&o);
	l->form->begin(&o, r, l->form, &l->page, 0, false);
	l->form->end(&o);
	report_file_reply(r, l->form->file, l->form->type, &o);
	out_free(&o);
}

static void list_count(struct req *r, struct list *l)
{
	struct sql *sql = sql_new(req_arena(r));

	punch_sql_count(sql, l->filter);
	list_run(r, l, sql, list_counted);
}

static void list_begin(struct req *r, struct list *l)
{
	const struct punch_count *known;

	if (l->filter->nothing) {
		list_reply_empty(r, l);
		return;
	}
	if (l->form->all) {
		req_query(r, list_all, "select last_id, deleted from punch_counter", 0, NULL);
		return;
	}
	l->walk = punch_walk_of(r, l->filter, &l->order, l->page.size);
	known = punch_memory_count(api_of(r)->punches, l->filter);
	if (known)
		l->known = *known;
	/* the last page needs to know which that is; a filter, how many rows it leaves */
	if (l->page.number == 0 || (!known && !punch_filter_plain(l->filter)))
		list_count(r, l);
	else
		list_fetch(r, l);
}

void punch_list(struct req *r, const struct punch_form *form, const struct page *page)
{
	struct list *l = arena_alloc(req_arena(r), sizeof(*l));
	struct sql *sql;

	l->form = form;
	l->page = *page;
	l->filter = form->filter ? form->filter(r, form->arg) : punch_filter_read(r);
	l->order = punch_order_read(req_param(r, "ordering"));
	req_set_data(r, l);
	if (l->filter->nothing || !l->filter->unresolved) {
		list_begin(r, l);
		return;
	}
	sql = sql_new(req_arena(r));
	punch_filter_ask(r, l->filter, sql);
	sql_run(sql, r, list_resolved);
}

static void list_resolved(struct req *r, const struct rows *rows)
{
	struct list *l = req_data(r);

	punch_filter_resolve(r, l->filter, rows);
	list_begin(r, l);
}

static void list_counted(struct req *r, const struct rows *rows)
{
	struct list *l = req_data(r);

	if (!rows) {
		l->patient = true;
		list_count(r, l);
		return;
	}
	l->known = punch_count_read(rows);
	l->counted = true;
	punch_memory_learn_count(api_of(r)->punches, l->filter, &l->known);
	if (l->page.number == 0)
		page_fit(r, &l->page, l->known.count);
	list_fetch(r, l);
}

/* --- where the page begins ------------------------------------------------------------------ */

static void list_ranked(struct req *r, const struct rows *rows)
{
	punch_ranks_learn(api_of(r)->punches, rows);
	list_fetch(r, req_data(r));
}

/* The rank among all rows by id, from what is known of blocks. False: has to be asked first. */
static bool rank_by_blocks(struct req *r, struct list *l)
{
	struct punch_memory *m = api_of(r)->punches;
	int64_t rank = list_rank(l), base, skip;

	if (l->order.keys[0].down) {
		l->total = l->known.count;
		rank = l->total - rank;
	}
	if (!punch_ranks_find(m, rank, &base, &skip))
		return l->tries++ >= TRIES; /* or passes over all rows before */
	l->q.base = base;
	l->q.skip = skip;
	l->q.base_set = true;
	return true;
}

/* False: waits for an answer. */
static bool list_place_rank(struct req *r, struct list *l)
{
	struct punch_query *q = &l->q;

	if (list_rank(l) == 0)
		return true;
	if (!l->counted && list_rank(l) >= l->known.count) {
		list_count(r, l);
		return false;
	}
	if (!page_fit(r, &l->page, l->known.count))
		return false;
	q->skip = list_rank(l);
	if (l->order.kind == BY_ID && punch_filter_plain(l->filter) && l->filter->above == 0) {
		if (rank_by_blocks(r, l))
			return true;
		req_query_with(r, list_ranked, &(struct req_query_options){ .binary = true },
			&(struct db_statement){ .sql = punch_ranks_sql }, 1);
		return false;
	}
	q->from_end = q->skip > l->known.count / 2;
	return true;
}

static void list_fetch(struct req *r, struct list *l)
{
	struct punch_query *q = &l->q;
	struct sql *sql;

	*q = (struct punch_query){ .filter = l->filter, .order = l->order };
	l->by_key = l->page.number > 1 && l->form->walks &&
		    punch_walk_find(api_of(r)->punches, &l->walk, l->page.number - 1, &l->start);
	if (l->by_key) {
		q->after = l->start.key;
		q->after_set = true;
		l->ask_behind |= !list_is_small(l) && l->start.behind < 0;
	}
	if (!list_is_small(l))
		q->limit = SMALL_PAGE;
	else /* one more tells whether another page follows */
		q->limit = l->page.size + l->by_key;
	if (!l->by_key && !list_place_rank(r, l))
		return;
	punch_plan(q, &l->known);
	if (l->sort)
		q->plan = PLAN_SORT;
	if (l->tries >= TRIES) /* rows come faster than they are counted */
		q->upto_id = 0;
	sql = sql_new(req_arena(r));
	punch_sql_page(sql, q, &l->known, l->ask_behind);
	list_run(r, l, sql, list_rows);
}

/* --- what came ------------------------------------------------------------------------------ */

static int page_rows_here(const struct rows *rows)
{
	return rows_null(rows, 0, PAGE_ROW) ? 0 : rows_count(rows);
}

static void list_learn(struct req *r, struct list *l, const struct rows *rows)
{
	int64_t count = rows_int(rows, 0, PAGE_COUNT);

	l->known.counted = rows_int(rows, 0, PAGE_LAST_ID);
	l->known.deleted = rows_int(rows, 0, PAGE_DELETED);
	if (count != l->known.count && !punch_filter_plain(l->filter)) {
		/* what came since is above all that was counted */
		l->known.max = l->known.counted;
		if (l->known.min == 0)
			l->known.min = 1;
	}
	l->known.count = count;
	punch_memory_learn_count(api_of(r)->punches, l->filter, &l->known);
}

/* The walk went as far as rows fitted by what was known before, and more have come behind. */
static bool rows_missing(
	const struct list *l, const struct rows *rows, const struct punch_count *before)
{
	const struct punch_query *q = &l->q;

	if (q->window == 0 || q->order.kind != BY_ID || before->count == l->known.count)
		return false;
	return q->order.keys[0].down || q->from_end || page_rows_here(rows) < q->limit;
}

/* True: what the page was placed by has changed since, and it was asked for again. */
static bool list_moved(
	struct req *r, struct list *l, const struct rows *rows, const struct punch_count *before)
{
	struct punch_memory *m = api_of(r)->punches;
	bool down = l->q.order.keys[0].down;

	if (l->tries >= TRIES)
		return false;
	if (!punch_filter_plain(l->filter) && before->deleted != l->known.deleted) {
		l->tries++;
		list_count(r, l);
		return true;
	}
	if (l->q.base_set && punch_ranks_deleted(m) != l->known.deleted)
		punch_ranks_forget(m);
	else if (l->q.base_set ? !(down && l->total != l->known.count)
			       : !rows_missing(l, rows, before))
		return false;
	l->tries++;
	list_fetch(r, l);
	return true;
}

/* True: the walk ended before the page was full, and the rows were asked for the other way. */
static bool list_unfinished(struct req *r, struct list *l, const struct rows *rows)
{
	int64_t whole = l->q.limit;

	if (!l->by_key && l->known.count - list_rank(l) < whole)
		whole = l->known.count - list_rank(l);
	if (l->sort || !rows_bool(rows, 0, PAGE_UNFINISHED) || page_rows_here(rows) >= whole)
		return false;
	l->sort = true;
	list_fetch(r, l);
	return true;
}

static void list_served(struct req *r, const struct punch_key *end, void *arg)
{
	const struct list *l = arg;
	const struct punch_walk_end here = { *end, l->behind, l->known.count, l->known.deleted };

	if (l->form->walks)
		punch_walk_served(api_of(r)->punches, &l->walk, l->page.number, &here);
}

/* Writes the rows; the key of the last. */
static struct punch_key rows_write(
	struct out *o, const struct list *l, const struct rows *rows, int n)
{
	struct punch_row row = { .key.id = 0 };

	for (int i = 0; i < n; i++) {
		punch_row_read(&row, rows, i, PAGE_ROW);
		punch_row_read_names(&row, rows, i, PAGE_ROW);
		l->form->row(o, &row, l->form->arg);
	}
	return row.key;
}

static void list_stream(struct req *r, struct list *l, const struct out *head,
	const struct punch_key *after, int64_t left)
{
	const struct punch_stream_start start = {
		.form = l->form,
		.filter = l->filter,
		.order = l->order,
		.known = &l->known,
		.after = after,
		.last = l->known.counted,
		.left = left,
		.served = list_served,
		.arg = l,
	};

	punch_stream(r, &start, head);
}

/* left: rows of this page that have not come. */
static void list_reply(
	struct req *r, struct list *l, const struct rows *rows, int n, int64_t left, bool more)
{
	struct out o;

	out_init(&o);
	l->form->begin(&o, r, l->form, &l->page, l->known.count, more);
	struct punch_key end = rows_write(&o, l, rows, n);
	if (left > 0) {
		list_stream(r, l, &o, &end, left);
	} else {
		l->form->end(&o);
		if (n > 0)
			list_served(r, &end, l);
		report_file_reply(r, l->form->file, l->form->type, &o);
	}
	out_free(&o);
}

/* Rows from the page's beginning to the end of the list; of a small page that begins behind a row
 * at most one more than it holds. -1: was asked for again. */
static int64_t rows_from_here(struct req *r, struct list *l, const struct rows *rows)
{
	const struct punch_walk_end *start = &l->start;

	if (!l->by_key)
		return l->known.count - list_rank(l);
	if (list_is_small(l))
		return page_rows_here(rows);
	if (l->ask_behind)
		return rows_int(rows, 0, PAGE_REMAINING);
	/* what came since is behind the row for sure only in the order of ids */
	if (start->deleted == l->known.deleted &&
		(start->count == l->known.count ||
			(l->order.kind == BY_ID && !l->order.keys[0].down)))
		return start->behind + l->known.count - start->count;
	l->ask_behind = true;
	list_fetch(r, l);
	return -1;
}

static void list_rows(struct req *r, const struct rows *rows)
{
	struct list *l = req_data(r);
	int64_t size = l->page.size, there;
	const struct punch_count before = l->known;

	if (!rows) {
		l->patient = true;
		list_fetch(r, l);
		return;
	}
	int n = page_rows_here(rows);
	list_learn(r, l, rows);
	if (list_moved(r, l, rows, &before) || list_unfinished(r, l, rows))
		return;
	if (!l->by_key && !page_fit(r, &l->page, l->known.count))
		return;
	there = rows_from_here(r, l, rows);
	if (there < 0)
		return;
	if (l->by_key && n == 0) {
		page_fit(r, &l->page, 0); /* nothing follows that row any more */
		return;
	}
	l->behind = list_is_small(l) && l->by_key ? -1 : there > size ? there - size : 0;
	if (n > size)
		n = (int)size;
	list_reply(r, l, rows, n, (there < size ? there : size) - n, there > size);
}

/* --- everything ----------------------------------------------------------------------------- */

static void list_all(struct req *r, const struct rows *rows)
{
	struct list *l = req_data(r);
	const struct punch_count *known = punch_memory_count(api_of(r)->punches, l->filter);
	struct punch_stream_start start = {
		.form = l->form,
		.filter = l->filter,
		.order = l->order,
		.last = rows_int(rows, 0, 0),
		.left = rows_int(rows, 0, 0) > 0 ? INT64_MAX : 0,
	};
	struct out o;

	if (known && known->counted == start.last && known->deleted == rows_int(rows, 0, 1))
		start.known = known;
	out_init(&o);
	l->form->begin(&o, r, l->form, &l->page, 0, false);
	punch_stream(r, &start, &o);
	out_free(&o);
}
