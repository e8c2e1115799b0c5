/*
 * POST /iclock/api/terminals/{action}/: what terminals can be told beyond ZKBio Time's own actions.
 * An action is one line of a table: its members, validated like those of a resource and exactly (a
 * member that is none of them is an error), and the words are made per generation by the database
 * (terminal_order.sql).
 */
#include "terminal_orders.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "about.h"
#include "auth.h"
#include "body.h"
#include "command_line.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "log.h"
#include "moment.h"
#include "resource_private.h"
#include "scope.h"
#include "terminals.h"

#define WANTED (F_WRITE | F_REQUIRED)
#define CLOCKS "08:00-18:00"

struct terminal_order {
	const char *action;
	struct resource members;
	const char *dangerous; /* the verb, where only dangerous_commands allows it */
	bool biometric; /* only with store_biometrics */
};

/* --- members -------------------------------------------------------------------------------- */

static const char ids_member[] = "terminals";

static const struct field none[] = { { 0 } };

static const struct field enroll_fp_fields[] = {
	{ "pin", NULL, FT_TEXT, WANTED, .max = 20, .example = "7" },
	{ "finger", NULL, FT_INT, WANTED, .low = 0, .high = 9 },
	{ "retry", NULL, FT_INT, F_WRITE, .low = 1, .high = 3 },
	{ "overwrite", NULL, FT_BOOL, F_WRITE },
	{ 0 },
};

static const struct field enroll_card_fields[] = {
	{ "pin", NULL, FT_TEXT, WANTED, .max = 20, .example = "7" },
	{ "retry", NULL, FT_INT, F_WRITE, .low = 1, .high = 3 },
	{ 0 },
};

static const struct field enroll_bio_fields[] = {
	{ "pin", NULL, FT_TEXT, WANTED, .max = 20, .example = "7" },
	{ "type", NULL, FT_INT, WANTED, .low = 1, .high = 10 },
	{ "retry", NULL, FT_INT, F_WRITE, .low = 1, .high = 3 },
	{ "overwrite", NULL, FT_BOOL, F_WRITE },
	{ 0 },
};

static const struct field set_option_fields[] = {
	{ "key", NULL, FT_TEXT, WANTED, .max = 40, .example = "VOLUME" },
	{ "value", NULL, FT_TEXT, F_WRITE, .max = 200 },
	{ "confirm", NULL, FT_BOOL, F_WRITE },
	{ 0 },
};

static const struct field message_send_fields[] = {
	{ "id", NULL, FT_INT, WANTED, .low = 1, .high = 65535 },
	{ "text", NULL, FT_TEXT, WANTED, .max = 320 },
	{ "minutes", NULL, FT_INT, F_WRITE, .low = 0, .high = 65535 },
	{ "start_time", NULL, FT_TEXT, WANTED, .example = "2026-05-04 08:30:00" },
	{ "pin", NULL, FT_TEXT, F_WRITE, .max = 20, .example = "7" },
	{ 0 },
};

static const struct field id_fields[] = {
	{ "id", NULL, FT_INT, WANTED, .low = 1, .high = 65535 },
	{ 0 },
};

static const struct field work_code_fields[] = {
	{ "id", NULL, FT_INT, WANTED, .low = 1, .high = 65535 },
	{ "code", NULL, FT_TEXT, WANTED, .max = 8 },
	{ "name", NULL, FT_TEXT, WANTED, .max = 24 },
	{ 0 },
};

static const struct field code_fields[] = {
	{ "code", NULL, FT_TEXT, WANTED, .max = 8 },
	{ 0 },
};

static const struct field time_zone_fields[] = {
	{ "id", NULL, FT_INT, WANTED, .low = 1, .high = 50 },
	{ "sun", NULL, FT_TEXT, F_WRITE, .example = CLOCKS },
	{ "mon", NULL, FT_TEXT, F_WRITE, .example = CLOCKS },
	{ "tue", NULL, FT_TEXT, F_WRITE, .example = CLOCKS },
	{ "wed", NULL, FT_TEXT, F_WRITE, .example = CLOCKS },
	{ "thu", NULL, FT_TEXT, F_WRITE, .example = CLOCKS },
	{ "fri", NULL, FT_TEXT, F_WRITE, .example = CLOCKS },
	{ "sat", NULL, FT_TEXT, F_WRITE, .example = CLOCKS },
	{ 0 },
};

static const struct field group_fields[] = {
	{ "id", NULL, FT_INT, WANTED, .low = 1, .high = 99 },
	{ "verify", NULL, FT_INT, F_WRITE, .low = 0, .high = 255 },
	{ "holidays", NULL, FT_BOOL, F_WRITE },
	{ "time_zone1", NULL, FT_INT, F_WRITE, .low = 0, .high = 50 },
	{ "time_zone2", NULL, FT_INT, F_WRITE, .low = 0, .high = 50 },
	{ "time_zone3", NULL, FT_INT, F_WRITE, .low = 0, .high = 50 },
	{ 0 },
};

static const struct field holiday_fields[] = {
	{ "id", NULL, FT_INT, WANTED, .low = 1, .high = 24 },
	{ "name", NULL, FT_TEXT, F_WRITE, .max = 24 },
	{ "start", NULL, FT_TEXT, WANTED, .example = "12-24" },
	{ "end", NULL, FT_TEXT, WANTED, .example = "12-26" },
	{ "time_zone", NULL, FT_INT, F_WRITE, .low = 1, .high = 50 },
	{ 0 },
};

static const struct field combination_fields[] = {
	{ "id", NULL, FT_INT, WANTED, .low = 1, .high = 10 },
	{ "group1", NULL, FT_INT, WANTED, .low = 1, .high = 99 },
	{ "group2", NULL, FT_INT, F_WRITE, .low = 1, .high = 99 },
	{ "group3", NULL, FT_INT, F_WRITE, .low = 1, .high = 99 },
	{ "group4", NULL, FT_INT, F_WRITE, .low = 1, .high = 99 },
	{ "group5", NULL, FT_INT, F_WRITE, .low = 1, .high = 99 },
	{ 0 },
};

static const struct field query_user_fields[] = {
	{ "pin", NULL, FT_TEXT, F_WRITE, .max = 20, .example = "7" },
	{ 0 },
};

static const struct field query_template_fields[] = {
	{ "type", NULL, FT_INT, WANTED, .low = 1, .high = 10 },
	{ "pin", NULL, FT_TEXT, F_WRITE, .max = 20, .example = "7" },
	{ "number", NULL, FT_INT, F_WRITE, .low = 0, .high = 9 },
	{ 0 },
};

static const struct field span_fields[] = {
	{ "start_time", NULL, FT_TEXT, WANTED, .example = "2026-05-04 08:30:00" },
	{ "end_time", NULL, FT_TEXT, WANTED, .example = "2026-05-04 18:00:00" },
	{ 0 },
};

static const struct field reconcile_fields[] = {
	{ "whole", NULL, FT_BOOL, F_WRITE },
	{ 0 },
};

static const struct field shell_fields[] = {
	{ "command", NULL, FT_TEXT, WANTED, .max = 500 },
	{ 0 },
};

static const struct field get_file_fields[] = {
	{ "path", NULL, FT_TEXT, WANTED, .max = 200, .example = "/mnt/file.bin" },
	{ 0 },
};

static const struct field put_file_fields[] = {
	{ "url", NULL, FT_TEXT, WANTED, .max = 200, .example = "http://192.168.1.10/file.bin" },
	{ "path", NULL, FT_TEXT, WANTED, .max = 200, .example = "/mnt/file.bin" },
	{ 0 },
};

static const struct field upgrade_fields[] = {
	{ "url", NULL, FT_TEXT, WANTED, .max = 200, .example = "http://192.168.1.10/file.bin" },
	{ "checksum", NULL, FT_TEXT, WANTED, .example = "0123456789abcdef0123456789abcdef" },
	{ "size", NULL, FT_INT, WANTED, .low = 1, .high = 1 << 30 },
	{ 0 },
};

static const struct terminal_order orders[] = {
	{ "info", { .fields = none } },
	{ "check", { .fields = none } },
	{ "set_time", { .fields = none } },
	{ "log", { .fields = none } },
	{ "unlock", { .fields = none } },
	{ "cancel_alarm", { .fields = none } },
	{ "clear_transaction", { .fields = none } },
	{ "clear_template", { .fields = none } },
	{ "clear_user", { .fields = none } },
	{ "reload_options", { .fields = none } },
	{ "set_option", { .fields = set_option_fields } },
	{ "enroll_fp", { .fields = enroll_fp_fields }, .biometric = true },
	{ "enroll_card", { .fields = enroll_card_fields } },
	{ "enroll_bio", { .fields = enroll_bio_fields }, .biometric = true },
	{ "message_send", { .fields = message_send_fields } },
	{ "message_delete", { .fields = id_fields } },
	{ "work_code_set", { .fields = work_code_fields } },
	{ "work_code_delete", { .fields = code_fields } },
	{ "time_zone_set", { .fields = time_zone_fields } },
	{ "time_zone_delete", { .fields = id_fields } },
	{ "group_set", { .fields = group_fields } },
	{ "holiday_set", { .fields = holiday_fields } },
	{ "unlock_combination_set", { .fields = combination_fields } },
	{ "unlock_combination_delete", { .fields = id_fields } },
	{ "query_users", { .fields = query_user_fields } },
	{ "query_templates", { .fields = query_template_fields }, .biometric = true },
	{ "query_transactions", { .fields = span_fields } },
	{ "query_photos", { .fields = span_fields }, .biometric = true },
	{ "verify_sum", { .fields = span_fields } },
	{ "reconcile", { .fields = reconcile_fields } },
	{ "shell", { .fields = shell_fields }, "SHELL" },
	{ "get_file", { .fields = get_file_fields }, "GetFile" },
	{ "put_file", { .fields = put_file_fields }, "PutFile" },
	{ "upgrade", { .fields = upgrade_fields }, "UPGRADE" },
};

/* --- what the table cannot say --------------------------------------------------------------- */

static const char invalid[] = "Enter a valid value.";

static const char *pin_problem(const char *text)
{
	return strlen(text) <= 20 ? NULL : invalid;
}

static const char *time_problem(const char *text)
{
	struct moment m;

	return moment_read(text, &m) ? NULL : "Datetime has wrong format. Use YYYY-MM-DD HH:MM:SS.";
}

static int two_digits(const char *text)
{
	return isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1])
		       ? (text[0] - '0') * 10 + text[1] - '0'
		       : -1;
}

static bool clock_is_good(const char *text)
{
	int hour = two_digits(text),
	    minute = hour < 0 || text[2] != ':' ? -1 : two_digits(text + 3);

	return hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
}

static const char *clocks_problem(const char *text)
{
	return strlen(text) == 11 && clock_is_good(text) && text[5] == '-' &&
			       clock_is_good(text + 6) && strncmp(text, text + 6, 5) <= 0
		       ? NULL
		       : "HH:MM-HH:MM is wanted.";
}

static const char *day_problem(const char *text)
{
	char date[16], whole[16] = "2000-";

	if (strlen(text) != 5)
		return "MM-DD is wanted.";
	memcpy(whole + 5, text, 6);
	return moment_date(whole, date) ? NULL : "MM-DD is wanted.";
}

/* No blank or comma: they end it in a command. */
static const char *url_problem(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || *text == ',')
			return invalid;
	return NULL;
}

static const char *checksum_problem(const char *text)
{
	return strlen(text) == 32 && strspn(text, "0123456789abcdefABCDEF") == 32 ? NULL : invalid;
}

static const char *key_problem(const char *text)
{
	return command_option_name(text) ? NULL : invalid;
}

static const struct {
	const char *member;
	const char *(*problem)(const char *text);
} checks[] = {
	{ "pin", pin_problem },
	{ "start_time", time_problem },
	{ "end_time", time_problem },
	{ "sun", clocks_problem },
	{ "mon", clocks_problem },
	{ "tue", clocks_problem },
	{ "wed", clocks_problem },
	{ "thu", clocks_problem },
	{ "fri", clocks_problem },
	{ "sat", clocks_problem },
	{ "start", day_problem },
	{ "end", day_problem },
	{ "url", url_problem },
	{ "checksum", checksum_problem },
	{ "key", key_problem },
};

/* TAB and LF end columns and commands. */
static bool text_is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static void member_check(struct write *w, const struct field *f)
{
	const char *text = write_text(w, f->json), *problem = NULL;

	if (f->type != FT_TEXT || !text || !*text)
		return;
	if (!text_is_plain(text))
		problem = invalid;
	for (size_t i = 0; i < LEN(checks) && !problem; i++)
		if (strcmp(checks[i].member, f->json) == 0)
			problem = checks[i].problem(text);
	if (problem)
		errors_add(w->errors, f->json, "%s", problem);
}

/* --- set_option ------------------------------------------------------------------------------ */

static void option_check(struct write *w)
{
	const char *key = write_text(w, "key"), *value = write_text(w, "value");
	const char *confirm = write_text(w, "confirm");

	if (!key || json_object_size(w->errors) > 0)
		return;
	const char *problem = command_option_problem(key, value ? value : "");
	if (problem)
		errors_add(w->errors, "key", "%s", problem);
	else if (command_option_strands(key) && (!confirm || *confirm != 't'))
		errors_add(w->errors, "confirm",
			"This can cut the terminal off; send \"confirm\": true.");
}

/* --- the handler ----------------------------------------------------------------------------- */

struct order_run {
	const struct terminal_order *order;
	struct write write;
	int32_t *ids;
	int n;
	bool one;
};

static req_step order_known, order_queued;

static void order_validate(struct write *w)
{
	write_exactly(w, req_arg(w->req, "id") ? NULL : ids_member);
	for (const struct field *f = w->res->fields; f->json; f++)
		member_check(w, f);
	if (w->res->fields == set_option_fields)
		option_check(w);
}

/* The members as a JSON object of texts; what is absent or empty is not in it. */
static const char *order_members(struct write *w)
{
	json_t *members = json_object();
	char time[32];

	for (const struct field *f = w->res->fields; f->json; f++) {
		const char *text = write_text(w, f->json);
		if (!text || (!*text && strcmp(f->json, "value") != 0))
			continue;
		if (strstr(f->json, "_time") && moment_wall(text, api_zone(w->req), time)) {
			time[19] = '\0'; /* no fraction */
			text = time;
		}
		json_object_set_new(members, f->json, json_string(text));
	}
	if (w->res->fields == set_option_fields && !json_object_get(members, "value"))
		json_object_set_new(members, "value", json_string(""));
	char *text = json_dumps(members, JSON_COMPACT);
	const char *kept = arena_strdup(w->arena, text ? text : "{}");
	free(text);
	json_decref(members);
	return kept;
}

/* "PIN=7" of an order about a person, or NULL. */
static const char *order_pin(struct write *w)
{
	for (const struct field *f = w->res->fields; f->json; f++)
		if (strcmp(f->json, "pin") == 0 && write_text(w, f->json))
			return arena_printf(w->arena, "PIN=%s", write_text(w, f->json));
	return NULL;
}

static const struct terminal_order *order_find(const char *action)
{
	for (size_t i = 0; i < LEN(orders); i++)
		if (strcmp(orders[i].action, action) == 0)
			return &orders[i];
	fatal("no order %s", action);
}

void terminals_order(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	const struct config *config = api_of(r)->options.config;
	struct order_run *run = arena_alloc(a, sizeof(*run));
	struct write *w = &run->write;

	run->order = order_find(req_route(r)->spec);
	if (run->order->dangerous && !config->dangerous_commands) {
		error_detail(r, 403, "Not while the setting dangerous_commands is off.");
		return;
	}
	if (run->order->biometric && !config->store_biometrics) {
		error_detail(r, 403, "Not while the setting store_biometrics is off.");
		return;
	}
	*w = (struct write){ .req = r, .arena = a, .res = &run->order->members, .create = true };
	w->body = body_read(r);
	if (!w->body)
		return;
	req_set_data(r, run);
	write_prepare(w);
	terminals_chosen(r, w->body, w->errors, &run->ids, &run->n, &run->one);
	order_validate(w);
	if (!errors_reply(r, w->errors))
		scope_check_ids(r, "terminal", run->ids, run->n, ids_member, order_known);
}

static void order_known(struct req *r, const struct rows *rows)
{
	struct order_run *run = req_data(r);
	const struct config *config = api_of(r)->options.config;
	struct arena *a = req_arena(r);
	const struct db_arg args[] = { db_int4_array(a, run->ids, NULL, run->n),
		db_text(run->order->action), db_text(order_members(&run->write)),
		db_int(a, config->command_expiry), db_int(a, auth_account(r)->id) };
	sql_query_guarded(r, scope_guard_line(r, order_pin(&run->write)), order_queued,
		"select bad, mute, sns from terminal_order($1::int[], $2::text, $3::jsonb,"
		" make_interval(secs => $4::int8), $5::int)",
		LEN(args), args);
}

static void order_queued(struct req *r, const struct rows *rows)
{
	const struct order_run *run = req_data(r);
	struct arena *a = req_arena(r);

	if (!rows_null(rows, 0, 0)) {
		terminals_missing(r, run->one, (long long)rows_int(rows, 0, 0));
	} else if (!rows_null(rows, 0, 1)) {
		error_field(r, ids_member,
			arena_printf(a, "Terminal %s does not know this.", rows_text(rows, 0, 1)));
	} else {
		/* who and what, not the content */
		if (run->order->dangerous)
			log_warn("audit", "account", auth_account(r)->name, "terminals",
				rows_text(rows, 0, 2), "command", run->order->dangerous, NULL);
		reply_done(r);
	}
}

void terminals_order_about(const struct route *route, struct arena *a, struct about *about)
{
	const struct terminal_order *order = order_find(route->spec);

	if (order->dangerous)
		about->summary = "Only with the setting dangerous_commands";
	about->reply = ABOUT_DONE;
	about->body = order->members.fields;
	about->strict = true;
	about->ids = strchr(route->pattern, ':') ? NULL : ids_member;
}
