/* Departments, positions, areas. */
#include "organisation.h"
#include "state_rule.h"

/* --- departments ---------------------------------------------------------------------------- */

/* A parent is only shown to who it exists for. */
#define OF_DEPARTMENTS(column)                                                                     \
	"case when u.id in (select scope_departments($$)) then " column " end"
#define OF_AREAS(column) "case when u.id in (select scope_areas($$)) then " column " end"

static const struct field parent_department[] = {
	{ "id", "u.id", FT_INT, .scoped = OF_DEPARTMENTS("u.id") },
	{ "dept_code", "u.code", FT_TEXT, .scoped = OF_DEPARTMENTS("u.code") },
	{ "dept_name", "u.name", FT_TEXT, .scoped = OF_DEPARTMENTS("u.name") },
	{ "parent_dept", "u.parent_id", FT_INT, .scoped = OF_DEPARTMENTS("u.parent_id") },
	{ 0 },
};

static const struct field department_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "dept_code", "t.code", FT_TEXT, F_WRITE | F_REQUIRED | F_FIXED | F_UNIQUE | F_ORDER,
		OP_EQ | OP_CONTAINS, 50 },
	{ "dept_name", "t.name", FT_TEXT, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ | OP_CONTAINS,
		100 },
	{ "parent_dept", NULL, FT_REF, F_WRITE | F_PARENT, OP_EQ, .column = "parent_id",
		.table = "department", .members = parent_department },
	{ 0 },
};

static const char *const department_search[] = { "t.code", "t.name", NULL };

const struct resource departments = {
	.name = "department",
	.table = "department",
	.from = "department t left join department u on u.id = t.parent_id",
	.fields = department_fields,
	.search = department_search,
	.keep_up_to = 1,
};

/* --- positions ------------------------------------------------------------------------------ */

static const struct field parent_position[] = {
	{ "id", "u.id", FT_INT },
	{ "position_code", "u.code", FT_TEXT },
	{ "position_name", "u.name", FT_TEXT },
	{ "parent_position", "u.parent_id", FT_INT },
	{ 0 },
};

static const struct field position_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "position_code", "t.code", FT_TEXT, F_WRITE | F_REQUIRED | F_UNIQUE | F_ORDER,
		OP_EQ | OP_CONTAINS, 50 },
	{ "position_name", "t.name", FT_TEXT, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ | OP_CONTAINS,
		100 },
	{ "parent_position", NULL, FT_REF, F_WRITE | F_PARENT, OP_EQ, .column = "parent_id",
		.table = "position", .members = parent_position },
	{ "parent_position_name", "u.name", FT_TEXT },
	{ 0 },
};

const struct resource positions = {
	.name = "position",
	.table = "position",
	.from = "position t left join position u on u.id = t.parent_id",
	.fields = position_fields,
	.search = department_search,
	.keep_up_to = 1,
};

/* --- areas ---------------------------------------------------------------------------------- */

static const struct field parent_area[] = {
	{ "id", "u.id", FT_INT, .scoped = OF_AREAS("u.id") },
	{ "area_code", "u.code", FT_TEXT, .scoped = OF_AREAS("u.code") },
	{ "area_name", "u.name", FT_TEXT, .scoped = OF_AREAS("u.name") },
	{ "parent_area", "u.parent_id", FT_INT, .scoped = OF_AREAS("u.parent_id") },
	{ 0 },
};

static const struct field area_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "area_code", "t.code", FT_TEXT, F_WRITE | F_REQUIRED | F_UNIQUE | F_ORDER,
		OP_EQ | OP_CONTAINS, 30 },
	{ "area_name", "t.name", FT_TEXT, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ | OP_CONTAINS, 30 },
	{ "parent_area", NULL, FT_REF, F_WRITE | F_PARENT, OP_EQ, .column = "parent_id",
		.table = "area", .members = parent_area },
	{ "parent_area_name", "u.name", FT_TEXT, .scoped = OF_AREAS("u.name") },
	{ "state_rule", "t.state_rule", FT_TEXT, F_WRITE | F_HIDDEN, 0, STATE_RULE_MAX,
		.null_as = "''" },
	{ 0 },
};

const struct resource areas = {
	.name = "area",
	.table = "area",
	.from = "area t left join area u on u.id = t.parent_id",
	.fields = area_fields,
	.search = department_search,
	.check = state_rule_check,
	.keep_up_to = 2,
};
