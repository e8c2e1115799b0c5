/* Manual logs and leaves: what people apply for, and its approval. */
#include "leaves.h"

#include <string.h>

#include "about.h"
#include "auth.h"
#include "body.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "report_people.h"
#include "resource_private.h"
#include "scope.h"

enum { WAITING = 1, APPROVED = 2, REJECTED = 3 };

static const struct field applicant[] = {
	{ "id", "e.id", FT_INT },
	{ "emp_code", "e.emp_code", FT_TEXT },
	{ "first_name", "e.first_name", FT_TEXT },
	{ "last_name", "e.last_name", FT_TEXT },
	{ 0 },
};

/* Employee and names; e, d and j as in from. */
#define EMPLOYEE                                                                                   \
	{ "employee", NULL, FT_REF, F_WRITE | F_REQUIRED, OP_EQ, .column = "employee_id",          \
		.table = "employee", .members = applicant },                                       \
		{ "emp_code", "e.emp_code", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },               \
		{ "first_name", "e.first_name", FT_TEXT },                                         \
		{ "last_name", "e.last_name", FT_TEXT }, { "department", "d.name", FT_TEXT },      \
	{                                                                                          \
		"position", "j.name", FT_TEXT                                                      \
	}

#define APPROVAL                                                                                   \
	{ "apply_reason", "t.apply_reason", FT_TEXT, F_WRITE, 0, 200, .null_as = "''" },           \
		{ "apply_time", "t.apply_time", FT_TIME, F_ORDER },                                \
		{ "audit_status", "t.audit_status", FT_INT, F_ORDER, OP_EQ },                      \
		{ "audit_status_display",                                                          \
			"(array['Waiting', 'Approved', 'Rejected'])[t.audit_status]", FT_TEXT },   \
		{ "audit_reason", "t.audit_reason", FT_TEXT },                                     \
		{ "audit_time", "t.audit_time", FT_TIME },                                         \
	{                                                                                          \
		"audit_user", "c.name", FT_TEXT                                                    \
	}

#define NAMES                                                                                      \
	" join employee e on e.id = t.employee_id join department d on d.id = e.department_id"     \
	" left join position j on j.id = e.position_id left join account c on c.id = t.audit_by"

#define PEOPLE                                                                                     \
	{ "employees", FILTER_IDS, "t.employee_id = any($$)", report_some_ids },                   \
		{ "departments", FILTER_IDS, "e.department_id = any($$)", report_some_ids },       \
		{ "areas", FILTER_IDS,                                                             \
			"e.id in (select employee_id from employee_area where area_id = any($$))", \
			report_some_ids },                                                         \
	{                                                                                          \
		"employee_icontains", FILTER_CONTAINS,                                             \
			"e.emp_code ilike $$ or e.first_name ilike $$ or e.last_name ilike $$"     \
	}

static const char *const log_search[] = { "e.emp_code", "e.first_name", "e.last_name",
	"t.apply_reason", NULL };

/* What is created or changed is approved at once, or waits. */
static void approval_set(struct write *w)
{
	bool waits = api_of(w->req)->options.config->attendance_approval;

	write_set(w, "audit_status", "$$::int", db_int(w->arena, waits ? WAITING : APPROVED));
	write_set(
		w, "audit_time", "case when $$::boolean then null else now() end", db_bool(waits));
	write_set(w, "audit_by", "$$::int",
		waits ? db_text(NULL) : db_int(w->arena, auth_account(w->req)->id));
}

/* --- manual logs ----------------------------------------------------------------------------- */

static const struct field manual_log_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	EMPLOYEE,
	{ "punch_time", "t.punch_time", FT_TIME, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ },
	{ "punch_state", "t.punch_state::text", FT_TEXT, F_WRITE | F_REQUIRED, 0,
		.column = "punch_state", .choices = "0|1|2|3|4|5|255", .store = "$$::int" },
	{ "punch_state_display",
		"coalesce((array['Check In', 'Check Out', 'Break Out', 'Break In', 'Overtime In',"
		" 'Overtime Out'])[t.punch_state + 1], 'Unknown')",
		FT_TEXT },
	{ "work_code", "t.work_code", FT_TEXT, F_WRITE, 0, 20, .null_as = "''" },
	APPROVAL,
	{ "transaction", "t.punch_id", FT_INT },
	{ 0 },
};

static const struct filter manual_log_filters[] = {
	PEOPLE,
	{ "start_time", FILTER_TIME, "t.punch_time >= $$" },
	{ "end_time", FILTER_TIME, "t.punch_time <= $$" },
	{ 0 },
};

/* A log that has become a punch is as it is: delete it, and put in another. */
static void manual_log_check(struct write *w, const struct rows *current, int column)
{
	if (current && rows_int(current, 0, column) == APPROVED)
		errors_add(w->errors, "non_field_errors",
			"This manual log is approved and cannot be changed.");
	else
		approval_set(w);
}

const struct resource manual_logs = {
	.name = "manual log",
	.own = "t.employee_id = $$::int",
	.table = "manual_log",
	.tallied = true,
	.from = "manual_log t" NAMES,
	.count_from = "manual_log t" NAMES,
	.fields = manual_log_fields,
	.filters = manual_log_filters,
	.search = log_search,
	.current = "t.audit_status",
	.check = manual_log_check,
	.delete_sql = "select true where manual_log_delete($$::int)",
};

const struct audit manual_logs_approve = { "manuallogs", "manual_log", "manual_log_audit",
	APPROVED };
const struct audit manual_logs_reject = { "manuallogs", "manual_log", "manual_log_audit",
	REJECTED };

/* --- leaves ---------------------------------------------------------------------------------- */

static const struct field leave_code[] = {
	{ "id", "l.id", FT_INT },
	{ "code", "l.code", FT_TEXT },
	{ "name", "l.name", FT_TEXT },
	{ 0 },
};

static const struct field leave_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	EMPLOYEE,
	{ "pay_code", NULL, FT_REF, F_WRITE | F_REQUIRED, OP_EQ, .column = "pay_code_id",
		.table = "pay_code", .members = leave_code },
	{ "start_time", "t.start_time", FT_TIME, F_WRITE | F_REQUIRED | F_ORDER },
	{ "end_time", "t.end_time", FT_TIME, F_WRITE | F_REQUIRED | F_ORDER,
		.example = "2026-05-04 18:00:00" },
	APPROVAL,
	{ 0 },
};

/* Those that touch the days or times given. */
static const struct filter leave_filters[] = {
	PEOPLE,
	{ "start_time", FILTER_TIME, "t.end_time > $$" },
	{ "end_time", FILTER_TIME, "t.start_time <= $$" },
	{ "start_date", FILTER_DATE, "t.end_time > $$" },
	{ "end_date", FILTER_DATE, "t.start_time < $$ + 1" },
	{ 0 },
};

static void leave_check(struct write *w, const struct rows *current, int column)
{
	const char *from = write_text(w, "start_time"), *to = write_text(w, "end_time");

	if (current && !from)
		from = rows_text(current, 0, column);
	if (current && !to)
		to = rows_text(current, 0, column + 1);
	/* both are written in one way, so that texts compare as times do */
	if (from && to && strcmp(to, from) <= 0)
		errors_add(w->errors, "end_time", "The end must be later than the start.");
	approval_set(w);
}

const struct resource leaves = {
	.name = "leave",
	.own = "t.employee_id = $$::int",
	.table = "att_leave",
	.tallied = true,
	.from = "att_leave t join pay_code l on l.id = t.pay_code_id" NAMES,
	.count_from = "att_leave t join pay_code l on l.id = t.pay_code_id" NAMES,
	.fields = leave_fields,
	.filters = leave_filters,
	.search = log_search,
	.current = "to_char(t.start_time, 'YYYY-MM-DD HH24:MI:SS'),"
		   " to_char(t.end_time, 'YYYY-MM-DD HH24:MI:SS')",
	.check = leave_check,
};

const struct audit leaves_approve = { "leaves", "att_leave", "att_leave_audit", APPROVED };
const struct audit leaves_reject = { "leaves", "att_leave", "att_leave_audit", REJECTED };

/* --- approval -------------------------------------------------------------------------------- */

static req_step audit_checked, audit_done;

struct auditing {
	int32_t *ids;
	int n;
	bool one; /* of the path */
	const char *reason;
};

static const struct field audit_fields[] = {
	{ "audit_reason", NULL, FT_TEXT, F_WRITE, .max = 200 },
	{ 0 },
};

static const struct resource audit_body = { .fields = audit_fields };

static void audit_start(struct req *r, bool one)
{
	const struct audit *spec = req_route(r)->spec;
	struct auditing *a = arena_alloc(req_arena(r), sizeof(*a));
	struct write w = { .req = r, .arena = req_arena(r), .res = &audit_body, .create = true };
	int64_t id;

	w.body = body_read(r);
	if (!w.body)
		return;
	write_prepare(&w);
	a->one = one;
	a->reason = write_text(&w, "audit_reason");
	if (!a->reason)
		a->reason = "";
	if (one && !str_to_int(req_arg(r, "id"), 0, INT32_MAX, &id)) {
		error_not_found(r);
		return;
	}
	if (one) {
		a->ids = arena_alloc(req_arena(r), sizeof(*a->ids));
		a->ids[a->n++] = (int32_t)id;
	} else {
		body_ids(req_arena(r), w.body, spec->member, true, w.errors, &a->ids, &a->n, NULL);
	}
	if (errors_reply(r, w.errors))
		return;
	req_set_data(r, a);
	struct sql *sql = sql_new(req_arena(r));
	sql_arg(sql, "select min(w) from unnest($$::int[]) w",
		db_int4_array(req_arena(r), a->ids, NULL, a->n));
	sql_addf(sql, " where not exists (select from %s x where x.id = w", spec->table);
	scope_add(sql, r, spec->table, "x");
	sql_add(sql, ")");
	sql_run(sql, r, audit_checked);
}

void audit_many(struct req *r, const struct rows *rows)
{
	audit_start(r, false);
}

void audit_one(struct req *r, const struct rows *rows)
{
	audit_start(r, true);
}

static void audit_checked(struct req *r, const struct rows *rows)
{
	const struct audit *spec = req_route(r)->spec;
	const struct auditing *a = req_data(r);
	struct arena *arena = req_arena(r);

	if (!rows_null(rows, 0, 0) && a->one) {
		error_not_found(r);
		return;
	}
	if (!rows_null(rows, 0, 0)) {
		error_field(r, spec->member,
			arena_printf(arena, "Invalid pk \"%lld\" - object does not exist.",
				(long long)rows_int(rows, 0, 0)));
		return;
	}
	const struct db_arg args[] = { db_int4_array(arena, a->ids, NULL, a->n),
		db_int(arena, auth_account(r)->id), db_text(a->reason),
		db_int(arena, spec->status) };
	req_query(r, audit_done,
		arena_printf(
			arena, "select %s($1::int[], $2::int, $3::text, $4::int)", spec->function),
		LEN(args), args);
}

static void audit_done(struct req *r, const struct rows *rows)
{
	reply_done(r);
}

void audit_about(const struct route *route, struct arena *a, struct about *about)
{
	const struct audit *spec = route->spec;

	about->summary = spec->status == APPROVED ? "Approve" : "Reject";
	about->reply = ABOUT_DONE;
	about->body = audit_fields;
	if (route->handler == audit_many)
		about->ids = spec->member;
}
