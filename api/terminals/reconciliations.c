/* /iclock/api/reconciliations/: comparisons of a terminal's count of punches with ours; read-only. */
#include "reconciliations.h"
#include "errors.h"
#include "resource_private.h"

/* Windows that differed or were asked for again, newest first. */
static const char windows_sql[] =
	"(select coalesce(json_agg(json_build_object('kind', w.kind,"
	" 'from_time', to_char(w.from_time, 'YYYY-MM-DD HH24:MI:SS'),"
	" 'to_time', to_char(w.to_time, 'YYYY-MM-DD HH24:MI:SS'),"
	" 'ours', w.ours, 'theirs', w.theirs, 'done', w.done) order by w.id), '[]')::text"
	" from reconciliation_window w where w.reconciliation_id = t.id)";

static const struct field reconciliation_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "d.sn", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "from_time", "t.from_time", FT_TIME },
	{ "to_time", "t.to_time", FT_TIME },
	{ "method", "t.method", FT_TEXT, 0, OP_EQ },
	{ "ours", "t.ours", FT_INT },
	{ "theirs", "t.theirs", FT_INT },
	{ "pulled", "t.pulled", FT_INT },
	{ "gained", "t.gained", FT_INT, F_ORDER },
	{ "missing", "t.missing", FT_INT, F_ORDER },
	{ "outcome", "coalesce(t.outcome, 'running')", FT_TEXT, 0, OP_EQ },
	{ "started", "t.started", FT_TIME, F_ORDER },
	{ "finished", "t.finished", FT_TIME, F_ORDER },
	{ "windows", windows_sql, FT_JSON },
	{ 0 },
};

static const struct filter reconciliation_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "start_time", FILTER_TIME, "t.started >= $$" },
	{ "end_time", FILTER_TIME, "t.started < $$ + interval '1 second'" },
	{ 0 },
};

#define RECONCILIATION_FROM "reconciliation t join terminal d on d.id = t.terminal_id"

const struct resource reconciliations = {
	.name = "reconciliation",
	.table = "reconciliation",
	.from = RECONCILIATION_FROM,
	.count_from = RECONCILIATION_FROM,
	.fields = reconciliation_fields,
	.filters = reconciliation_filters,
	.fallback = "-id",
};

static req_step reconciliation_found;

void reconciliations_read(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t id;

	if (!str_to_int(req_arg(r, "id"), 0, INT64_MAX, &id)) {
		error_not_found(r);
		return;
	}
	resource_select(sql, r, &reconciliations);
	sql_arg(sql, " where t.id = $$::bigint", db_int(req_arena(r), id));
	sql_run(sql, r, reconciliation_found);
}

static void reconciliation_found(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, &reconciliations, 200, rows);
}
