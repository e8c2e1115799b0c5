/*
 * /iclock/api/terminalcommands/: one-shot commands and what became of them; queued and cancelled.
 * What SHELL and GetFile brought is sealed, and read by who has that right.
 */
#include "terminal_commands.h"

#include <string.h>

#include "about.h"
#include "auth.h"
#include "body.h"
#include "command_line.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "log.h"
#include "resource_private.h"
#include "scope.h"

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
	{ "return_text",
		"coalesce(command_reason(t.id, t.terminal_id),"
		" command_meaning(t.content, t.return_value), t.returned)",
		FT_TEXT },
	{ "expires", "t.expires", FT_TIME, F_ORDER },
	{ "retries", "greatest(t.sent_count - 1, 0)", FT_INT },
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
static void command_select(struct req *r, int64_t id, req_step *next)
{
	struct sql *sql = sql_new(req_arena(r));

	resource_select(sql, r, &terminal_commands);
	sql_arg(sql, " where t.id = $$::bigint", db_int(req_arena(r), id));
	sql_run(sql, r, next);
}

void commands_read(struct req *r, const struct rows *rows)
{
	int64_t id;

	if (str_to_int(req_arg(r, "id"), 0, INT64_MAX, &id))
		command_select(r, id, command_found);
	else
		error_not_found(r);
}

static void command_found(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, &terminal_commands, 200, rows);
}

/* --- queueing -------------------------------------------------------------------------------- */

static req_step command_queued, command_shown, command_cancelled;

static const struct field creation_fields[] = {
	{ "terminal", NULL, FT_REF, F_WRITE | F_REQUIRED, .table = "terminal" },
	{ "command", NULL, FT_TEXT, F_WRITE | F_REQUIRED, .example = "CHECK" },
	{ "confirm", NULL, FT_BOOL, F_WRITE },
	{ 0 },
};

static const struct resource creation = { .fields = creation_fields };

struct creation {
	const char *verb;
	unsigned flags;
	const char *terminal, *line;
};

static req_step command_known;

/* What the body says, checked; errors are told. */
static const char *creation_read(struct creation *c, struct write *w)
{
	write_prepare(w);
	const char *line = write_text(w, "command"), *confirm = write_text(w, "confirm");

	c->terminal = write_text(w, "terminal");
	if (!line)
		return NULL;
	const char *problem = command_line_check(line, &c->flags, &c->verb);
	if (problem)
		errors_add(w->errors, "command", "%s", problem);
	else if ((c->flags & COMMAND_STRANDS) && !json_object_get(w->errors, "confirm") &&
		 (!confirm || *confirm != 't'))
		errors_add(w->errors, "confirm",
			"This can cut the terminal off; send \"confirm\": true.");
	return line;
}

/* POST {"terminal": 1, "command": "DATA QUERY USERINFO PIN=7"} */
void commands_create(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	const struct config *config = api_of(r)->options.config;
	struct creation *c = arena_alloc(a, sizeof(*c));
	struct write w = { .req = r, .arena = a, .res = &creation, .create = true };

	w.body = body_read(r);
	if (!w.body)
		return;
	c->line = creation_read(c, &w);
	if (errors_reply(r, w.errors))
		return;
	if ((c->flags & COMMAND_DANGEROUS) && !auth_may(r, SUBJECT_TERMINAL_SYSTEM, MAY_ADD)) {
		error_detail(r, 403, "You do not have permission to perform this action.");
		return;
	}
	if ((c->flags & COMMAND_DANGEROUS) && !config->dangerous_commands) {
		error_detail(r, 403, "Not while the setting dangerous_commands is off.");
		return;
	}
	if ((c->flags & COMMAND_BIOMETRIC) && !config->store_biometrics) {
		error_detail(r, 403, "Not while the setting store_biometrics is off.");
		return;
	}
	req_set_data(r, c);
	int32_t id = (int32_t)strtol(c->terminal, NULL, 10); /* it was validated */
	scope_check_ids(r, "terminal", &id, 1, "terminal", command_known);
}

static void command_known(struct req *r, const struct rows *rows)
{
	const struct creation *c = req_data(r);
	struct arena *a = req_arena(r);
	const struct db_arg args[] = { db_text(c->terminal), db_text(c->line),
		db_int(a, api_of(r)->options.config->command_expiry),
		db_int(a, auth_account(r)->id) };
	sql_query_guarded(r, scope_guard_line(r, c->line), command_queued,
		"select case when generation <= 5 then order_queue(id, $2::text,"
		" make_interval(secs => $3::int8), $4::int) end, sn from terminal where id = $1::int",
		LEN(args), args);
}

void commands_create_about(const struct route *route, struct arena *a, struct about *about)
{
	about->summary = "Queue a command";
	about->status = 201;
	about->reply = ABOUT_ROW;
	about->shape = command_fields;
	about->body = creation_fields;
}

static void command_queued(struct req *r, const struct rows *rows)
{
	const struct creation *c = req_data(r);
	int64_t id = 0;

	if (rows_count(rows) == 0) {
		error_field(r, "terminal",
			arena_printf(req_arena(r), "Invalid pk \"%s\" - object does not exist.",
				c->terminal));
		return;
	}
	if (rows_null(rows, 0, 0)) {
		error_field(r, "terminal",
			arena_printf(req_arena(r), "Terminal %s does not know this.",
				rows_text(rows, 0, 1)));
		return;
	}
	if (c->flags & COMMAND_DANGEROUS)
		log_warn("audit", "account", auth_account(r)->name, "terminals",
			rows_text(rows, 0, 1), "command", c->verb, NULL);
	str_to_int(rows_text(rows, 0, 0), 0, INT64_MAX, &id);
	command_select(r, id, command_shown);
}

static void command_shown(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, &terminal_commands, 201, rows);
}

/* DELETE {id}/ or POST {id}/cancel/: what was not sent yet. */
void commands_cancel(struct req *r, const struct rows *rows)
{
	int64_t id;

	if (!str_to_int(req_arg(r, "id"), 0, INT64_MAX, &id)) {
		error_not_found(r);
		return;
	}
	const struct db_arg args[] = { db_int(req_arena(r), id) };
	req_query(r, command_cancelled, "select command_cancel_one($1::bigint)", LEN(args), args);
}

static void command_cancelled(struct req *r, const struct rows *rows)
{
	if (rows_null(rows, 0, 0))
		error_not_found(r);
	else if (strcmp(rows_text(rows, 0, 0), "f") == 0)
		error_detail(r, 400, "Only a queued command can be cancelled.");
	else if (req_method(r) == DELETE)
		req_empty(r, 204);
	else
		reply_done(r);
}

/* --- what a command brought ------------------------------------------------------------------ */

static req_step result_found;

/* GET {id}/result/ */
void commands_result(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t id;

	if (!str_to_int(req_arg(r, "id"), 0, INT64_MAX, &id)) {
		error_not_found(r);
		return;
	}
	sql_add(sql, "select u.row_key, u.sealed, u.sn, split_part(c.content, ' ', 1), c.id::text"
		     " from terminal_command c join raw_upload u on u.id = command_file(c)");
	sql_arg(sql, " where c.id = $$::bigint", db_int(req_arena(r), id));
	sql_run(sql, r, result_found);
}

/* Who read what of whom is in the log, before anything is told. */
static void result_found(struct req *r, const struct rows *rows)
{
	const char *content = NULL;
	size_t n = 0;

	if (rows_count(rows) > 0 && rows_len(rows, 0, 0) == SEAL_ROW_KEY_SIZE)
		content = seal_open(api_of(r)->options.seal, req_arena(r), "raw_upload.sealed",
			(const unsigned char *)rows_text(rows, 0, 0), rows_text(rows, 0, 1),
			rows_len(rows, 0, 1), &n);
	if (rows_count(rows) > 0 && !content)
		log_error("sealed_record_unreadable", "place", "raw_upload.sealed", NULL);
	if (!content) {
		error_not_found(r);
		return;
	}
	log_warn("audit", "account", auth_account(r)->name, "terminals", rows_text(rows, 0, 2),
		"command", rows_text(rows, 0, 3), "result_read", rows_text(rows, 0, 4), NULL);
	req_add_header(r, "Content-Disposition", "attachment");
	req_reply(r, 200, "application/octet-stream", content, n);
}
