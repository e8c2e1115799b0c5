/* Conditions for accounts with limits. */
#include "scope.h"

#include <string.h>

#include "auth.h"
#include "errors.h"
#include "fatal.h"

#define OF_EMPLOYEE "%1$s.employee_id in (select scope_employees($$))"
#define OF_PIN "%1$s.pin_id in (select scope_pins($$))"
#define OF_TERMINAL "%1$s.terminal_id in (select scope_terminals($$))"
#define EVERYBODYS "true"

/* %1$s is the row, $$ the account. */
static const struct {
	const char *table, *condition;
} scopes[] = {
	{ "area", "%1$s.id in (select scope_areas($$))" },
	{ "department", "%1$s.id in (select scope_departments($$))" },
	{ "employee", "%1$s.id in (select scope_employees($$))" },
	{ "terminal", "%1$s.id in (select scope_terminals($$))" },
	{ "resign", OF_EMPLOYEE },
	{ "manual_log", OF_EMPLOYEE },
	{ "att_leave", OF_EMPLOYEE },
	{ "bio_photo", OF_EMPLOYEE },
	{ "private_message", OF_EMPLOYEE },
	{ "punch", OF_PIN },
	{ "punch_odd_time", OF_PIN },
	{ "template", OF_PIN },
	{ "punch_photo", "(" OF_PIN " or %1$s.pin_id is null and " OF_TERMINAL ")" },
	{ "terminal_people", OF_TERMINAL " and " OF_PIN },
	{ "terminal_command", OF_TERMINAL },
	{ "alert", OF_TERMINAL },
	{ "reconciliation", OF_TERMINAL },
	{ "reject", OF_TERMINAL },
	{ "operation_log", OF_TERMINAL },
	{ "upload_log", OF_TERMINAL },
	{ "error_log", OF_TERMINAL },
	{ "terminal_work_code", OF_TERMINAL },
	{ "raw_upload", OF_TERMINAL },
	{ "public_message", "(%1$s.area_id in (select scope_areas($$)) or " OF_TERMINAL ")" },
	{ "att_holiday", "(%1$s.department_id is null"
			 " or %1$s.department_id in (select scope_departments($$)))" },
	/* beside areas: who may read these at all is limited to nothing */
	{ "account", EVERYBODYS },
	{ "account_group", EVERYBODYS },
	{ "token", EVERYBODYS },
	{ "position", EVERYBODYS },
	{ "company", EVERYBODYS },
	{ "custom_attribute", EVERYBODYS },
	{ "pay_code", EVERYBODYS },
	{ "work_code", EVERYBODYS },
};

bool scope_limits(const struct req *r)
{
	const struct account *account = auth_account(r);

	return account && account->limited;
}

/* The name of the row in place of %1$s. */
static const char *condition_of(struct arena *a, const char *condition, const char *name)
{
	static const char place[] = "%1$s";
	struct str text = str_new(a);
	const char *next;

	while ((next = strstr(condition, place))) {
		str_addn(&text, condition, (size_t)(next - condition));
		str_add(&text, name);
		condition = next + sizeof(place) - 1;
	}
	str_add(&text, condition);
	return str_text(&text);
}

/* NULL: no row is for who has limits. */
static const char *condition_find(const char *table)
{
	for (size_t i = 0; i < LEN(scopes); i++)
		if (strcmp(scopes[i].table, table) == 0)
			return scopes[i].condition;
	return NULL;
}

bool scope_divides(const char *table)
{
	const char *condition = condition_find(table);

	return !condition || strcmp(condition, EVERYBODYS) != 0;
}

void scope_add(struct sql *sql, struct req *r, const char *table, const char *name)
{
	const char *condition = condition_find(table);

	if (!scope_limits(r) || !scope_divides(table))
		return;
	if (!condition) {
		sql_add(sql, " and false");
		return;
	}
	sql_add(sql, " and ");
	sql_arg(sql, condition_of(sql->arena, condition, name),
		db_int(sql->arena, auth_account(r)->id));
}

struct look {
	void *data; /* the request's, put back afterwards */
	const char *member; /* NULL: 404 */
	req_step *next;
};

static void looked(struct req *r, const struct rows *rows)
{
	struct look *l = req_data(r);

	req_set_data(r, l->data);
	if (rows_null(rows, 0, 0))
		l->next(r, NULL);
	else if (!l->member)
		error_not_found(r);
	else
		error_field(r, l->member,
			arena_printf(req_arena(r), "Invalid pk \"%s\" - object does not exist.",
				rows_text(rows, 0, 0)));
}

static void look(
	struct req *r, const char *table, struct db_arg ids, const char *member, req_step *next)
{
	struct sql *sql = sql_new(req_arena(r));
	struct look *l = arena_alloc(req_arena(r), sizeof(*l));

	*l = (struct look){ req_data(r), member, next };
	req_set_data(r, l);
	sql_arg(sql, "select min(w)::text from unnest($$::int8[]) w", ids);
	sql_addf(sql, " where not exists (select from %s x where x.id = w", table);
	scope_add(sql, r, table, "x");
	sql_add(sql, ")");
	sql_run(sql, r, looked);
}

void scope_check(struct req *r, const char *table, int64_t id, req_step *next)
{
	if (scope_limits(r))
		look(r, table, db_int8_array(req_arena(r), &id, NULL, 1), NULL, next);
	else
		next(r, NULL);
}

void scope_check_ids(struct req *r, const char *table, const int32_t *ids, int n,
	const char *member, req_step *next)
{
	struct arena *a = req_arena(r);
	int64_t *wide = arena_array(a, (size_t)n + 1, sizeof(*wide));

	for (int i = 0; i < n; i++)
		wide[i] = ids[i];
	if (scope_limits(r))
		look(r, table, db_int8_array(a, wide, NULL, n), member, next);
	else
		next(r, NULL);
}
