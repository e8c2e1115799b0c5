/* Holidays and pay codes. */
#include "att_calendar.h"

static const struct field pay_code_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "code", "t.code", FT_TEXT, F_WRITE | F_REQUIRED | F_UNIQUE | F_ORDER, OP_EQ | OP_CONTAINS,
		20 },
	{ "name", "t.name", FT_TEXT, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ | OP_CONTAINS, 50 },
	{ 0 },
};

static const char *const pay_code_search[] = { "t.code", "t.name", NULL };

const struct resource pay_codes = {
	.name = "pay code",
	.table = "pay_code",
	.fields = pay_code_fields,
	.search = pay_code_search,
};

static const struct field holiday_department[] = {
	{ "id", "u.id", FT_INT },
	{ "dept_code", "u.code", FT_TEXT },
	{ "dept_name", "u.name", FT_TEXT },
	{ 0 },
};

static const struct field holiday_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "alias", "t.alias", FT_TEXT, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ | OP_CONTAINS, 50 },
	{ "start_date", "t.start_date", FT_DATE, F_WRITE | F_REQUIRED | F_ORDER },
	{ "duration_day", "t.duration_day", FT_INT, F_WRITE | F_ORDER, OP_EQ, .low = 1, .high = 366,
		.null_as = "1" },
	{ "department", NULL, FT_REF, F_WRITE, OP_EQ, .column = "department_id",
		.table = "department", .members = holiday_department },
	{ "att_group", "null::int", FT_INT }, /* there are no groups */
	{ 0 },
};

/* Those that touch the days given. */
static const struct filter holiday_filters[] = {
	{ "start_date", FILTER_DATE, "t.start_date + t.duration_day > $$" },
	{ "end_date", FILTER_DATE, "t.start_date <= $$" },
	{ 0 },
};

static const char *const holiday_search[] = { "t.alias", NULL };

const struct resource holidays = {
	.name = "holiday",
	.table = "att_holiday",
	.from = "att_holiday t left join department u on u.id = t.department_id",
	.fields = holiday_fields,
	.filters = holiday_filters,
	.search = holiday_search,
};
