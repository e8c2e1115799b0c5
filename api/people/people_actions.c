/*
 * Actions on many employees at once. Each is a table of further members, validated like those of a
 * resource, and one statement; unknown ids change nothing.
 */
#include "people_actions.h"

#include <string.h>

#include "about.h"
#include "auth.h"
#include "body.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "resource_private.h"
#include "scope.h"

static req_step codes_found, action_checked, action_done;

struct people_action {
	const char *ids_member; /* "employees" */
	const char *ids_table;
	struct resource members; /* further members of the body */
	void (*statement)(struct write *, struct sql *);
};

struct action {
	const struct people_action *spec;
	struct write write;
	int32_t *ids;
	int n;
};

static void action_done(struct req *r, const struct rows *rows)
{
	reply_done(r);
}

static void action_checked(struct req *r, const struct rows *rows)
{
	struct action *a = req_data(r);
	struct write *w = &a->write;
	int column = write_checks_tell(w, rows);

	if (!rows_null(rows, 0, column))
		errors_add(w->errors, a->spec->ids_member,
			"Invalid pk \"%lld\" - object does not exist.",
			(long long)rows_int(rows, 0, column));
	if (errors_reply(r, w->errors))
		return;
	/* the first parameter is the list of ids */
	sql_param(w->sql, db_int4_array(w->arena, a->ids, NULL, a->n));
	a->spec->statement(w, w->sql);
	sql_run_guarded(
		w->sql, r, scope_guard_ids(r, a->spec->ids_table, a->ids, a->n), action_done);
}

static void action_check(struct req *r, struct action *a)
{
	struct write *w = &a->write;
	struct sql *sql = sql_new(w->arena);

	sql_add(sql, "select true");
	write_checks_add(w, sql);
	sql_arg(sql, ", (select min(w) from unnest($$::int[]) w",
		db_int4_array(w->arena, a->ids, NULL, a->n));
	sql_addf(sql, " where not exists (select from %s x where x.id = w", a->spec->ids_table);
	scope_add(sql, r, a->spec->ids_table, "x");
	sql_add(sql, "))");
	sql_run(sql, r, action_checked);
}

/* Validates what is there; the list of ids may still be to come. */
static struct action *action_start(struct req *r, const struct people_action *spec, json_t *body)
{
	struct action *a = arena_alloc(req_arena(r), sizeof(*a));

	a->spec = spec;
	a->write.req = r;
	a->write.arena = req_arena(r);
	a->write.res = &spec->members;
	a->write.create = true;
	a->write.body = body;
	write_prepare(&a->write);
	req_set_data(r, a);
	return a;
}

/* --- resync_to_device: also by {"emp_code":["1001"]} ----------------------------------------- */

/* A text, a list of texts, or a comma list; at most max into codes. */
static int codes_read(struct arena *arena, const json_t *value, const char **codes, int max)
{
	const json_t *element;
	size_t i;
	int n = 0;

	if (json_is_array(value)) {
		json_array_foreach(value, i, element) n +=
			codes_read(arena, element, codes + n, max - n);
		return n;
	}
	const char *text = body_text(arena, value);
	while (text && *text && n < max) {
		text += strspn(text, ", ");
		size_t len = strcspn(text, ",");
		if (len)
			codes[n++] = arena_memdup(arena, text, len);
		text += len;
	}
	return n;
}

static bool codes_query(struct req *r, struct action *a)
{
	enum { CODES_MAX = 100000 };
	struct arena *arena = req_arena(r);
	const json_t *value = json_object_get(a->write.body, "emp_code");

	if (!value || json_object_get(a->write.body, "employees"))
		return false;
	const char **codes = arena_array(arena, CODES_MAX, sizeof(*codes));
	int n = codes_read(arena, value, codes, CODES_MAX);
	if (n == 0)
		return false;
	struct sql *sql = sql_new(arena);
	sql_arg(sql,
		"select c, e.id from unnest($$::text[]) c left join employee e on e.emp_code = c",
		db_text_array(arena, codes, n));
	scope_add(sql, r, "employee", "e");
	sql_add(sql, " order by e.id");
	sql_run(sql, r, codes_found);
	return true;
}

static void codes_found(struct req *r, const struct rows *rows)
{
	struct action *a = req_data(r);
	int n = rows_count(rows);

	a->ids = arena_array(req_arena(r), (size_t)n, sizeof(*a->ids));
	for (int i = 0; i < n; i++) {
		if (rows_null(rows, i, 1))
			errors_add(a->write.errors, "emp_code",
				"Object with emp_code=%s does not exist.", rows_text(rows, i, 0));
		else
			a->ids[a->n++] = (int32_t)rows_int(rows, i, 1);
	}
	if (!errors_reply(r, a->write.errors))
		action_check(r, a);
}

/* --- the handlers --------------------------------------------------------------------------- */

static void action_run(struct req *r, const struct people_action *spec, json_t *body)
{
	struct action *a = action_start(r, spec, body);

	if (spec == &resync_to_device && codes_query(r, a))
		return;
	body_ids(a->write.arena, body, spec->ids_member, true, a->write.errors, &a->ids, &a->n,
		NULL);
	if (a->n == 0)
		errors_reply(r, a->write.errors);
	else
		action_check(r, a);
}

void people_action(struct req *r, const struct rows *rows)
{
	json_t *body = body_read(r);

	if (body)
		action_run(r, req_route(r)->spec, body);
}

/* --- the actions ---------------------------------------------------------------------------- */

static const struct field area_members[] = {
	{ "areas", NULL, FT_REFS, F_WRITE | F_REQUIRED, .table = "area" },
	{ 0 },
};

static void area_statement(struct write *w, struct sql *sql)
{
	int32_t *ids;
	int n;

	write_ids(w, "areas", &ids, &n);
	sql_arg(sql,
		"with gone as (delete from employee_area x"
		" where x.employee_id = any($1::int[]) and x.area_id <> all($$::int[])",
		db_int4_array(w->arena, ids, NULL, n));
	if (scope_limits(w->req)) /* who does not know of the other areas */
		sql_arg(sql, " and x.area_id in (select scope_areas($$))",
			db_int(w->arena, auth_account(w->req)->id));
	sql_arg(sql,
		"), added as (insert into employee_area (employee_id, area_id)"
		" select e, a from unnest($1::int[]) e, unnest($$::int[]) a on conflict do nothing)"
		" update employee set update_time = now() where id = any($1::int[])",
		db_int4_array(w->arena, ids, NULL, n));
}

const struct people_action adjust_area = { "employees", "employee", { .fields = area_members },
	area_statement };

static const struct field department_members[] = {
	{ "department", NULL, FT_REF, F_WRITE | F_REQUIRED, .table = "department" },
	{ 0 },
};

static void department_statement(struct write *w, struct sql *sql)
{
	sql_arg(sql, "update employee set department_id = $$::int where id = any($1::int[])",
		db_text(write_text(w, "department")));
}

const struct people_action adjust_department = { "employees", "employee",
	{ .fields = department_members }, department_statement };

static const struct field position_members[] = {
	{ "position", NULL, FT_REF, F_WRITE | F_REQUIRED, .table = "position" },
	{ 0 },
};

static void position_statement(struct write *w, struct sql *sql)
{
	sql_arg(sql, "update employee set position_id = $$::int where id = any($1::int[])",
		db_text(write_text(w, "position")));
}

const struct people_action adjust_position = { "employees", "employee",
	{ .fields = position_members }, position_statement };

static const struct field resign_members[] = {
	{ "resign_date", NULL, FT_DATE, F_WRITE | F_REQUIRED },
	{ "resign_type", NULL, FT_INT, F_WRITE, .choices = "1|2|3|4|5" },
	{ "disableatt", NULL, FT_BOOL, F_WRITE },
	{ "reason", NULL, FT_TEXT, F_WRITE, .max = 200 },
	{ 0 },
};

/* Who has resigned already gets the new date and reason. */
static void resign_statement(struct write *w, struct sql *sql)
{
	sql_add(sql,
		"insert into resign (employee_id, resign_date, resign_type, disableatt, reason)"
		" select e");
	sql_arg(sql, ", $$::date", db_text(write_text(w, "resign_date")));
	sql_arg(sql, ", coalesce($$::int, 1)", db_text(write_text(w, "resign_type")));
	sql_arg(sql, ", coalesce($$::boolean, true)", db_text(write_text(w, "disableatt")));
	sql_arg(sql, ", coalesce($$::text, '')", db_text(write_text(w, "reason")));
	sql_add(sql, " from unnest($1::int[]) e on conflict (employee_id) do update"
		     " set resign_date = excluded.resign_date, resign_type = excluded.resign_type,"
		     " disableatt = excluded.disableatt, reason = excluded.reason");
}

const struct people_action adjust_resign = { "employees", "employee", { .fields = resign_members },
	resign_statement };

static const struct field template_members[] = {
	{ "finger_print", NULL, FT_BOOL, F_WRITE },
	{ "face", NULL, FT_BOOL, F_WRITE },
	{ "finger_vein", NULL, FT_BOOL, F_WRITE },
	{ "palm", NULL, FT_BOOL, F_WRITE },
	{ 0 },
};

static void template_statement(struct write *w, struct sql *sql)
{
	int64_t expiry = api_of(w->req)->options.config->command_expiry;

	sql_add(sql, "select command_delete_templates($1::int[]");
	for (const struct field *f = template_members; f->json; f++)
		sql_arg(sql, ", coalesce($$::boolean, false)", db_text(write_text(w, f->json)));
	sql_arg(sql, ", $$::bigint * interval '1 second'",
		expiry > 0 ? db_int(w->arena, expiry) : db_text(NULL));
	sql_arg(sql, ", $$::int)", db_int(w->arena, auth_account(w->req)->id));
}

const struct people_action delete_templates = { "employees", "employee",
	{ .fields = template_members }, template_statement };

static const struct field no_members[] = { { 0 } };

static void resync_statement(struct write *w, struct sql *sql)
{
	sql_add(sql, "select person_resend($1::int[])");
}

const struct people_action resync_to_device = { "employees", "employee", { .fields = no_members },
	resync_statement };

/* --- what terminals of none of their areas said of them (migrations/functions/claims.sql) ----- */

static const struct field claim_members[] = {
	{ "terminal", NULL, FT_REF, F_WRITE, .table = "terminal" }, /* absent: of all */
	{ 0 },
};

static void claims_decide(struct write *w, struct sql *sql, bool take)
{
	sql_arg(sql, "select claims_decide($1::int[], $$::int", db_text(write_text(w, "terminal")));
	sql_arg(sql, ", $$::int", db_int(w->arena, auth_account(w->req)->id));
	sql_addf(
		sql, ", %s, %s)", scope_limits(w->req) ? "true" : "false", take ? "true" : "false");
}

static void take_statement(struct write *w, struct sql *sql)
{
	claims_decide(w, sql, true);
}

static void drop_statement(struct write *w, struct sql *sql)
{
	claims_decide(w, sql, false);
}

const struct people_action take_claims = { "employees", "employee", { .fields = claim_members },
	take_statement };
const struct people_action drop_claims = { "employees", "employee", { .fields = claim_members },
	drop_statement };

/* --- reinstatement: by resign ids, or by employees ------------------------------------------- */

static void resigns_statement(struct write *w, struct sql *sql)
{
	sql_add(sql, "delete from resign where id = any($1::int[])");
}

static void resigned_statement(struct write *w, struct sql *sql)
{
	sql_add(sql, "delete from resign where employee_id = any($1::int[])");
}

static const struct people_action reinstate_resigns = { "resigns", "resign",
	{ .fields = no_members }, resigns_statement };
static const struct people_action reinstate_employees = { "employees", "employee",
	{ .fields = no_members }, resigned_statement };

void reinstate(struct req *r, const struct rows *rows)
{
	json_t *body = body_read(r);

	if (!body)
		return;
	bool by_employees = !json_object_get(body, "resigns") && json_object_get(body, "employees");
	action_run(r, by_employees ? &reinstate_employees : &reinstate_resigns, body);
}

/* --- described ------------------------------------------------------------------------------ */

static void action_tell(const struct people_action *spec, struct about *about)
{
	about->reply = ABOUT_DONE;
	about->body = spec->members.fields;
	about->ids = spec->ids_member;
}

void people_action_about(const struct route *route, struct arena *a, struct about *about)
{
	action_tell(route->spec, about);
}

void reinstate_about(const struct route *route, struct arena *a, struct about *about)
{
	action_tell(&reinstate_resigns, about);
}
