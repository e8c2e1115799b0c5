/* Pieces: asked for, named, written. */
#include "punch_stream.h"

#include <string.h>

#include "fetch.h"
#include "punch_names.h"

enum {
	FIRST_PIECE = 500, /* soon there */
	PIECE = 5000
};

struct stream {
	struct req *req;
	struct punch_query q;
	const struct punch_form *form;
	void (*served)(struct req *, const struct punch_key *, void *arg);
	void *arg;
	struct punch_names *names;
	struct fetches all;
	struct fetch count, piece, naming;
	struct rows *rows; /* the piece being written, */
	int got; /* and how many rows of it */
	int64_t left; /* rows to come in pieces not yet asked for */
	bool more; /* the piece under way is not the last one */
	struct punch_key end; /* the last row written */
	bool comma; /* of the writer, between pieces */
};

/* What holds for one statement. Where people or terminals are chosen, the best plan depends on how
 * many; where one index holds all that counting needs, the table is not read for it. */
#define PLAN_ANEW "set_config('plan_cache_mode', 'force_custom_plan', true)"
#define BY_INDEX "set_config('enable_seqscan', 'off', true)"

static const char *statement_settings(const struct punch_filter *f)
{
	if (punch_filter_times_only(f))
		return "select " BY_INDEX;
	if (f->search_pins.on || (f->pins.on && f->origins.on))
		return "select " PLAN_ANEW;
	return "select " PLAN_ANEW ", " BY_INDEX;
}

int punch_statements(
	const struct punch_filter *f, const struct sql *sql, struct db_statement out[2])
{
	int n = 0;

	if (!punch_filter_plain(f))
		out[n++] = (struct db_statement){ .sql = statement_settings(f) };
	out[n++] = (struct db_statement){ str_text(&sql->text), sql->args, sql->nargs };
	return n;
}

/* --- statements ----------------------------------------------------------------------------- */

static void statement_send(struct stream *s, struct fetch *f, const struct sql *sql)
{
	fetch_start(f, punch_statements(s->q.filter, sql, f->statements));
}

static void stream_free(void *arg)
{
	struct stream *s = arg;

	fetch_end(&s->count);
	fetch_end(&s->piece);
	fetch_end(&s->naming);
	rows_free(s->rows);
	punch_names_free(s->names);
}

/* --- pieces --------------------------------------------------------------------------------- */

static void piece_ask(struct stream *s)
{
	struct sql *sql = fetch_sql(&s->piece);
	int64_t size = s->q.after_set ? PIECE : FIRST_PIECE;

	s->q.limit = size < s->left ? size : s->left;
	punch_sql_piece(sql, &s->q);
	statement_send(s, &s->piece, sql);
}

/* Rows of a piece come before the mark where it ended. */
static bool row_is_mark(const struct rows *rows, int row)
{
	return rows_null(rows, row, 3);
}

/* The piece has arrived: its successor can be asked for. */
static void piece_take(struct stream *s)
{
	struct punch_key key;
	int n = rows_count(s->piece.rows);
	bool marked = n > 0 && row_is_mark(s->piece.rows, n - 1);
	bool over = marked && rows_null(s->piece.rows, n - 1, 0);

	s->rows = s->piece.rows;
	s->piece.rows = NULL;
	if (n > 0 && !over) {
		punch_row_read_key(&s->q.after, s->rows, n - 1, 0);
		s->q.after_set = true;
	}
	n -= marked;
	s->more = marked ? !over : n == s->q.limit;
	s->got = n < s->left ? n : (int)s->left;
	s->left -= s->got;
	if (s->left <= 0)
		s->more = false;
	if (s->more)
		piece_ask(s);
	punch_names_begin(s->names);
	for (int i = 0; i < s->got; i++) {
		punch_row_read_key(&key, s->rows, i, 0);
		punch_names_want(s->names, &key);
	}
}

static void piece_write(struct stream *s)
{
	struct out *o = req_stream_out(s->req);
	struct punch_row row;

	o->comma = s->comma;
	for (int i = 0; i < s->got; i++) {
		punch_row_read(&row, s->rows, i, 0);
		if (!punch_names_fill(s->names, &row))
			continue;
		s->form->row(o, &row, s->form->arg);
		s->end = row.key;
	}
	s->comma = o->comma;
	rows_free(s->rows);
	s->rows = NULL;
}

/* --- the steps ------------------------------------------------------------------------------ */

static req_step stream_more;

static void stream_end(struct stream *s)
{
	struct out *o = req_stream_out(s->req);

	o->comma = s->comma;
	s->form->end(o);
	if (s->served)
		s->served(s->req, &s->end, s->arg);
	report_file_end(s->req, s->form->file);
}

/* What the plan of all pieces needs to know has been counted. */
static void stream_counted(struct stream *s)
{
	const struct punch_count known = punch_count_read(s->count.rows);

	rows_free(s->count.rows);
	s->count.rows = NULL;
	s->q.limit = PIECE;
	punch_plan_all(&s->q, &known);
	piece_ask(s);
}

/* True when a piece and its names are there. */
static bool stream_is_ready(struct stream *s)
{
	if (s->count.rows)
		stream_counted(s);
	if (s->naming.rows) {
		punch_names_learn(s->names, s->naming.rows);
		rows_free(s->naming.rows);
		s->naming.rows = NULL;
		return true;
	}
	if (s->naming.ticket || !s->piece.rows)
		return false;
	piece_take(s);
	struct sql *sql = fetch_sql(&s->naming);
	if (!punch_names_ask(s->names, sql))
		return true;
	statement_send(s, &s->naming, sql);
	return false;
}

static void stream_more(struct req *r, const struct rows *rows)
{
	struct stream *s = req_data(r);

	if (s->all.failed) {
		req_stream_cut(r);
		return;
	}
	if (s->left <= 0 && !s->rows && !s->piece.rows && !s->piece.ticket) {
		stream_end(s);
		return;
	}
	if (!stream_is_ready(s)) {
		fetches_wait(&s->all, stream_more);
		return;
	}
	piece_write(s);
	if (s->more)
		report_file_flush(r, s->form->file, stream_more);
	else
		stream_end(s);
}

static void stream_plan(struct stream *s, const struct punch_count *known)
{
	struct sql *sql;

	s->q.limit = PIECE;
	if (known || punch_filter_plain(s->q.filter)) {
		punch_plan_all(&s->q, known);
		piece_ask(s);
		return;
	}
	sql = fetch_sql(&s->count);
	punch_sql_count(sql, s->q.filter);
	statement_send(s, &s->count, sql);
}

void punch_stream(struct req *r, const struct punch_stream_start *start, const struct out *head)
{
	struct stream *s = arena_alloc(req_arena(r), sizeof(*s));

	s->req = r;
	s->all.req = r;
	s->count.all = s->piece.all = s->naming.all = &s->all;
	s->q.filter = start->filter;
	s->q.order = start->order;
	s->q.last = start->last;
	if (start->after) {
		s->q.after = s->end = *start->after;
		s->q.after_set = true;
	}
	s->left = start->left;
	s->form = start->form;
	s->served = start->served;
	s->arg = start->arg;
	s->names = punch_names_new();
	s->comma = head->comma;
	arena_defer(req_arena(r), stream_free, s);
	req_set_data(r, s);
	req_stream(r, 200, start->form->type, stream_more);
	if (req_method(r) == HEAD)
		return;
	if (s->left > 0)
		stream_plan(s, start->known);
	out_addn(req_stream_out(r), head->bytes, head->len);
	report_file_flush(r, s->form->file, stream_more);
}
