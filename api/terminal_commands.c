/* /iclock/api/terminalcommands/: one-shot commands and what became of them; read-only. */
#include "errors.h"
#include "iclock.h"
#include "resource_private.h"

static const struct field command_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "d.sn", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "content", "t.content", FT_TEXT, 0, OP_CONTAINS },
	{ "state", "t.state", FT_TEXT, F_ORDER, OP_EQ },
	{ "commit_time", "t.created", FT_TIME, F_ORDER },
	{ "transfer_time", "nullif(t.sent, '-infinity')", FT_TIME, F_ORDER },
	{ "return_time", "t.finished", FT_TIME, F_ORDER },
	{ "return_value", "t.return_value", FT_INT, F_ORDER, OP_EQ },
	{ "return_text", "coalesce(command_meaning(t.content, t.return_value), t.returned)",
		FT_TEXT },
	{ "expires", "t.expires", FT_TIME, F_ORDER },
	{ 0 },
};

static const struct filter command_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "start_time", FILTER_TIME, "t.created >= $$" },
	{ "end_time", FILTER_TIME, "t.created < $$ + interval '1 second'" },
	{ 0 },
};

static const char *const command_search[] = { "d.sn", "d.alias", "t.content", NULL };

const struct resource terminal_commands = {
	.name = "command",
	.table = "terminal_command",
	.from = "terminal_command t join terminal d on d.id = t.terminal_id",
	.count_from = "terminal_command t join terminal d on d.id = t.terminal_id",
	.fields = command_fields,
	.filters = command_filters,
	.search = command_search,
};

static req_step command_found;

/* Ids of commands are wider than those of other resources. */
void commands_read(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t id;

	if (!str_to_int(req_arg(r, "id"), 0, INT64_MAX, &id)) {
		error_not_found(r);
		return;
	}
	resource_select(sql, &terminal_commands);
	sql_arg(sql, " where t.id = $$::bigint", db_int(req_arena(r), id));
	sql_run(sql, r, command_found);
}

static void command_found(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, &terminal_commands, 200, rows);
}
