/*
 * /iclock/api/terminalpeople/: who is wanted on which terminal, and what has become of it; read-only.
 * States are said in migrations/functions/templates.sql (person_state).
 */
#include "terminal_people.h"
#include "errors.h"
#include "resource_private.h"

static const struct field people_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "d.sn", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "emp", "(select e.id from employee e where e.pin_id = t.pin_id)", FT_INT },
	{ "emp_code", "n.code", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "wanted", "t.wanted", FT_BOOL },
	{ "confirmed", "t.version = t.confirmed_version", FT_BOOL },
	{ "state", "person_state(t.person)", FT_TEXT, 0, OP_EQ },
	{ "missing", "person_missing(t.person)", FT_TEXT },
	{ "on_the_way",
		"(select count(*)::int from terminal_template q where q.terminal_id = t.terminal_id"
		" and q.pin_id = t.pin_id and q.due is not null)",
		FT_INT },
	{ "transfer_time", "t.sent_at", FT_TIME, F_ORDER },
	{ "retry_time",
		"least(t.retry_at, (select min(q.due) from terminal_template q"
		" where q.terminal_id = t.terminal_id and q.pin_id = t.pin_id and q.sent_id is null"
		" and q.reason is not null and isfinite(q.due)))",
		FT_TIME },
	{ "return_value", "t.return_value", FT_INT, F_ORDER, OP_EQ },
	{ "return_text",
		"command_meaning(case when t.wanted and not t.former then 'DATA UPDATE USERINFO'"
		" else 'DATA DELETE USERINFO' end, t.return_value)",
		FT_TEXT },
	{ 0 },
};

static const struct filter people_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "emp", FILTER_IDS, "t.pin_id in (select pin_id from employee where id = any($$))" },
	{ 0 },
};

static const char *const people_search[] = { "d.sn", "d.alias", "n.code", NULL };

#define FROM                                                                                       \
	"terminal_people t join terminal d on d.id = t.terminal_id join pin n on n.id = t.pin_id"

const struct resource terminal_people = {
	.name = "terminal person",
	.table = "terminal_people",
	.from = FROM,
	.count_from = FROM,
	.fields = people_fields,
	.filters = people_filters,
	.search = people_search,
};

static req_step person_found;

/* Ids of these rows are wider than those of other resources. */
void people_read(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t id;

	if (!str_to_int(req_arg(r, "id"), 0, INT64_MAX, &id)) {
		error_not_found(r);
		return;
	}
	resource_select(sql, r, &terminal_people);
	sql_arg(sql, " where t.id = $$::bigint", db_int(req_arena(r), id));
	sql_run(sql, r, person_found);
}

static void person_found(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, &terminal_people, 200, rows);
}
