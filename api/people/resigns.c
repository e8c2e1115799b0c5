/*
 * Resignations: at most one per employee. While it is there the person leaves the terminals;
 * deleting it brings the person back.
 */
#include "resigns.h"

static const struct field resigned_employee[] = {
	{ "id", "e.id", FT_INT },
	{ "emp_code", "e.emp_code", FT_TEXT },
	{ "first_name", "e.first_name", FT_TEXT },
	{ "last_name", "e.last_name", FT_TEXT },
	{ 0 },
};

static const struct field resign_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "resign_date", "t.resign_date", FT_DATE, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ },
	{ "resign_type", "t.resign_type", FT_INT, F_WRITE | F_ORDER, OP_EQ, .choices = "1|2|3|4|5",
		.null_as = "1" },
	{ "disableatt", "t.disableatt", FT_FLAG, F_WRITE, OP_EQ, .null_as = "true" },
	{ "employee", NULL, FT_REF, F_WRITE | F_REQUIRED | F_FIXED | F_UNIQUE, OP_EQ,
		.column = "employee_id", .table = "employee", .members = resigned_employee },
	{ "first_name", "e.first_name", FT_TEXT },
	{ "last_name", "e.last_name", FT_TEXT },
	{ "reason", "t.reason", FT_TEXT, F_WRITE, 0, 200, .null_as = "''" },
	{ 0 },
};

static const struct filter resign_filters[] = {
	{ "emp_code", FILTER_TEXT, "e.emp_code = $$" },
	{ 0 },
};

static const char *const resign_search[] = { "e.emp_code", "e.first_name", "e.last_name", NULL };

const struct resource resigns = {
	.name = "resign",
	.table = "resign",
	.tallied = true,
	.from = "resign t join employee e on e.id = t.employee_id",
	.count_from = "resign t join employee e on e.id = t.employee_id",
	.fields = resign_fields,
	.filters = resign_filters,
	.search = resign_search,
};
