/*
 * POST /personnel/api/employees/{id}/erase/: what names the person in sealed uploads is looked for
 * here, since only we can read it; all the rest is one statement (migrations/functions/erase.sql).
 */
#include "erase.h"

#include <string.h>

#include "auditlogs.h"
#include "auth.h"
#include "body.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "resource_private.h"

/* --- receipts ------------------------------------------------------------------------------- */

static const struct field erasure_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "employee", "t.employee", FT_INT, F_ORDER, OP_EQ },
	{ "time", "t.happened", FT_TIME, F_ORDER },
	{ "user", "t.account_name", FT_TEXT, F_ORDER, OP_EQ },
	{ "punches", "t.punches", FT_TEXT, 0, OP_EQ },
	{ "code", "t.code", FT_TEXT, 0, OP_EQ },
	{ "removed", "t.removed::json", FT_JSON },
	{ "terminals",
		"(select coalesce(json_agg(json_build_object('id', x.terminal_id, 'sn', x.sn,"
		" 'alias', x.alias, 'state', coalesce(x.outcome, 'queued'), 'confirmed',"
		" to_char(x.confirmed, 'YYYY-MM-DD HH24:MI:SS')) order by x.terminal_id), '[]')"
		" from erasure_terminal x where x.erasure_id = t.id)",
		FT_JSON },
	{ "waiting",
		"(select count(*)::int from erasure_terminal x where x.erasure_id = t.id"
		" and x.confirmed is null)",
		FT_INT },
	{ "completed", "t.completed", FT_TIME, F_ORDER },
	{ 0 },
};

const struct resource erasures = {
	.name = "erasure",
	.table = "erasure",
	.fields = erasure_fields,
	.fallback = "-id",
};

/* --- looking for the person ----------------------------------------------------------------- */

/* Where lines lie sealed that may name anybody; a piece is what may be in memory at once. */
static const struct place {
	const char *sql;
	const char *place;
	int piece;
} places[] = {
	{ "select id, row_key, sealed from reject where id > $1::bigint order by id limit $2::int",
		"reject.sealed", 500 },
	{ "select id, row_key, sealed from raw_upload where id > $1::bigint order by id"
	  " limit $2::int",
		"raw_upload.sealed", 5 },
	{ "select id, row_key, sealed from error_log where id > $1::bigint order by id"
	  " limit $2::int",
		"error_log.sealed", 500 },
};

struct found {
	int64_t *ids; /* on the request's arena */
	int n, room;
};

struct erase {
	int32_t id;
	const char *code, *punches;
	size_t at; /* in places */
	int64_t after;
	struct found found[LEN(places)];
};

static req_step person_found, places_more, place_read, person_erased, receipt_read;

static const struct field erase_fields[] = {
	{ "punches", NULL, FT_TEXT, F_WRITE, .choices = "keep|anonymise|delete",
		.example = "anonymise" },
	{ 0 },
};

static const struct resource erase_body = { .fields = erase_fields };

void erase_person(struct req *r, const struct rows *rows)
{
	struct erase *e = arena_alloc(req_arena(r), sizeof(*e));
	struct write w = { .req = r, .arena = req_arena(r), .res = &erase_body, .create = true };

	if (!resource_id(r, &e->id))
		return;
	w.body = body_read(r);
	if (!w.body)
		return;
	write_prepare(&w);
	e->punches = write_text(&w, "punches");
	if (!e->punches)
		e->punches = "anonymise";
	if (errors_reply(r, w.errors))
		return;
	req_set_data(r, e);
	const struct db_arg args[] = { db_int(req_arena(r), e->id) };
	req_query(r, person_found, "select emp_code from employee where id = $1::int", LEN(args),
		args);
}

/* As a stream, so that of what is read only a piece is kept; nothing of it is sent. */
static void person_found(struct req *r, const struct rows *rows)
{
	struct erase *e = req_data(r);

	if (rows_count(rows) == 0) {
		error_not_found(r);
		return;
	}
	e->code = rows_text(rows, 0, 0);
	req_stream(r, 200, "application/json", places_more);
}

static void person_finish(struct req *r, const struct erase *e)
{
	struct arena *a = req_arena(r);
	const struct account *account = auth_account(r);

	if (!req_stream_withdraw(r))
		fatal("an erasure that has replied already");
	const struct db_arg args[] = { db_int(a, e->id), db_text(e->code), db_text(e->punches),
		db_int8_array(a, e->found[0].ids, NULL, e->found[0].n),
		db_int8_array(a, e->found[1].ids, NULL, e->found[1].n),
		db_int8_array(a, e->found[2].ids, NULL, e->found[2].n), db_int(a, account->id),
		db_text(account->name) };
	const struct req_query_options options = { .binary = true, .deadline_ms = 120000 };
	const struct db_statement statement = {
		"select person_erase($1::int, $2::text, $3::text, $4::bigint[], $5::bigint[],"
		" $6::bigint[], $7::int, $8::text)",
		args, LEN(args)
	};
	req_query_with(r, person_erased, &options, &statement, 1);
}

static void places_more(struct req *r, const struct rows *rows)
{
	struct erase *e = req_data(r);

	if (e->at == LEN(places)) {
		person_finish(r, e);
		return;
	}
	const struct place *p = &places[e->at];
	const struct db_arg args[] = { db_int(req_arena(r), e->after),
		db_int(req_arena(r), p->piece) };
	const struct req_query_options options = { .binary = true };
	const struct db_statement statement = { p->sql, args, LEN(args) };
	req_query_with(r, place_read, &options, &statement, 1);
}

static void found_add(struct arena *a, struct found *f, int64_t id)
{
	if (f->n == f->room) {
		int64_t *more = arena_array(a, (size_t)f->room * 2 + 16, sizeof(*more));
		if (f->n)
			memcpy(more, f->ids, (size_t)f->n * sizeof(*more));
		f->ids = more;
		f->room = f->room * 2 + 16;
	}
	f->ids[f->n++] = id;
}

static bool row_names(struct req *r, const struct erase *e, const struct rows *rows, int i)
{
	struct arena *scratch = arena_new();
	char *plain = NULL;
	size_t n = 0;

	if (rows_len(rows, i, 1) == SEAL_ROW_KEY_SIZE)
		plain = seal_open(api_of(r)->options.seal, scratch, places[e->at].place,
			(const void *)rows_text(rows, i, 1), rows_text(rows, i, 2),
			rows_len(rows, i, 2), &n);
	bool names = plain && erase_names(plain, n, e->code);
	if (plain)
		explicit_bzero(plain, n);
	arena_free(scratch);
	return names;
}

static void place_read(struct req *r, const struct rows *rows)
{
	struct erase *e = req_data(r);
	int n = rows_count(rows);

	for (int i = 0; i < n; i++) {
		e->after = rows_int(rows, i, 0);
		if (row_names(r, e, rows, i))
			found_add(req_arena(r), &e->found[e->at], e->after);
	}
	if (n < places[e->at].piece) {
		e->at++;
		e->after = 0;
	}
	places_more(r, NULL);
}

/* --- the end -------------------------------------------------------------------------------- */

static void person_erased(struct req *r, const struct rows *rows)
{
	if (rows_null(rows, 0, 0))
		error_not_found(r);
	else
		resource_query_one(r, &erasures, (int32_t)rows_int(rows, 0, 0), receipt_read);
}

static void receipt_read(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, &erasures, 200, rows);
}

void erase_about(const struct route *route, struct arena *a, struct about *about)
{
	if (route->handler == person_export) {
		about->summary = "All that is held of a person";
		about->reply = ABOUT_ROW;
		about->shape = erasure_fields + LEN(erasure_fields) - 1;
		about->open = true;
		return;
	}
	about->summary = "Erase a person, here and on terminals; the receipt";
	about->reply = ABOUT_ROW;
	about->shape = erasure_fields;
	about->body = erase_fields;
}
