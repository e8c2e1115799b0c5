/* Conditions for accounts with limits. */
#include "scope.h"

#include <string.h>

#include "auth.h"
#include "errors.h"
#include "fatal.h"

#define OF_EMPLOYEE "%1$s.employee_id in (select scope_employees($$))"
#define OF_PIN "%1$s.pin_id in (select scope_pins($$))"
#define OF_TERMINAL "%1$s.terminal_id in (select scope_terminals($$))"
#define OUTSIDER " in (select scope_outsiders($$))"
#define NAMES_INSIDERS(pins) "not exists (select from " pins " n where n" OUTSIDER ")"
#define EVERYBODYS "true"

/* %1$s is the row, $$ the account. What is everybody's is seen by more than may touch it. */
static const struct scope {
	const char *table, *condition;
	const char *written; /* NULL: whatever is seen */
} scopes[] = {
	{ "area", "%1$s.id in (select scope_areas($$))" },
	{ "department", "%1$s.id in (select scope_departments($$))" },
	{ "employee", "%1$s.id in (select scope_employees($$))",
		/* one row, found without the others: an import asks once a row */
		"exists (select from scope_employees($$) s (id) where s.id = %1$s.id)" },
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
	{ "person_claims", OF_TERMINAL " and " OF_PIN },
	/* of one's own terminals, and about nobody else's people */
	{ "terminal_command", OF_TERMINAL
		" and " NAMES_INSIDERS("line_pins(concat_ws(chr(10), %1$s.content, %1$s.returned,"
				       " command_reason(%1$s.id, %1$s.terminal_id)))") },
	{ "alert", OF_TERMINAL " and " NAMES_INSIDERS("alert_pins(%1$s.subject, %1$s.text)") },
	{ "operation_log", OF_TERMINAL " and (%1$s.operator" OUTSIDER ") is not true"
				       " and (%1$s.objects[1]" OUTSIDER
				       " and oplog_on_user(%1$s.code)) is not true" },
	{ "error_log", OF_TERMINAL " and " NAMES_INSIDERS(
			       "line_pins(concat(%1$s.message, chr(10), (select c.content from"
			       " terminal_command c where c.id = %1$s.command_id)))") },
	{ "raw_upload", OF_TERMINAL " and (%1$s.pin_id is null or " OF_PIN ")" },
	{ "reconciliation", OF_TERMINAL },
	{ "reject", OF_TERMINAL },
	{ "upload_log", OF_TERMINAL },
	{ "terminal_work_code", OF_TERMINAL },
	{ "public_message", "(%1$s.area_id in (select scope_areas($$)) or " OF_TERMINAL ")",
		"coalesce(%1$s.area_id, %1$s.terminal_id) is not null"
		" and coalesce(%1$s.area_id in (select scope_areas($$)), true)"
		" and coalesce(" OF_TERMINAL ", true)" },
	{ "att_holiday",
		"(%1$s.department_id is null"
		" or %1$s.department_id in (select scope_departments($$)))",
		"%1$s.department_id in (select scope_departments($$))" },
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
static const char *condition_find(const char *table, bool writes)
{
	for (size_t i = 0; i < LEN(scopes); i++)
		if (strcmp(scopes[i].table, table) == 0)
			return writes && scopes[i].written ? scopes[i].written
							   : scopes[i].condition;
	return NULL;
}

bool scope_divides(const char *table)
{
	const char *condition = condition_find(table, false);

	return !condition || strcmp(condition, EVERYBODYS) != 0;
}

static void condition_add(
	struct sql *sql, struct req *r, const char *table, const char *name, bool writes)
{
	const char *condition = condition_find(table, writes);

	if (condition && strcmp(condition, EVERYBODYS) != 0)
		sql_arg(sql, condition_of(sql->arena, condition, name),
			db_int(sql->arena, auth_account(r)->id));
	else
		sql_add(sql, condition ? EVERYBODYS : "false");
}

void scope_add(struct sql *sql, struct req *r, const char *table, const char *name)
{
	if (!scope_limits(r) || !scope_divides(table))
		return;
	sql_add(sql, " and ");
	condition_add(sql, r, table, name, false);
}

/* --- what is written ------------------------------------------------------------------------ */

static const struct db_statement *guard_of(struct sql *sql)
{
	struct db_statement *guard = arena_alloc(sql->arena, sizeof(*guard));

	*guard = (struct db_statement){ str_text(&sql->text), sql->args, sql->nargs };
	return guard;
}

const struct db_statement *scope_guard(struct arena *a, struct req *r, const char *table)
{
	if (!scope_limits(r) || !scope_divides(table))
		return NULL;
	struct sql *sql = sql_new(a);
	sql_addf(sql,
		"select s.id from scope_saved() s (id) where scope_hold(exists"
		" (select from %s x where x.id = s.id and ",
		table);
	condition_add(sql, r, table, "x", true);
	sql_add(sql, "))");
	return guard_of(sql);
}

const struct db_statement *scope_guard_ids(
	struct req *r, const char *table, const int32_t *ids, int n)
{
	if (!scope_limits(r) || !scope_divides(table))
		return NULL;
	struct sql *sql = sql_new(req_arena(r));
	sql_arg(sql, "select scope_hold(not exists (select from unnest($$::int[]) i",
		db_int4_array(sql->arena, ids, NULL, n));
	sql_addf(sql, " join %s x on x.id = i where (", table);
	condition_add(sql, r, table, "x", true);
	sql_add(sql, ") is not true))");
	return guard_of(sql);
}

const struct db_statement *scope_guard_line(struct req *r, const char *line)
{
	if (!scope_limits(r) || !line)
		return NULL;
	struct sql *sql = sql_new(req_arena(r));
	sql_arg(sql, "select scope_hold_line($$::int", db_int(sql->arena, auth_account(r)->id));
	sql_arg(sql, ", $$::text)", db_text(line));
	return guard_of(sql);
}

/* --- what is named -------------------------------------------------------------------------- */

struct look {
	void *data; /* the request's, put back afterwards */
	const char *member; /* NULL: 404 */
	req_step *next;
};

static void looked(struct req *r, const struct rows *rows)
{
	struct look *l = req_data(r);

	req_set_data(r, l->data);
	if (rows_null(rows, 0, 0) && rows_null(rows, 0, 1))
		l->next(r, NULL);
	else if (rows_null(rows, 0, 0))
		error_detail(r, 403, SCOPE_REFUSAL);
	else if (!l->member)
		error_not_found(r);
	else
		error_field(r, l->member,
			arena_printf(req_arena(r), "Invalid pk \"%s\" - object does not exist.",
				rows_text(rows, 0, 0)));
}

/* The first that is not there, and the first that may not be touched. */
static void look(
	struct req *r, const char *table, struct db_arg ids, const char *member, req_step *next)
{
	struct sql *sql = sql_new(req_arena(r));
	struct look *l = arena_alloc(req_arena(r), sizeof(*l));
	bool writes = !(req_method(r) & (GET | HEAD));

	*l = (struct look){ req_data(r), member, next };
	req_set_data(r, l);
	sql_add(sql, "select min(w) filter (where seen is not true)::text,"
		     " min(w) filter (where touched is not true)::text from (select w, (");
	condition_add(sql, r, table, "x", false);
	sql_add(sql, ") and x.id is not null as seen, (");
	condition_add(sql, r, table, "x", writes);
	sql_arg(sql, ") as touched from unnest($$::int8[]) w", ids);
	sql_addf(sql, " left join %s x on x.id = w) look", table);
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
