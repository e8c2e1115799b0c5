/* Employees: the 9.x shape with the flat switches of 8.x beside. */
#include "employees.h"

#include <stdio.h>
#include <string.h>

#include "attributes.h"
#include "auth.h"
#include "body.h"
#include "card.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "scope.h"

/* --- the table ------------------------------------------------------------------------------ */

static const struct field department_brief[] = {
	{ "id", "d.id", FT_INT },
	{ "dept_code", "d.code", FT_TEXT },
	{ "dept_name", "d.name", FT_TEXT },
	{ 0 },
};

static const struct field position_brief[] = {
	{ "id", "p.id", FT_INT },
	{ "position_code", "p.code", FT_TEXT },
	{ "position_name", "p.name", FT_TEXT },
	{ 0 },
};

static const struct field attendance[] = {
	{ "id", "t.id", FT_INT },
	{ "enable_attendance", "t.enable_attendance", FT_BOOL },
	{ "enable_overtime", "t.enable_overtime", FT_BOOL },
	{ "enable_holiday", "t.enable_holiday", FT_BOOL },
	{ "enable_schedule", "t.enable_schedule", FT_BOOL },
	{ 0 },
};

#define AREAS_JSON(which)                                                                          \
	"(select '[' || coalesce(string_agg('{\"id\":' || a.id || ',\"area_code\":' ||"            \
	" to_json(a.code) || ',\"area_name\":' || to_json(a.name) || '}', ',' order by a.id), '')" \
	" || ']' from employee_area ea join area a on a.id = ea.area_id"                           \
	" where ea.employee_id = t.id" which ")"

enum { SEALED = F_WRITE | F_SEALED, SECRET = F_WRITE | F_SEALED | F_SECRET };

static const struct field employee_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "emp_code", "t.emp_code", FT_TEXT, F_WRITE | F_REQUIRED | F_FIXED | F_UNIQUE | F_ORDER,
		OP_EQ | OP_CONTAINS, 20 },
	{ "first_name", "t.first_name", FT_TEXT, F_WRITE | F_ORDER, OP_EQ | OP_CONTAINS, 25,
		.null_as = "''" },
	{ "last_name", "t.last_name", FT_TEXT, F_WRITE | F_ORDER, OP_EQ | OP_CONTAINS, 25,
		.null_as = "''" },
	{ "nickname", "t.nickname", FT_TEXT, F_WRITE | F_ORDER, OP_EQ | OP_CONTAINS, 25,
		.null_as = "''" },
	{ "format_name", "t.emp_code || ' ' || t.first_name", FT_TEXT },
	{ "photo", "employee_photo(t.id, t.emp_code, t.pin_id)", FT_TEXT },
	{ "full_name", "t.first_name || ' ' || t.last_name", FT_TEXT },
	{ "device_password", NULL, FT_TEXT, SECRET, 0, 20 },
	{ "card_no", NULL, FT_CARD, SECRET | F_UNIQUE, 0, 20 },
	{ "department", NULL, FT_REF, F_WRITE | F_REQUIRED, OP_EQ, .column = "department_id",
		.table = "department", .members = department_brief },
	{ "position", NULL, FT_REF, F_WRITE, OP_EQ, .column = "position_id", .table = "position",
		.members = position_brief },
	{ "hire_date", "t.hire_date", FT_DATE, F_WRITE | F_ORDER, OP_EQ,
		.null_as = "current_date" },
	{ "gender", "t.gender", FT_TEXT, F_WRITE, OP_EQ, .choices = "M|F|S" },
	{ "birthday", NULL, FT_DATE, SEALED },
	{ "verify_mode", "greatest(t.verify_mode, 0)", FT_INT, F_WRITE, 0, .low = -1, .high = 255,
		.column = "verify_mode", .null_as = "-1",
		/* 0 is how "as the terminal is set" is shown */
		.store = "coalesce(nullif($$::int, 0), -1)" },
	{ "emp_type", "t.emp_type", FT_INT, F_WRITE, OP_EQ },
	{ "contact_tel", NULL, FT_TEXT, SEALED, 0, 20 },
	{ "office_tel", NULL, FT_TEXT, SEALED, 0, 20 },
	{ "mobile", NULL, FT_TEXT, SEALED, 0, 20 },
	{ "national", NULL, FT_TEXT, SEALED, 0, 50 },
	{ "city", NULL, FT_TEXT, SEALED, 0, 20 },
	{ "address", NULL, FT_TEXT, SEALED, 0, 200 },
	{ "postcode", NULL, FT_TEXT, SEALED, 0, 10 },
	{ "email", NULL, FT_EMAIL, SEALED, 0, 50 },
	{ "enroll_sn", "t.enroll_sn", FT_TEXT, F_WRITE, OP_EQ, 20, .null_as = "''" },
	{ "ssn", NULL, FT_TEXT, SEALED, 0, 20 },
	{ "religion", NULL, FT_TEXT, SEALED, 0, 20 },
	{ "enable_att", "t.enable_attendance", FT_BOOL, F_WRITE, 0, .null_as = "true" },
	{ "enable_overtime", "t.enable_overtime", FT_BOOL, F_WRITE, 0, .null_as = "true" },
	{ "enable_holiday", "t.enable_holiday", FT_BOOL, F_WRITE, 0, .null_as = "true" },
	{ "attemployee", NULL, FT_OBJECT, .members = attendance },
	{ "dev_privilege", "t.dev_privilege", FT_INT, F_WRITE, OP_EQ, .low = 0, .high = 14,
		.null_as = "0" },
	{ "area", AREAS_JSON(""), FT_REFS, F_WRITE | F_REQUIRED, 0, .table = "area",
		.scoped = AREAS_JSON(" and a.id in (select scope_areas($$))") },
	{ "app_status", "t.app_status", FT_INT, F_WRITE, OP_EQ, .choices = "0|1", .null_as = "0" },
	{ "app_role", "t.app_role", FT_INT, F_WRITE, OP_EQ, .null_as = "1" },
	{ "update_time", "t.update_time", FT_TIME, F_ORDER },
	{ "fingerprint", "biometric_summary(b.fp_ver, b.fp)", FT_TEXT },
	{ "face", "biometric_summary(b.face_ver, b.face)", FT_TEXT },
	{ "palm", "biometric_summary(b.palm_ver, b.palm)", FT_TEXT },
	{ "vl_face", "biometric_summary(b.vl_face_ver, b.vl_face)", FT_TEXT },
	{ "vl_palm", "biometric_summary(b.vl_palm_ver, b.vl_palm)", FT_TEXT },
	{ "vl_face_photo",
		"biometric_summary(0, (select count(*) from photo where"
		" pin_id = t.pin_id and form = 'BIOPHOTO'))",
		FT_TEXT },
	{ 0 },
};

static const char employee_from[] =
	"employee t join department d on d.id = t.department_id"
	" left join position p on p.id = t.position_id"
	" cross join lateral (select"
	" max(major_ver) filter (where bio_type = 1) as fp_ver,"
	" count(distinct bio_no) filter (where bio_type = 1) as fp,"
	" max(major_ver) filter (where bio_type = 2) as face_ver,"
	" count(distinct bio_no) filter (where bio_type = 2) as face,"
	" max(major_ver) filter (where bio_type in (6, 8)) as palm_ver,"
	" count(distinct (bio_type, bio_no)) filter (where bio_type in (6, 8)) as palm,"
	" max(major_ver) filter (where bio_type = 9) as vl_face_ver,"
	" count(distinct bio_no) filter (where bio_type = 9) as vl_face,"
	" max(major_ver) filter (where bio_type = 10) as vl_palm_ver,"
	" count(distinct bio_no) filter (where bio_type = 10) as vl_palm"
	" from template where template.pin_id = t.pin_id) b";

/* --- filters -------------------------------------------------------------------------------- */

/* Sealed members are found by their keyed hash; who may not see them may not search by them. A card
 * also by what may have been stored of it as it was typed. */
static const char *card_value(struct req *r, const char *text, bool *skip)
{
	const unsigned char *key = api_of(r)->options.secrets->lookup;
	const void *hashes[CARD_HASHES];
	unsigned char typed[SEAL_KEY_SIZE];
	char card[CARD_SIZE], hex[2 * SEAL_KEY_SIZE + 1];
	struct str list = str_new(req_arena(r));
	int n = 0;

	*skip = !auth_sees_credentials(r);
	if (card_read(span_of(text), card) && *card)
		n = card_hashes(req_arena(r), key, card, hashes);
	for (int i = 0; i < n; i++) {
		str_hex(hashes[i], SEAL_KEY_SIZE, hex);
		str_addf(&list, "%s,", hex);
	}
	seal_hmac(key, text, strlen(text), typed);
	str_hex(typed, SEAL_KEY_SIZE, hex);
	str_add(&list, hex);
	return str_text(&list);
}

static const char *email_value(struct req *r, const char *text, bool *skip)
{
	const unsigned char *key = api_of(r)->options.secrets->lookup;
	char *hex = arena_alloc(req_arena(r), 2 * SEAL_KEY_SIZE + 1);

	str_hex(seal_email(req_arena(r), key, text), SEAL_KEY_SIZE, hex);
	return hex;
}

#define CARD_IS                                                                                    \
	"t.card_hash = any(array(select decode(h, 'hex') from"                                     \
	" unnest(string_to_array($$, ',')) h))"

static const struct filter employee_filters[] = {
	{ "departments", FILTER_IDS, "t.department_id = any($$)" },
	{ "positions", FILTER_IDS, "t.position_id = any($$)" },
	{ "areas", FILTER_IDS,
		"t.id in (select employee_id from employee_area where area_id = any($$))" },
	{ "area", FILTER_IDS,
		"t.id in (select employee_id from employee_area where area_id = any($$))" },
	{ "multiple_employee", FILTER_IDS, "t.id = any($$)" },
	{ "employee_icontains", FILTER_CONTAINS,
		"t.emp_code ilike $$ or t.first_name ilike $$ or t.last_name ilike $$"
		" or t.nickname ilike $$" },
	{ "status", FILTER_INT,
		"case when exists (select from resign x where x.employee_id = t.id)"
		" then 100 else 0 end = $$" },
	{ "card_no", FILTER_TEXT, CARD_IS, card_value },
	{ "email", FILTER_TEXT, "t.email_hash = decode($$, 'hex')", email_value },
	{ 0 },
};

static const char *const employee_search[] = { "t.emp_code", "t.first_name", "t.last_name",
	"t.nickname", NULL };

/* --- what the table cannot say -------------------------------------------------------------- */

static void code_check(struct write *w)
{
	const char *code = w->create ? write_text(w, "emp_code") : NULL;

	if (code && *code)
		errors_add_pin(w->errors, "emp_code", code);
}

/*
 * {"attemployee":{"enable_attendance":...}}. The same switches are members of their own; of two
 * values the one that changes something counts.
 */
static void attendance_check(struct write *w, const struct rows *current, int column)
{
	const json_t *object = json_object_get(w->body, "attemployee");
	bool yes;

	if (!object || json_is_null(object))
		return;
	if (!json_is_object(object)) {
		errors_add(w->errors, "attemployee", "Invalid data. Expected a dictionary.");
		return;
	}
	for (int i = 1; attendance[i].json; i++) {
		const json_t *value = json_object_get(object, attendance[i].json);
		if (!value || json_is_null(value))
			continue;
		if (!body_bool(value, &yes))
			errors_add(w->errors, "attemployee", "%s: Must be a valid boolean.",
				attendance[i].json);
		else if (!current || yes != rows_bool(current, 0, column + i - 1))
			write_set(w, attendance[i].json, "$$::boolean", db_bool(yes));
	}
}

static void areas_check(struct write *w)
{
	int32_t *ids;
	int n;

	if (!write_ids(w, "area", &ids, &n))
		return;
	struct db_arg arg = db_int4_array(w->arena, ids, NULL, n);
	if (!w->create) {
		const char *known = "";
		if (scope_limits(w->req)) /* who does not know of the others */
			known = arena_printf(w->arena,
				" and x.area_id in (select scope_areas($%d))",
				sql_param(w->sql, db_int(w->arena, auth_account(w->req)->id)));
		write_with(w,
			arena_printf(w->arena,
				", gone as (delete from employee_area x using saved"
				" where x.employee_id = saved.id and x.area_id <> all($$::int[])%s)",
				known),
			arg);
	}
	write_with(w,
		", added as (insert into employee_area (employee_id, area_id)"
		" select saved.id, a from saved, unnest($$::int[]) a on conflict do nothing)",
		arg);
}

static void hash_set(struct write *w, const char *member, const char *column)
{
	const unsigned char *key = api_of(w->req)->options.secrets->lookup;
	const char *text = json_string_value(json_object_get(w->sealed, member));
	unsigned char *card = arena_alloc(w->arena, SEAL_KEY_SIZE);
	const unsigned char *hash = card;
	bool has = text && *text;

	if (has && strcmp(member, "card_no") == 0)
		card_hash(key, text, card);
	else if (has)
		hash = seal_email(w->arena, key, text);
	write_set(w, column, "$$::bytea", has ? db_bytes(hash, SEAL_KEY_SIZE) : db_text(NULL));
}

static void employee_check(struct write *w, const struct rows *current, int column)
{
	code_check(w);
	attendance_check(w, current, column);
	areas_check(w);
	if (write_changes(w, "card_no"))
		hash_set(w, "card_no", "card_hash");
	if (write_changes(w, "email"))
		hash_set(w, "email", "email_hash");
}

const struct resource employees = {
	.name = "employee",
	.table = "employee",
	.tallied = true,
	.from = employee_from,
	.fields = employee_fields,
	.filters = employee_filters,
	.search = employee_search,
	.sealed = "employee.sealed",
	.more = &custom_members,
	.own = "t.id = $$::int",
	.touch = "update_time = now()",
	.current = "t.enable_attendance, t.enable_overtime, t.enable_holiday, t.enable_schedule",
	.check = employee_check,
};
