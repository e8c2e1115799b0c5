/*
 * Staff: employees with a self-service password. There is none until somebody sets it. What they
 * see is below /staff/api/, their own rows of the resources that name whose a row is (own).
 */
#include "staff.h"

#include <string.h>

#include "about.h"
#include "accounts.h"
#include "auth_private.h"
#include "body.h"
#include "context.h"
#include "employees.h"
#include "errors.h"
#include "fatal.h"
#include "leaves.h"
#include "messages.h"
#include "new_password.h"
#include "photos.h"
#include "resource_private.h"
#include "verify.h"

/* --- passwords -------------------------------------------------------------------------------- */

static req_step password_hashed, password_person_found, password_stored, own_found, own_verified;

struct change {
	int32_t employee;
	struct new_password password;
	struct account_query query;
	struct verify_try attempt;
};

/* The body's new password; false: replied. */
static bool password_read(struct req *r, struct change *c, const json_t *body, const char *member)
{
	const json_t *value = json_object_get(body, member);
	const char *problem = NULL;

	if (!value)
		problem = "This field is required.";
	else if (json_is_null(value))
		problem = "This field may not be null.";
	else if (!json_is_string(value))
		problem = "Not a valid string.";
	else if (!json_string_value(value)[strspn(json_string_value(value), " \t\r\n")])
		problem = "This field may not be blank.";
	else if (strlen(json_string_value(value)) < PASSWORD_LEAST)
		problem = "Ensure this field has at least 8 characters.";
	else if (strlen(json_string_value(value)) > PASSWORD_MAX)
		problem = "Ensure this field has no more than 1024 characters.";
	if (problem) {
		error_field(r, member, problem);
		return false;
	}
	new_password_take(r, &c->password, json_string_value(value));
	return true;
}

void staff_password_set(struct req *r, const struct rows *rows)
{
	struct change *c = arena_alloc(req_arena(r), sizeof(*c));
	const json_t *body = body_read(r);

	if (!body || !resource_id(r, &c->employee))
		return;
	req_set_data(r, c);
	const struct db_arg args[] = { db_int(req_arena(r), c->employee) };
	if (req_method(r) == DELETE) {
		req_query(r, password_stored,
			"with gone as (delete from staff_login where employee_id = $1::int)"
			" select id from employee where id = $1::int",
			LEN(args), args);
		return;
	}
	if (password_read(r, c, body, "self_password"))
		req_query(r, password_person_found,
			"select emp_code from employee where id = $1::int", LEN(args), args);
}

static bool password_judge(
	struct req *r, const struct change *c, const char *member, const char *emp_code)
{
	const struct password_name name = { "emp_code", emp_code };

	return new_password_judge(r, &c->password, member, &name, 1);
}

static void password_person_found(struct req *r, const struct rows *rows)
{
	struct change *c = req_data(r);

	if (rows_count(rows) == 0)
		error_not_found(r);
	else if (password_judge(r, c, "self_password", rows_text(rows, 0, 0)))
		new_password_hash(r, &c->password, password_hashed);
}

static void password_hashed(struct req *r, const struct rows *rows)
{
	struct change *c = req_data(r);

	if (!c->password.good) {
		error_detail(r, 500, "Internal server error.");
		return;
	}
	const struct db_arg args[] = { db_int(req_arena(r), c->employee),
		db_text(c->password.hash) };
	/* as of accounts: JSON web tokens know whole seconds */
	req_query(r, password_stored,
		"insert into staff_login as s (employee_id, password_hash)"
		" select id, $2::text from employee where id = $1::int"
		" on conflict (employee_id) do update set password_hash = excluded.password_hash,"
		" token_generation = s.token_generation + 1, login_hash = null,"
		" tokens_from = greatest(now(), s.tokens_from + interval '1 s')"
		" returning employee_id",
		LEN(args), args);
}

static void password_stored(struct req *r, const struct rows *rows)
{
	if (rows_count(rows) == 0)
		error_not_found(r);
	else
		reply_done(r);
}

/* POST /staff/api/password/ {"old_password":...,"password":...} */
void own_password(struct req *r, const struct rows *rows)
{
	struct change *c = arena_alloc(req_arena(r), sizeof(*c));
	const struct account *account = auth_account(r);
	const json_t *body = body_read(r);

	if (!body)
		return;
	const json_t *old = json_object_get(body, "old_password");
	if (!json_is_string(old)) {
		error_field(
			r, "old_password", old ? "Not a valid string." : "This field is required.");
		return;
	}
	if (!password_read(r, c, body, "password"))
		return;
	if (!password_judge(r, c, "password", account->name))
		return;
	req_set_data(r, c);
	c->employee = account->staff;
	c->attempt.name = staff_guard_name(req_arena(r), account->name);
	c->attempt.password = json_string_value(old);
	c->query = (struct account_query){ .by = STAFF_BY_ID, .id = account->staff, .fresh = true };
	accounts_find(api_of(r)->auth->accounts, r, &c->query, own_found);
}

static void own_found(struct req *r, const struct rows *rows)
{
	struct change *c = req_data(r);
	const struct known *k = c->query.found;

	verify_of(&c->attempt, k);
	verify_run(api_of(r)->auth->verify, r, &c->attempt, own_verified);
}

static void own_verified(struct req *r, const struct rows *rows)
{
	struct change *c = req_data(r);

	if (verify_refused(r, &c->attempt))
		return;
	if (!c->attempt.good)
		error_field(r, "old_password", "Invalid password.");
	else
		new_password_hash(r, &c->password, password_hashed);
}

/* --- what is theirs --------------------------------------------------------------------------- */

static const struct field punch_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "emp_code", "n.code", FT_TEXT },
	{ "punch_time", "t.punch_time", FT_TIME, F_ORDER, OP_EQ },
	{ "punch_state", "t.punch_state::text", FT_TEXT, 0, OP_EQ },
	{ "punch_state_display",
		"coalesce((array['Check In', 'Check Out', 'Break Out', 'Break In', 'Overtime In',"
		" 'Overtime Out'])[t.punch_state + 1], 'Unknown')",
		FT_TEXT },
	{ "verify_type", "t.verify_type::int", FT_INT },
	{ "work_code", "coalesce(t.work_code, '')", FT_TEXT },
	{ "terminal_sn", "o.sn", FT_TEXT, 0, OP_EQ },
	{ "terminal_alias", "o.alias", FT_TEXT, 0, OP_EQ },
	{ "area_alias", "o.area_alias", FT_TEXT },
	{ "upload_time", "t.upload_time", FT_TIME, F_ORDER },
	{ 0 },
};

static const struct filter punch_filters[] = {
	{ "start_time", FILTER_TIME, "t.punch_time >= $$" },
	{ "end_time", FILTER_TIME, "t.punch_time <= $$" },
	{ "id_more_than", FILTER_INT, "t.id > $$" },
	{ 0 },
};

#define PUNCH_FROM "punch t join pin n on n.id = t.pin_id join punch_origin o on o.id = t.origin_id"

/* What a former employee of the same code left behind is nobody's. */
static const struct resource own_punches = {
	.name = "transaction",
	.table = "punch",
	.from = PUNCH_FROM,
	.count_from = PUNCH_FROM,
	.fields = punch_fields,
	.filters = punch_filters,
	.own = "t.pin_id = (select pin_id from employee where id = $$::int)"
	       " and t.id > n.unlinked_up_to",
};

/* GET /staff/api/employee/: one object. */
static void own_shown(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, &employees, 200, rows);
}

void own_employee(struct req *r, const struct rows *rows)
{
	resource_query_one(r, &employees, auth_account(r)->staff, own_shown);
}

void own_photo(struct req *r, const struct rows *rows)
{
	photo_reply_of(r, auth_account(r)->staff);
}

/* --- for the documentation --------------------------------------------------------------------- */

#define PASSWORD(member)                                                                           \
	{                                                                                          \
		member, NULL, FT_TEXT, F_WRITE | F_REQUIRED, .max = PASSWORD_MAX,                  \
							     .example = "a long one"               \
	}

void staff_password_about(const struct route *route, struct arena *a, struct about *about)
{
	static const struct field body[] = { PASSWORD("self_password"), { 0 } };

	about->summary =
		"The password an employee logs in with (8 characters at least, and none that is guessed first)";
	about->reply = ABOUT_DONE;
	if (!(route->methods & DELETE))
		about->body = body;
}

void own_about(const struct route *route, struct arena *a, struct about *about)
{
	static const struct field body[] = { PASSWORD("old_password"), PASSWORD("password"),
		{ 0 } };

	if (route->handler == own_password) {
		about->summary = "Change one's own password";
		about->reply = ABOUT_DONE;
		about->body = body;
	} else {
		about->summary = "Who is logged in";
		about->reply = ABOUT_ROW;
		about->shape = employees.fields;
		about->open = true;
	}
}

/* --- routes -------------------------------------------------------------------------------------- */

#define OWN(path, resource)                                                                        \
	{ GET, path, resource_list, &resource, API_STAFF },                                        \
	{                                                                                          \
		GET, path ":id/", resource_read, &resource, API_STAFF                              \
	}

const struct route staff_routes[] = {
	{ POST, "/staff/api/password/", own_password, NULL, API_STAFF },
	{ GET, "/staff/api/employee/", own_employee, NULL, API_STAFF },
	{ GET, "/staff/api/photo/", own_photo, NULL, API_STAFF },
	{ GET, "/staff/api/transactions/", resource_list, &own_punches, API_STAFF },
	OWN("/staff/api/manuallogs/", manual_logs),
	OWN("/staff/api/leaves/", leaves),
	OWN("/staff/api/privatemessages/", private_messages),
	{ 0 },
};
