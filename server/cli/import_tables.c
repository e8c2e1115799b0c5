/* ZKBio Time's tables and columns, as far as they are taken over, in the order of their import. */
#include "import.h"

#define ID                                                                                         \
	{                                                                                          \
		"id", K_INT, IC_NEEDED, 1, INT32_MAX                                               \
	}

static const struct import_column punches[] = {
	{ "id", K_INT, IC_NEEDED, 1, INT64_C(9007199254740991) },
	{ "emp_code", K_PIN, IC_NEEDED | IC_NAME, 0, 20 },
	{ "punch_time", K_WALL, IC_NEEDED | IC_NAME },
	{ "punch_state", K_STATE, 0, -32768, 32767 },
	{ "verify_type", K_VERIFY, 0, -32768, 32767 },
	{ "work_code", K_TEXT, 0, 0, 20 },
	{ "terminal_sn", K_TEXT, 0, 0, 50 },
	{ "terminal_alias", K_TEXT, 0, 0, 50 },
	{ "area_alias", K_TEXT, 0, 0, 100 },
	{ "longitude", K_REAL },
	{ "latitude", K_REAL },
	{ "upload_time", K_MOMENT },
	{ "is_mask", K_INT, 0, -32768, 32767 },
	{ "temperature", K_REAL },
	{ "emp_id", K_INT, 0, 1, INT32_MAX },
	{ 0 },
};

static const struct import_column companies[] = {
	ID,
	{ "company_code", K_TEXT, IC_NAME, 0, 50 },
	{ "company_name", K_TEXT, 0, 0, 100 },
	{ 0 },
};

static const struct import_column departments[] = {
	ID,
	{ "dept_code", K_TEXT, IC_NEEDED | IC_NAME, 0, 50 },
	{ "dept_name", K_TEXT, 0, 0, 200 },
	{ "parent_dept_id", K_INT, 0, 1, INT32_MAX },
	{ 0 },
};

static const struct import_column positions[] = {
	ID,
	{ "position_code", K_TEXT, IC_NEEDED | IC_NAME, 0, 50 },
	{ "position_name", K_TEXT, 0, 0, 100 },
	{ "parent_position_id", K_INT, 0, 1, INT32_MAX },
	{ 0 },
};

static const struct import_column areas[] = {
	ID,
	{ "area_code", K_TEXT, IC_NEEDED | IC_NAME, 0, 50 },
	{ "area_name", K_TEXT, 0, 0, 100 },
	{ "parent_area_id", K_INT, 0, 1, INT32_MAX },
	{ 0 },
};

static const struct import_column people[] = {
	ID,
	{ "emp_code", K_PIN, IC_NEEDED | IC_NAME, 0, 20 },
	{ "status", K_INT, 0, -32768, 32767 },
	{ "deleted", K_BOOL },
	{ "first_name", K_TEXT, 0, 0, 25 },
	{ "last_name", K_TEXT, 0, 0, 25 },
	{ "nickname", K_TEXT, 0, 0, 25 },
	{ "department_id", K_INT, 0, 1, INT32_MAX },
	{ "position_id", K_INT, 0, 1, INT32_MAX },
	{ "hire_date", K_DATE },
	{ "gender", K_TEXT, 0, 0, 1 },
	{ "verify_mode", K_INT, 0, -1, 255 },
	{ "emp_type", K_INT, 0, INT32_MIN, INT32_MAX },
	{ "dev_privilege", K_INT, 0, 0, 14 },
	{ "enroll_sn", K_TEXT, 0, 0, 20 },
	{ "app_status", K_INT, 0, 0, 1 },
	{ "app_role", K_INT, 0, INT32_MIN, INT32_MAX },
	{ "update_time", K_MOMENT },
	{ "enable_att", K_BOOL },
	{ "enable_overtime", K_BOOL },
	{ "enable_holiday", K_BOOL },
	{ "self_password", K_TEXT, IC_SECRET, 0, 128 },
	{ "device_password", K_TEXT, IC_SECRET, 0, 20 },
	{ "card_no", K_TEXT, IC_SECRET, 0, 20 },
	{ "birthday", K_DATE, IC_SECRET },
	{ "contact_tel", K_TEXT, IC_SECRET, 0, 20 },
	{ "office_tel", K_TEXT, IC_SECRET, 0, 20 },
	{ "mobile", K_TEXT, IC_SECRET, 0, 20 },
	{ "national", K_TEXT, IC_SECRET, 0, 50 },
	{ "city", K_TEXT, IC_SECRET, 0, 20 },
	{ "address", K_TEXT, IC_SECRET, 0, 200 },
	{ "postcode", K_TEXT, IC_SECRET, 0, 10 },
	{ "email", K_TEXT, IC_SECRET, 0, 50 },
	{ "ssn", K_TEXT, IC_SECRET, 0, 20 },
	{ "religion", K_TEXT, IC_SECRET, 0, 20 },
	{ 0 },
};

static const struct import_column switches[] = {
	ID,
	{ "emp_id", K_INT, IC_NEEDED | IC_NAME, 1, INT32_MAX },
	{ "enable_attendance", K_BOOL },
	{ "enable_schedule", K_BOOL },
	{ "enable_overtime", K_BOOL },
	{ "enable_holiday", K_BOOL },
	{ 0 },
};

static const struct import_column memberships[] = {
	ID,
	{ "employee_id", K_INT, IC_NEEDED | IC_NAME, 1, INT32_MAX },
	{ "area_id", K_INT, IC_NEEDED | IC_NAME, 1, INT32_MAX },
	{ 0 },
};

static const struct import_column resigns[] = {
	ID,
	{ "employee_id", K_INT, IC_NEEDED | IC_NAME, 1, INT32_MAX },
	{ "resign_date", K_DATE, IC_NEEDED },
	{ "resign_type", K_INT, 0, INT32_MIN, INT32_MAX },
	{ "disableatt", K_BOOL },
	{ "reason", K_TEXT, 0, 0, 200 },
	{ 0 },
};

static const struct import_column templates[] = {
	ID,
	{ "employee_id", K_INT, IC_NEEDED | IC_NAME, 1, INT32_MAX },
	{ "bio_tmp", K_TEXT, IC_NEEDED | IC_SECRET, 0, 8 << 20 },
	{ "bio_type", K_INT, IC_NEEDED | IC_NAME, 0, 99 },
	{ "bio_no", K_INT, IC_NAME, 0, INT32_MAX },
	{ "bio_index", K_INT, 0, 0, INT32_MAX },
	{ "major_ver", K_TEXT, 0, 0, 20 },
	{ "minor_ver", K_TEXT, 0, 0, 20 },
	{ "bio_format", K_INT, 0, 0, INT32_MAX },
	{ "valid", K_INT, 0, 0, 9 },
	{ "duress", K_INT, 0, 0, 9 },
	{ "sn", K_TEXT, 0, 0, 50 },
	{ 0 },
};

static const struct import_column biophotos[] = {
	ID,
	{ "employee_id", K_INT, IC_NEEDED | IC_NAME, 1, INT32_MAX },
	{ "register_photo", K_TEXT, 0, 0, 400 },
	{ "approval_photo", K_TEXT, 0, 0, 400 },
	{ "approval_state", K_INT, 0, -32768, 32767 },
	{ "enroll_sn", K_TEXT, 0, 0, 50 },
	{ 0 },
};

static const struct import_column pictures[] = {
	ID,
	{ "emp_code", K_PIN, IC_NEEDED | IC_NAME, 0, 20 },
	{ "photo", K_TEXT, 0, 0, 400 },
	{ "enroll_sn", K_TEXT, 0, 0, 50 },
	{ 0 },
};

static const struct import_column terminals[] = {
	ID,
	{ "sn", K_TEXT, IC_NEEDED | IC_NAME, 0, 50 },
	{ "alias", K_TEXT, 0, 0, 50 },
	{ "ip_address", K_TEXT, 0, 0, 64 },
	{ "status", K_INT, 0, -32768, 32767 },
	{ "terminal_tz", K_INT, 0, -840, 840 },
	{ "heartbeat", K_INT, 0, 1, 86400 },
	{ "transfer_interval", K_INT, 0, 0, 65535 },
	{ "transfer_time", K_TEXT, 0, 0, 100 },
	{ "is_attendance", K_INT, 0, 0, 32767 },
	{ "fw_ver", K_TEXT, 0, 0, 100 },
	{ "push_ver", K_TEXT, 0, 0, 50 },
	{ "terminal_name", K_TEXT, 0, 0, 100 },
	{ "fp_alg_ver", K_TEXT, 0, 0, 20 },
	{ "face_alg_ver", K_TEXT, 0, 0, 20 },
	{ "area_id", K_INT, 0, 1, INT32_MAX },
	{ 0 },
};

#define ORGANISATION(table, code, name, parent)                                                    \
	"select import_organisation('" table "', array_agg(id), array_agg(" code "),"              \
	" array_agg(coalesce(" name ", " code ")), array_agg(" parent "))"                         \
	" from json_to_recordset($1) as x (id int, " code " text, " name " text, " parent " int)"

/* Punches first: from then on what terminals send gets ids behind them (import_reserve). */
const struct import_table import_tables[] = {
	{ "iclock_transaction", "iclock_transaction", true, 5000, punches,
		"select import_punches($1)" },
	{ "personnel_company", "personnel_company", false, 1000, companies,
		"select import_companies($1)" },
	{ "personnel_department", "personnel_department", true, 50000, departments,
		ORGANISATION("department", "dept_code", "dept_name", "parent_dept_id") },
	{ "personnel_position", "personnel_position", false, 50000, positions,
		ORGANISATION("position", "position_code", "position_name", "parent_position_id") },
	{ "personnel_area", "personnel_area", true, 50000, areas,
		ORGANISATION("area", "area_code", "area_name", "parent_area_id") },
	{ "personnel_employee", "personnel_employee", true, 500, people,
		"select import_people($1, $2, $3, $4, $5)", import_people_seal },
	{ "att_attemployee", "att_attemployee", false, 2000, switches,
		"select import_switches($1)" },
	{ "personnel_employee_area", "personnel_employee_area", true, 2000, memberships,
		"select import_memberships($1)" },
	{ "personnel_resign", "personnel_resign", false, 2000, resigns,
		"select import_resigns($1)" },
	{ "iclock_biodata", "iclock_biodata", false, 100, templates,
		"select import_templates($1, $2, $3, $4, $5, $6)", import_templates_seal },
	{ "iclock_biophoto", "iclock_biophoto", false, 20, biophotos,
		"select import_photos($1, 'BIOPHOTO', 9, $2, $3, $4, $5)", import_biophotos_seal },
	{ "pictures of people", "personnel_employee", false, 20, pictures,
		"select import_photos($1, 'USERPIC', 0, $2, $3, $4, $5)", import_pictures_seal },
	{ "iclock_terminal", "iclock_terminal", true, 200, terminals,
		"select import_terminals($1)" },
	{ 0 },
};
