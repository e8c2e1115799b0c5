/* /iclock/api/ workcodes/, publicmessages/ and privatemessages/: what is kept on terminals. The
 * database brings it there and takes it away (migrations/functions/terminal_items.sql). */
#include "messages.h"
#include "errors.h"
#include "fatal.h"

enum { MINUTES_MAX = 65535, TEXT_MAX = 320 };

/* A control byte would end a column or a command. */
static void plain_check(struct write *w, const char *member)
{
	const char *text = write_text(w, member);

	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f) {
			errors_add(w->errors, member, "Enter a valid value.");
			return;
		}
}

/* --- work codes ------------------------------------------------------------------------------- */

static const struct field work_code_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "code", "t.code", FT_TEXT, F_WRITE | F_REQUIRED | F_UNIQUE | F_ORDER, OP_EQ | OP_CONTAINS,
		8 },
	{ "alias", "t.alias", FT_TEXT, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ | OP_CONTAINS, 24 },
	{ "last_activity", "t.update_time", FT_TIME, F_ORDER },
	{ "last_send", "terminal_item_sent('work code', t.id)", FT_TIME },
	{ "delivered", "terminal_item_delivered('work code', t.id)", FT_INT },
	{ 0 },
};

static const struct filter work_code_filters[] = {
	{ "last_activity", FILTER_TIME, "t.update_time >= $$" },
	{ 0 },
};

static const char *const work_code_search[] = { "t.code", "t.alias", NULL };

static void work_code_check(struct write *w, const struct rows *current, int column)
{
	plain_check(w, "code");
	plain_check(w, "alias");
}

const struct resource work_codes = {
	.name = "work code",
	.table = "work_code",
	.fields = work_code_fields,
	.filters = work_code_filters,
	.search = work_code_search,
	.touch = "update_time = now()",
	.check = work_code_check,
};

/* --- messages --------------------------------------------------------------------------------- */

/* Text and times are the terminals' own: they show a message from its start, for so long. */
#define TIMES                                                                                      \
	{ "start_time", "t.start_time", FT_TIME, F_WRITE | F_ORDER, OP_EQ,                         \
		.null_as = "localtimestamp(0)" },                                                  \
		{ "end_time", "t.start_time + make_interval(mins => t.duration)", FT_TIME,         \
			F_ORDER },                                                                 \
	{                                                                                          \
		"duration", "t.duration", FT_INT, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ,           \
			.low = 1, .high = MINUTES_MAX                                              \
	}

/* When it was last sent to a terminal, and how many have confirmed it as it is. */
#define SENT(kind)                                                                                 \
	{ "last_send", "terminal_item_sent('" kind "', t.id)", FT_TIME },                          \
		{ "delivered", "terminal_item_delivered('" kind "', t.id)", FT_INT },              \
	{                                                                                          \
		"update_time", "t.update_time", FT_TIME, F_ORDER                                   \
	}

static const struct field message_terminal[] = {
	{ "id", "d.id", FT_INT },
	{ "sn", "d.sn", FT_TEXT },
	{ "alias", "d.alias", FT_TEXT },
	{ 0 },
};

static const struct field message_area[] = {
	{ "id", "a.id", FT_INT },
	{ "area_code", "a.code", FT_TEXT },
	{ "area_name", "a.name", FT_TEXT },
	{ 0 },
};

static const struct field public_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", NULL, FT_REF, F_WRITE, OP_EQ, .column = "terminal_id", .table = "terminal",
		.members = message_terminal },
	{ "area", NULL, FT_REF, F_WRITE, OP_EQ, .column = "area_id", .table = "area",
		.members = message_area },
	{ "content", "t.content", FT_TEXT, F_WRITE | F_REQUIRED, OP_CONTAINS, TEXT_MAX },
	TIMES,
	SENT("public"),
	{ 0 },
};

static const char *const public_search[] = { "t.content", NULL };

static void message_check(struct write *w, const struct rows *current, int column)
{
	plain_check(w, "content");
}

/* One that names neither terminal nor area is for all terminals there are. */
const struct resource public_messages = {
	.name = "public message",
	.table = "public_message",
	.from = "public_message t left join terminal d on d.id = t.terminal_id"
		" left join area a on a.id = t.area_id",
	.fields = public_fields,
	.search = public_search,
	.touch = "update_time = now()",
	.check = message_check,
};

static const struct field message_employee[] = {
	{ "id", "e.id", FT_INT },
	{ "emp_code", "e.emp_code", FT_TEXT },
	{ "first_name", "e.first_name", FT_TEXT },
	{ "last_name", "e.last_name", FT_TEXT },
	{ 0 },
};

static const struct field private_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	/* fixed: a terminal that was told whose it is does not forget it */
	{ "employee", NULL, FT_REF, F_WRITE | F_REQUIRED | F_FIXED, OP_EQ, .column = "employee_id",
		.table = "employee", .members = message_employee },
	{ "emp_code", "e.emp_code", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "content", NULL, FT_TEXT, F_WRITE | F_REQUIRED | F_SEALED, 0, TEXT_MAX },
	TIMES,
	SENT("private"),
	{ 0 },
};

static const char *const private_search[] = { "e.emp_code", "e.first_name", "e.last_name", NULL };

#define PRIVATE_FROM "private_message t join employee e on e.id = t.employee_id"

const struct resource private_messages = {
	.name = "private message",
	.table = "private_message",
	.from = PRIVATE_FROM,
	.count_from = PRIVATE_FROM,
	.fields = private_fields,
	.search = private_search,
	.sealed = "private_message.sealed",
	.own = "t.employee_id = $$::int",
	.touch = "update_time = now()",
	.check = message_check,
};
