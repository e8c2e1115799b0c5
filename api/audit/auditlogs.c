/*
 * /base/api/auditlogs/: who changed what; read-only. What is personal lies sealed under the
 * person's key, so each row is opened here; of people who were erased it says so.
 */
#include "auditlogs.h"

#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "page.h"
#include "report_file.h"
#include "trail.h"

enum { PIECE = 500 };

static const struct filter log_filters[] = {
	{ "id", FILTER_INT, "t.id = $$" },
	{ "user", FILTER_TEXT, "t.actor_name = $$" },
	{ "user_id", FILTER_INT, "t.actor_id = $$ and t.actor_kind = 'user'" },
	{ "kind", FILTER_TEXT, "t.actor_kind = $$" },
	{ "token", FILTER_INT, "t.token_id = $$" },
	{ "address", FILTER_TEXT, "t.address = $$" },
	{ "action", FILTER_TEXT, "t.action = $$" },
	{ "resource", FILTER_TEXT, "t.resource = $$" },
	{ "object_id", FILTER_INT, "t.object_id = $$" },
	{ "emp_code", FILTER_TEXT, "t.pin_id = (select n.id from pin n where n.code = $$)" },
	{ "start_time", FILTER_TIME, "t.happened >= $$" },
	{ "end_time", FILTER_TIME, "t.happened < $$ + interval '1 second'" },
	{ "search", FILTER_CONTAINS,
		"t.actor_name ilike $$ or t.address ilike $$ or t.request ilike $$"
		" or t.resource ilike $$ or t.action ilike $$" },
	{ 0 },
};

static const struct order log_orders[] = {
	{ "id", "t.id" },
	{ "time", "t.happened" },
	{ "user", "t.actor_name" },
	{ "action", "t.action" },
	{ "resource", "t.resource" },
	{ 0 },
};

enum {
	ID,
	TIME,
	KIND,
	USER_ID,
	USER,
	TOKEN,
	ADDRESS,
	REQUEST,
	ACTION,
	RESOURCE,
	OBJECT,
	CHAIN,
	SEQ,
	HASH,
	SHOWN, /* columns up to here are shown as they are */
	BEFORE = SHOWN,
	AFTER,
	STATE,
	PERSONAL,
	KEY_ROW_KEY,
	KEY_SEALED
};

static const struct field log_fields[] = {
	{ "id", NULL, FT_INT },
	{ "time", NULL, FT_TIME },
	{ "kind", NULL, FT_TEXT },
	{ "user_id", NULL, FT_INT },
	{ "user", NULL, FT_TEXT },
	{ "token", NULL, FT_INT },
	{ "address", NULL, FT_TEXT },
	{ "request", NULL, FT_TEXT },
	{ "action", NULL, FT_TEXT },
	{ "resource", NULL, FT_TEXT },
	{ "object_id", NULL, FT_INT },
	{ "chain", NULL, FT_INT },
	{ "seq", NULL, FT_INT },
	{ "hash", NULL, FT_TEXT },
	{ "before", NULL, FT_JSON },
	{ "after", NULL, FT_JSON },
	{ "state", NULL, FT_TEXT },
	{ 0 },
};

/* state: plain, personal, erased (the key is gone), expired (the content is) */
#define LOG_SELECT                                                                                 \
	"select t.id, to_char(t.happened, 'YYYY-MM-DD HH24:MI:SS'), t.actor_kind, t.actor_id,"     \
	" t.actor_name, t.token_id, t.address, t.request, t.action, t.resource, t.object_id,"      \
	" t.chain_id, t.seq, encode(t.hash, 'hex'), t.before::text, t.after::text,"                \
	" case when t.expired then 'expired' when t.person_key_id is null then 'plain'"            \
	" when k.id is null then 'erased' else 'personal' end, t.personal, k.row_key, k.sealed"    \
	" from audit_log t left join person_key k on k.id = t.person_key_id where true"

/* --- one row -------------------------------------------------------------------------------- */

/* before and after as JSON texts on the arena; NULL: null. */
struct sides {
	const char *before, *after;
};

static const char *side_text(struct arena *a, const json_t *both, const char *name)
{
	const json_t *side = json_object_get(both, name);
	char *text = side && !json_is_null(side) ? json_dumps(side, JSON_COMPACT) : NULL;
	const char *kept = text ? arena_strdup(a, text) : NULL;

	free(text);
	return kept;
}

static struct sides sides_open(struct arena *a, struct req *r, const struct rows *rows, int i)
{
	struct sides s = { rows_text(rows, i, BEFORE), rows_text(rows, i, AFTER) };
	const char *state = rows_text(rows, i, STATE);
	unsigned char key[SEAL_KEY_SIZE];

	if (strcmp(state, "erased") == 0)
		return (struct sides){ "\"erased\"", "\"erased\"" };
	if (strcmp(state, "personal") != 0 ||
		!trail_key_open(api_of(r)->options.seal, a, rows_text(rows, i, KEY_ROW_KEY),
			rows_len(rows, i, KEY_ROW_KEY), rows_text(rows, i, KEY_SEALED),
			rows_len(rows, i, KEY_SEALED), key))
		return s;
	char *text = trail_open(a, key, rows_text(rows, i, PERSONAL), rows_len(rows, i, PERSONAL));
	explicit_bzero(key, sizeof(key));
	json_t *both = text ? json_loads(text, 0, NULL) : NULL;
	s.before = side_text(a, both, "before");
	s.after = side_text(a, both, "after");
	json_decref(both);
	return s;
}

static bool is_number(int column)
{
	return log_fields[column].type == FT_INT;
}

static void side_write(struct out *o, const char *key, const char *json)
{
	json_key(o, key);
	if (json)
		json_raw(o, json);
	else
		json_none(o);
}

static void log_write(struct out *o, struct req *r, const struct rows *rows, int i)
{
	struct arena *scratch = arena_new();
	struct sides s = sides_open(scratch, r, rows, i);

	json_open(o, '{');
	for (int c = 0; c < SHOWN; c++) {
		json_key(o, log_fields[c].json);
		if (rows_null(rows, i, c))
			json_none(o);
		else if (is_number(c))
			json_int(o, rows_int(rows, i, c));
		else
			json_text(o, rows_text(rows, i, c));
	}
	side_write(o, "before", s.before);
	side_write(o, "after", s.after);
	json_key(o, "state");
	json_text(o, rows_text(rows, i, STATE));
	json_close(o, '}');
	arena_free(scratch);
}

/* --- lists ---------------------------------------------------------------------------------- */

struct logs {
	struct page page;
	struct report_file *file; /* NULL: a list */
	int64_t count, at, left; /* at: rows of the list already written or passed over */
	bool comma, begun;
};

static req_step logs_counted, logs_rows, logs_more, logs_piece;

static void logs_start(struct req *r, struct logs *l)
{
	struct sql *sql = sql_new(req_arena(r));

	req_set_data(r, l);
	if (!page_read(r, &l->page))
		return;
	sql_add(sql, "select count(*) from audit_log t where true");
	bool possible = filter_add(sql, r, log_filters);
	if (!possible && !l->file) {
		page_reply_empty(r, &l->page);
		return;
	}
	if (!possible)
		sql_add(sql, " and false");
	sql_run(sql, r, logs_counted);
}

void auditlogs_list(struct req *r, const struct rows *rows)
{
	logs_start(r, arena_alloc(req_arena(r), sizeof(struct logs)));
}

/* ?page= asks for a page of it. */
void auditlogs_export(struct req *r, const struct rows *rows)
{
	struct logs *l = arena_alloc(req_arena(r), sizeof(*l));

	l->file = report_file_read(r);
	if (l->file)
		logs_start(r, l);
}

static void logs_ask(struct req *r, struct logs *l, req_step *next)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t n = l->left < PIECE ? l->left : PIECE;

	sql_add(sql, LOG_SELECT);
	filter_add(sql, r, log_filters);
	order_add(sql, r, log_orders, l->file ? "id" : "-id", "t.id");
	sql_arg(sql, " limit $$::int8", db_int(req_arena(r), n));
	sql_arg(sql, " offset $$::int8", db_int(req_arena(r), l->at));
	l->at += n;
	l->left -= n;
	sql_run(sql, r, next);
}

static void logs_counted(struct req *r, const struct rows *rows)
{
	struct logs *l = req_data(r);

	l->count = rows_int(rows, 0, 0);
	if (!page_fit(r, &l->page, l->count))
		return;
	bool whole = l->file && report_file_is_whole(r);
	l->at = whole ? 0 : page_offset(&l->page);
	l->left = whole ? l->count : page_rows(&l->page, l->count);
	if (!l->file) {
		logs_ask(r, l, logs_rows);
		return;
	}
	report_file_named(r, l->file, "auditlogs");
	req_stream(r, 200, l->file->type, logs_more);
}

static void logs_rows(struct req *r, const struct rows *rows)
{
	struct logs *l = req_data(r);
	struct out o;

	out_init(&o);
	page_open(&o, r, &l->page, l->count);
	for (int i = 0; i < rows_count(rows); i++)
		log_write(&o, r, rows, i);
	if (l->left > 0) {
		l->comma = o.comma;
		req_stream(r, 200, "application/json", logs_more);
		out_addn(req_stream_out(r), o.bytes, o.len);
		req_stream_flush(r);
	} else {
		page_close(&o);
		req_reply(r, 200, "application/json", o.bytes, o.len);
	}
	out_free(&o);
}

/* --- pieces --------------------------------------------------------------------------------- */

static void file_header(struct out *o, const struct report_file *file)
{
	report_file_begin(o, file);
	for (int c = 0; log_fields[c].json; c++)
		report_file_text(o, file, c == 0, log_fields[c].json);
	report_file_end_row(o, file);
}

static void file_row(struct out *o, const struct report_file *file, struct req *r,
	const struct rows *rows, int i)
{
	struct arena *scratch = arena_new();
	struct sides s = sides_open(scratch, r, rows, i);

	for (int c = 0; c < SHOWN; c++) {
		if (is_number(c) && !rows_null(rows, i, c))
			report_file_number(o, file, c == 0, rows_int(rows, i, c));
		else
			report_file_text(o, file, c == 0, rows_text(rows, i, c));
	}
	report_file_text(o, file, false, s.before);
	report_file_text(o, file, false, s.after);
	report_file_text(o, file, false, rows_text(rows, i, STATE));
	report_file_end_row(o, file);
	arena_free(scratch);
}

static void logs_more(struct req *r, const struct rows *rows)
{
	struct logs *l = req_data(r);
	struct out *o = req_stream_out(r);

	if (l->file && !l->begun)
		file_header(o, l->file);
	l->begun = true;
	if (l->left > 0) {
		logs_ask(r, l, logs_piece);
		return;
	}
	if (!l->file) {
		o->comma = true;
		page_close(o);
	}
	report_file_end(r, l->file);
}

static void logs_piece(struct req *r, const struct rows *rows)
{
	struct logs *l = req_data(r);
	struct out *o = req_stream_out(r);

	o->comma = l->comma;
	for (int i = 0; i < rows_count(rows); i++) {
		if (l->file)
			file_row(o, l->file, r, rows, i);
		else
			log_write(o, r, rows, i);
	}
	l->comma = o->comma;
	report_file_flush(r, l->file, logs_more);
}

/* --- one ------------------------------------------------------------------------------------ */

static void log_found(struct req *r, const struct rows *rows)
{
	struct out o;

	if (rows_count(rows) == 0) {
		error_not_found(r);
		return;
	}
	out_init(&o);
	log_write(&o, r, rows, 0);
	req_reply(r, 200, "application/json", o.bytes, o.len);
	out_free(&o);
}

void auditlogs_read(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t id;

	if (!str_to_int(req_arg(r, "id"), 0, INT64_MAX, &id)) {
		error_not_found(r);
		return;
	}
	sql_add(sql, LOG_SELECT);
	sql_arg(sql, " and t.id = $$::bigint", db_int(req_arena(r), id));
	sql_run(sql, r, log_found);
}

void auditlogs_about(const struct route *route, struct arena *a, struct about *about)
{
	bool one = route->handler == auditlogs_read;

	about->summary = one ? "Read one" : "Who changed what";
	about->reply = one ? ABOUT_ROW : ABOUT_LIST;
	about->shape = log_fields;
	if (one)
		return;
	about->orders = log_orders;
	about_filters(about, page_filters);
	about_filters(about, log_filters);
	if (route->handler == auditlogs_export) {
		about->reply = ABOUT_FILE;
		about_filters(about, report_file_filters);
	}
}
