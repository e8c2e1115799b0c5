/* /base/api/: what the product's own pages ask. */
#include "base.h"

#include "about.h"
#include "auditlogs.h"
#include "errors.h"
#include "fatal.h"
#include "resource.h"
#include "routes.h"
#include "scope.h"
#include "users.h"

/* --- notifications ---------------------------------------------------------------------------- */

static req_step notifications_counted;

static const struct filter total_filters[] = {
	{ "status", FILTER_INT, "(acknowledged is not null)::int = $$" },
	{ 0 },
};

void notifications_total(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));

	sql_add(sql, "select count(*) from alert t where true");
	if (!auth_may(r, SUBJECT_ALERT, MAY_VIEW))
		sql_add(sql, " and false");
	scope_add(sql, r, "alert", "t");
	if (!filter_add(sql, r, total_filters))
		sql_add(sql, " and false");
	sql_run(sql, r, notifications_counted);
}

static void notifications_counted(struct req *r, const struct rows *rows)
{
	json_t *reply = errors_new(req_arena(r)), *data = json_object();

	json_object_set_new(data, "total", json_integer(rows_int(rows, 0, 0)));
	json_object_set_new(reply, "code", json_integer(0));
	json_object_set_new(reply, "msg", json_string(""));
	json_object_set_new(reply, "data", data);
	reply_json(r, 200, reply);
}

void notifications_about(const struct route *route, struct arena *a, struct about *about)
{
	about->summary = "How many alerts there are";
	about_filters(about, total_filters);
}

/* --- terminals at a glance -------------------------------------------------------------------- */

static const struct field status_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "sn", "t.sn", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "alias", "t.alias", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "ip_address", "coalesce(s.address, t.ip_address)", FT_TEXT, 0, OP_EQ },
	{ "area_code", "a.code", FT_TEXT, 0, OP_EQ },
	{ "area_name", "a.name", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	/* as of /iclock/api/terminals/ */
	{ "state",
		"case when s.last_activity > now()"
		" - make_interval(secs => greatest(3 * t.heartbeat, 120)) then 1 else 3 end",
		FT_INT, 0, OP_EQ },
	{ "last_activity", "s.last_activity", FT_TIME, F_ORDER },
	{ "push_time", "s.push_time", FT_TIME, F_ORDER },
	{ "user_count", "s.user_count", FT_INT, F_ORDER },
	{ "fp_count", "s.fp_count", FT_INT, F_ORDER },
	{ "face_count", "s.face_count", FT_INT, F_ORDER },
	{ "palm_count", "s.palm_count", FT_INT, F_ORDER },
	{ "transaction_count", "s.transaction_count", FT_INT, F_ORDER },
	{ "command_count",
		"(select count(*) from terminal_command c where c.terminal_id = t.id"
		" and c.state in ('queued', 'sent'))",
		FT_INT },
	{ 0 },
};

static const struct filter status_filters[] = {
	{ "area", FILTER_IDS, "t.area_id = any($$)" },
	{ "areas", FILTER_IDS, "t.area_id = any($$)" },
	{ 0 },
};

static const char *const status_search[] = { "t.sn", "t.alias", NULL };

#define STATUS_FROM                                                                                \
	"terminal t left join terminal_state s on s.terminal_id = t.id join area a on a.id = t.area_id"

static const struct resource device_status = {
	.name = "terminal",
	.table = "terminal",
	.tallied = true,
	.from = STATUS_FROM,
	.count_from = STATUS_FROM,
	.fields = status_fields,
	.filters = status_filters,
	.search = status_search,
};

const struct route base_routes[] = {
	{ GET, "/base/api/user_notifications/total/", notifications_total, NULL, API_READER },
	{ GET, "/base/api/permissions/", permissions_list, NULL, API_READER },
	{ GET, "/base/api/users/me/", me_show, NULL, API_READER },
	{ POST, "/base/api/users/me/password/", me_password, NULL, API_READER },
	LIST_ROUTES("/base/api/users/", users, API_RIGHT(SUBJECT_USER)),
	{ GET, "/base/api/users/:id/", resource_read, &users, API_RIGHT(SUBJECT_USER) },
	/* who may give rights could give themselves all */
	{ POST, "/base/api/users/", users_create, &users },
	{ PUT | PATCH, "/base/api/users/:id/", users_update, &users },
	{ DELETE, "/base/api/users/:id/", users_delete, &users },
	LIST_ROUTES("/base/api/groups/", groups, API_RIGHT(SUBJECT_GROUP)),
	{ GET, "/base/api/groups/:id/", resource_read, &groups, API_RIGHT(SUBJECT_GROUP) },
	{ POST, "/base/api/groups/", resource_create, &groups },
	{ PUT | PATCH, "/base/api/groups/:id/", resource_update, &groups },
	{ DELETE, "/base/api/groups/:id/", resource_delete, &groups },
	/* one's own */
	LIST_ROUTES("/base/api/tokens/", tokens, API_READER),
	{ GET, "/base/api/tokens/:id/", resource_read, &tokens, API_READER },
	{ POST, "/base/api/tokens/", tokens_create, &tokens, API_READER },
	{ DELETE, "/base/api/tokens/:id/", tokens_revoke, &tokens, API_READER },
	{ GET, "/base/api/auditlogs/", auditlogs_list, NULL, API_RIGHT(SUBJECT_AUDIT_LOG) },
	{ GET, "/base/api/auditlogs/export/", auditlogs_export, NULL,
		API_RIGHT(SUBJECT_AUDIT_LOG) },
	{ GET, "/base/api/auditlogs/:id/", auditlogs_read, NULL, API_RIGHT(SUBJECT_AUDIT_LOG) },
	LIST_ROUTES("/base/api/deviceStatus/", device_status, API_RIGHT(SUBJECT_TERMINAL)),
	{ 0 },
};
