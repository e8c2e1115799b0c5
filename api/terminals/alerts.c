/* /iclock/api/alerts/: what the watch over the terminals noticed, and who has seen it. */
#include "alerts.h"
#include "auth.h"
#include "errors.h"
#include "fatal.h"
#include "resource_private.h"

static const struct field alert_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "kind", "t.kind", FT_TEXT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "t.sn", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "subject", "t.subject", FT_TEXT, 0, OP_EQ },
	{ "text", "t.text", FT_TEXT, 0, OP_CONTAINS },
	{ "first_seen", "t.first_seen", FT_TIME, F_ORDER },
	{ "last_seen", "t.last_seen", FT_TIME, F_ORDER },
	{ "count", "t.seen_count", FT_INT, F_ORDER },
	{ "acknowledged", "(t.acknowledged is not null)", FT_BOOL, 0, OP_EQ },
	{ "acknowledged_time", "t.acknowledged", FT_TIME, F_ORDER },
	{ "acknowledged_by", "c.name", FT_TEXT },
	{ 0 },
};

static const struct filter alert_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "start_time", FILTER_TIME, "t.last_seen >= $$" },
	{ "end_time", FILTER_TIME, "t.last_seen < $$ + interval '1 second'" },
	{ 0 },
};

static const char *const alert_search[] = { "t.kind", "t.sn", "d.alias", "t.text", NULL };

#define ALERT_FROM                                                                                 \
	"alert t left join terminal d on d.id = t.terminal_id and d.sn = t.sn"                     \
	" left join account c on c.id = t.acknowledged_by"

const struct resource alerts = {
	.name = "alert",
	.table = "alert",
	.from = ALERT_FROM,
	.count_from = ALERT_FROM,
	.fields = alert_fields,
	.filters = alert_filters,
	.search = alert_search,
	.fallback = "-last_seen",
};

static req_step alert_found;

static void alert_select(struct req *r, int64_t id)
{
	struct sql *sql = sql_new(req_arena(r));

	resource_select(sql, r, &alerts);
	sql_arg(sql, " where t.id = $$::bigint", db_int(req_arena(r), id));
	sql_run(sql, r, alert_found);
}

static void alert_found(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, &alerts, 200, rows);
}

static bool alert_id(struct req *r, int64_t *id)
{
	if (str_to_int(req_arg(r, "id"), 0, INT64_MAX, id))
		return true;
	error_not_found(r);
	return false;
}

void alerts_read(struct req *r, const struct rows *rows)
{
	int64_t id;

	if (alert_id(r, &id))
		alert_select(r, id);
}

static void alert_acknowledged(struct req *r, const struct rows *rows)
{
	int64_t id;

	if (alert_id(r, &id))
		alert_select(r, id);
}

/* POST {id}/acknowledge/: the first who does it stays; what happens again is a new alert. */
void alerts_acknowledge(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	int64_t id;

	if (!alert_id(r, &id))
		return;
	const struct db_arg args[] = { db_int(a, id), db_int(a, auth_account(r)->id) };
	req_query(r, alert_acknowledged,
		"update alert set acknowledged = now(), acknowledged_by = $2::int"
		" where id = $1::bigint and acknowledged is null",
		LEN(args), args);
}
