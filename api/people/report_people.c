/* Parameters of reports that choose people. */
#include "report_people.h"

#include <string.h>

#include "context.h"
#include "scope.h"

/* -1, alone or among others, chooses all. */
const char *report_some_ids(struct req *r, const char *text, bool *skip)
{
	struct arena *scratch = arena_new();
	int32_t *ids;
	int n;
	bool good = filter_ids(scratch, text, &ids, &n);

	for (int i = 0; good && i < n; i++)
		*skip |= ids[i] == -1;
	arena_free(scratch);
	return good ? text : NULL;
}

#define IN_AREA "e.id in (select employee_id from employee_area where area_id = any($$))"

const struct filter report_people_filters[] = {
	{ "employees", FILTER_IDS, "e.id = any($$)", report_some_ids },
	{ "employee", FILTER_IDS, "e.id = any($$)", report_some_ids },
	{ "departments", FILTER_IDS, "e.department_id = any($$)", report_some_ids },
	{ "department", FILTER_IDS, "e.department_id = any($$)", report_some_ids },
	{ "positions", FILTER_IDS, "e.position_id = any($$)", report_some_ids },
	{ "areas", FILTER_IDS, IN_AREA, report_some_ids },
	{ "area", FILTER_IDS, IN_AREA, report_some_ids },
	{ "emp_code", FILTER_TEXT, "e.emp_code = $$" },
	{ "emp_code_icontains", FILTER_CONTAINS, "e.emp_code ilike $$" },
	{ "employee_icontains", FILTER_CONTAINS,
		"e.emp_code ilike $$ or e.first_name ilike $$ or e.last_name ilike $$"
		" or e.nickname ilike $$" },
	{ "search", FILTER_CONTAINS,
		"e.emp_code ilike $$ or e.first_name ilike $$ or e.last_name ilike $$"
		" or e.nickname ilike $$" },
	{ 0 },
};

/* Who has left with disableatt is employed up to the day before; nobody is expected in the days to
 * come, nor before 1970. */
bool report_people_add(struct sql *sql, struct req *r)
{
	sql_add(sql,
		"select e.id, e.pin_id, e.emp_code, e.first_name, e.last_name, e.nickname,"
		" e.gender, e.department_id, e.position_id, e.enable_holiday, n.unlinked_up_to,"
		" greatest(e.hire_date, $1::date, date '1970-01-01') as hired,"
		" least($2::date, current_date, q.resign_date - 1) as left_on,");
	sql_arg(sql, " $$::int as rest", db_int(sql->arena, api_of(r)->options.config->rest_days));
	sql_add(sql, " from employee e join pin n on n.id = e.pin_id"
		     " left join resign q on q.employee_id = e.id and q.disableatt"
		     " where e.enable_attendance");
	scope_add(sql, r, "employee", "e");
	return filter_add(sql, r, report_people_filters);
}
