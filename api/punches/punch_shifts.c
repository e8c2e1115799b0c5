/*
 * Punches of terminals whose clock was wrong, put right by so many seconds, and back:
 * POST /iclock/api/terminals/shift_transactions/ and /iclock/api/transactionshifts/. Each step is a
 * transaction of its own, so that others' punches get their turn (migrations/functions/punch_shifts.sql).
 */
#include "punch_shifts.h"

#include <string.h>

#include "about.h"
#include "auth.h"
#include "body.h"
#include "errors.h"
#include "fatal.h"
#include "resource_private.h"

enum { SHIFT_MOST = 50000, AT_ONCE = 200 /* punches */ };

static req_step shift_counted, shift_begun, shift_stepped, shift_told;

/* --- what there is to read -------------------------------------------------------------------- */

static const struct field shift_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminals", "array_to_json(t.sns)::text", FT_JSON },
	{ "seconds", "t.seconds", FT_INT },
	{ "start_time", "t.start_time", FT_TIME },
	{ "end_time", "t.end_time", FT_TIME },
	{ "moved", "k.moved::int", FT_INT },
	{ "stays", "k.stays::int", FT_INT },
	{ "undone", "k.undone::int", FT_INT },
	{ "created", "t.created", FT_TIME, F_ORDER },
	{ "created_by", "c.name", FT_TEXT },
	{ "finished", "t.finished", FT_TIME },
	{ 0 },
};

#define SHIFT_FROM                                                                                 \
	"punch_shift t left join account c on c.id = t.requested_by cross join lateral"            \
	" (select count(*) filter (where r.state = 'moved') as moved,"                             \
	" count(*) filter (where r.state = 'stays') as stays,"                                     \
	" count(*) filter (where r.state = 'undone') as undone"                                    \
	" from punch_shift_row r where r.shift_id = t.id) k"

const struct resource punch_shifts = {
	.name = "shift",
	.table = "punch_shift",
	.from = SHIFT_FROM,
	.fields = shift_fields,
	.fallback = "-id",
};

static const struct field shifted_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "shift", "t.shift_id", FT_INT, F_ORDER, OP_EQ },
	{ "emp_code", "n.code", FT_TEXT, 0, OP_EQ },
	{ "terminal_sn", "t.sn", FT_TEXT, 0, OP_EQ },
	{ "old_time", "t.old_time", FT_TIME, F_ORDER },
	{ "new_time", "t.new_time", FT_TIME, F_ORDER },
	{ "state", "t.state", FT_TEXT, 0, OP_EQ },
	{ "reason", "t.reason", FT_TEXT },
	{ "transaction", "p.id", FT_INT },
	{ 0 },
};

#define SHIFTED_FROM                                                                               \
	"punch_shift_row t left join pin n on n.id = t.pin_id left join punch p"                   \
	" on p.pin_id = t.pin_id and p.punch_time ="                                               \
	" case when t.state = 'moved' then t.new_time else t.old_time end"

const struct resource shifted_punches = {
	.name = "shifted transaction",
	.table = "punch_shift_row",
	.from = SHIFTED_FROM,
	.count_from = "punch_shift_row t left join pin n on n.id = t.pin_id",
	.fields = shifted_fields,
};

/* --- there ------------------------------------------------------------------------------------ */

static const struct field shift_members[] = {
	{ "seconds", NULL, FT_INT, F_WRITE | F_REQUIRED, .low = -2000000000, .high = 2000000000,
		.example = "-7200" },
	{ "start_time", NULL, FT_TIME, F_WRITE | F_REQUIRED },
	{ "end_time", NULL, FT_TIME, F_WRITE | F_REQUIRED },
	{ "dry_run", NULL, FT_BOOL, F_WRITE },
	{ 0 },
};

static const struct resource shift_body = { .fields = shift_members };
static const char ids_member[] = "terminals";

struct shifting {
	const char *seconds, *start, *end;
	bool dry, back;
	int32_t *ids;
	int n;
	int32_t shift; /* its id */
};

static void seconds_check(struct write *w, const struct shifting *s)
{
	if (s->seconds && strcmp(s->seconds, "0") == 0)
		errors_add(w->errors, "seconds", "Enter a number of seconds other than 0.");
	if (s->start && s->end && strcmp(s->start, s->end) > 0)
		errors_add(w->errors, "end_time", "Ensure this is not before start_time.");
}

/* $1 terminals, $2 seconds, $3 and $4 times; further ones follow. */
static void shift_query(struct req *r, const struct shifting *s, req_step *next, const char *sql)
{
	struct arena *a = req_arena(r);
	const struct db_arg args[] = { db_int4_array(a, s->ids, NULL, s->n), db_text(s->seconds),
		db_text(s->start), db_text(s->end), db_int(a, auth_account(r)->id),
		db_int(a, SHIFT_MOST + 1) };
	req_query(r, next, sql, LEN(args), args);
}

/* POST /iclock/api/terminals/shift_transactions/ */
void terminals_shift(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct shifting *s = arena_alloc(a, sizeof(*s));
	struct write w = { .req = r, .arena = a, .res = &shift_body, .create = true };

	w.body = body_read(r);
	if (!w.body)
		return;
	write_prepare(&w);
	body_ids(a, w.body, ids_member, true, w.errors, &s->ids, &s->n, NULL);
	s->seconds = write_text(&w, "seconds");
	s->start = write_text(&w, "start_time");
	s->end = write_text(&w, "end_time");
	const char *dry = write_text(&w, "dry_run");
	s->dry = dry && strcmp(dry, "t") == 0;
	seconds_check(&w, s);
	if (errors_reply(r, w.errors))
		return;
	req_set_data(r, s);
	shift_query(r, s, shift_counted,
		"select (select min(i) from unnest($1::int[]) i where not exists"
		" (select from terminal where id = i)), (select count(*) from punch_shift_next("
		"array(select sn from terminal where id = any($1::int[])), $2::int, $3::timestamp,"
		" $4::timestamp, case when $2::int < 0 then '-infinity' else 'infinity'"
		" end::timestamp, 0, $6::int) n), $5::int");
}

static void shift_counted(struct req *r, const struct rows *rows)
{
	const struct shifting *s = req_data(r);

	if (!rows_null(rows, 0, 0))
		error_field(r, ids_member,
			arena_printf(req_arena(r), "Invalid pk \"%lld\" - object does not exist.",
				(long long)rows_int(rows, 0, 0)));
	else if (rows_int(rows, 0, 1) > SHIFT_MOST)
		error_field(r, "end_time",
			arena_printf(req_arena(r),
				"These are more than %d transactions: make the time shorter.",
				SHIFT_MOST));
	else if (s->dry)
		shift_query(r, s, shift_told,
			"select punch_shift_try(array(select sn from terminal"
			" where id = any($1::int[])), $2::int, $3::timestamp, $4::timestamp,"
			" $6::int)::text, $5::int");
	else
		shift_query(r, s, shift_begun,
			"select punch_shift_begin($1::int[], $2::int, $3::timestamp,"
			" $4::timestamp, $5::int), $6::int");
}

static void shift_step(struct req *r)
{
	const struct shifting *s = req_data(r);
	const struct db_arg args[] = { db_int(req_arena(r), s->shift),
		db_int(req_arena(r), AT_ONCE) };

	req_query(r, shift_stepped,
		s->back ? "select punch_unshift_step($1::int, $2::int)"
			: "select punch_shift_step($1::int, $2::int)",
		LEN(args), args);
}

static void shift_begun(struct req *r, const struct rows *rows)
{
	struct shifting *s = req_data(r);

	s->shift = (int32_t)rows_int(rows, 0, 0);
	shift_step(r);
}

static void shift_stepped(struct req *r, const struct rows *rows)
{
	const struct shifting *s = req_data(r);

	if (rows_bool(rows, 0, 0)) {
		shift_step(r);
		return;
	}
	const struct db_arg args[] = { db_int(req_arena(r), s->shift), db_bool(s->back) };
	req_query(
		r, shift_told, "select punch_shift_told($1::int, $2::bool)::text", LEN(args), args);
}

static void shift_told(struct req *r, const struct rows *rows)
{
	struct out o;

	out_init(&o);
	json_open(&o, '{');
	json_key(&o, "code");
	json_int(&o, 0);
	json_key(&o, "msg");
	json_text(&o, "");
	json_key(&o, "data");
	json_raw(&o, rows_text(rows, 0, 0));
	json_close(&o, '}');
	req_reply(r, 200, "application/json", o.bytes, o.len);
	out_free(&o);
}

/* --- and back --------------------------------------------------------------------------------- */

static req_step undo_begun;

/* POST /iclock/api/transactionshifts/:id/undo/ */
void shifts_undo(struct req *r, const struct rows *rows)
{
	struct shifting *s = arena_alloc(req_arena(r), sizeof(*s));

	if (!resource_id(r, &s->shift))
		return;
	s->back = true;
	req_set_data(r, s);
	const struct db_arg args[] = { db_int(req_arena(r), s->shift) };
	req_query(r, undo_begun, "select punch_unshift_begin($1::int)", LEN(args), args);
}

static void undo_begun(struct req *r, const struct rows *rows)
{
	if (rows_bool(rows, 0, 0))
		shift_step(r);
	else
		error_not_found(r);
}

/* --- described -------------------------------------------------------------------------------- */

void shifts_about(const struct route *route, struct arena *a, struct about *about)
{
	about->reply = ABOUT_ANY;
	if (route->handler == shifts_undo) {
		about->summary = "Move transactions back to where they were";
		return;
	}
	about->summary = "Move the transactions of a clock that was wrong";
	about->body = shift_members;
	about->ids = ids_member;
}
