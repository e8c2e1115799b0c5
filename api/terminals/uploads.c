/*
 * What terminals uploaded beside punches, below /iclock/api/: operation log, punch photos, errors,
 * work codes, raw uploads; and the log of uploads. Read-only. Sealed contents are never listed; the
 * picture of a punch photo has a route of its own.
 */
#include "uploads.h"

#include <string.h>

#include "context.h"
#include "errors.h"
#include "log.h"
#include "resource_private.h"

#define OF_TERMINAL " t left join terminal d on d.id = t.terminal_id"

static const char *const terminal_search[] = { "t.sn", "d.alias", NULL };

/* --- operation log -------------------------------------------------------------------------- */

static const struct field oplog_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "t.sn", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "code", "t.code", FT_INT, F_ORDER },
	{ "event", "oplog_meaning(t.code, t.objects)", FT_TEXT, 0, OP_CONTAINS },
	{ "operator", "t.operator", FT_TEXT, 0, OP_EQ },
	{ "log_time", "t.happened", FT_TIME, F_ORDER },
	{ "objects", "to_json(t.objects)", FT_JSON },
	{ "upload_time", "t.first_seen", FT_TIME, F_ORDER },
	{ "last_seen", "t.last_seen", FT_TIME, F_ORDER },
	{ "count", "t.seen_count", FT_INT, F_ORDER },
	{ 0 },
};

static const struct filter oplog_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "code", FILTER_IDS, "t.code = any($$)" },
	{ "object", FILTER_TEXT, "$$ = any(t.objects)" },
	{ "start_time", FILTER_TIME, "t.happened >= $$" },
	{ "end_time", FILTER_TIME, "t.happened <= $$" },
	{ 0 },
};

const struct resource terminal_logs = {
	.name = "terminallog",
	.table = "operation_log",
	.from = "operation_log" OF_TERMINAL,
	.count_from = "operation_log" OF_TERMINAL,
	.fields = oplog_fields,
	.filters = oplog_filters,
	.search = terminal_search,
};

/* --- the log of uploads --------------------------------------------------------------------- */

static const struct field upload_log_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "t.sn", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "table", "t.table_name", FT_TEXT, F_ORDER, OP_EQ },
	{ "hour", "t.hour", FT_TIME, F_ORDER },
	{ "upload_count", "t.uploads", FT_INT, F_ORDER },
	{ "error_count", "t.failed", FT_INT, F_ORDER },
	{ "lines", "t.lines", FT_INT, F_ORDER },
	{ "stored", "t.stored", FT_INT, F_ORDER },
	{ "duplicate", "t.duplicate", FT_INT, F_ORDER },
	{ "rejected", "t.rejected", FT_INT, F_ORDER },
	{ "raw", "t.raw", FT_INT, F_ORDER },
	{ "first_upload", "t.first_upload", FT_TIME, F_ORDER },
	{ "upload_time", "t.last_upload", FT_TIME, F_ORDER },
	{ 0 },
};

static const struct filter upload_log_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "start_time", FILTER_TIME, "t.last_upload >= $$" },
	{ "end_time", FILTER_TIME, "t.first_upload < $$ + interval '1 second'" },
	{ 0 },
};

const struct resource upload_logs = {
	.name = "uploadlog",
	.table = "upload_log",
	.from = "upload_log" OF_TERMINAL,
	.count_from = "upload_log" OF_TERMINAL,
	.fields = upload_log_fields,
	.filters = upload_log_filters,
	.search = terminal_search,
};

/* --- punch photos --------------------------------------------------------------------------- */

#define PHOTO_FROM "punch_photo" OF_TERMINAL " left join pin p on p.id = t.pin_id"

static const struct field photo_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "t.sn", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "emp_code", "p.code", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "punch_time", "t.punch_time", FT_TIME, F_ORDER },
	{ "kind", "t.kind", FT_TEXT, F_ORDER, OP_EQ },
	/* the punch may have come after its photo */
	{ "transaction",
		"(select u.id from punch u where u.pin_id = t.pin_id and u.punch_time = t.punch_time)",
		FT_INT },
	{ "size", "t.size", FT_INT, F_ORDER },
	{ "photo", "'/iclock/api/attphotos/' || t.id || '/photo/'", FT_TEXT },
	{ "upload_time", "t.first_seen", FT_TIME, F_ORDER },
	{ "last_seen", "t.last_seen", FT_TIME, F_ORDER },
	{ "count", "t.seen_count", FT_INT, F_ORDER },
	{ 0 },
};

static const struct filter photo_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "transaction", FILTER_INT,
		"(t.pin_id, t.punch_time) = (select u.pin_id, u.punch_time from punch u"
		" where u.id = $$)" },
	{ "start_time", FILTER_TIME, "t.punch_time >= $$" },
	{ "end_time", FILTER_TIME, "t.punch_time <= $$" },
	{ 0 },
};

static const char *const photo_search[] = { "t.sn", "d.alias", "p.code", NULL };

const struct resource att_photos = {
	.name = "attphoto",
	.table = "punch_photo",
	.from = PHOTO_FROM,
	.count_from = PHOTO_FROM,
	.fields = photo_fields,
	.filters = photo_filters,
	.search = photo_search,
};

/* --- errors of terminals -------------------------------------------------------------------- */

static const struct field error_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "t.sn", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "error_code", "t.error_code", FT_TEXT, F_ORDER, OP_EQ },
	{ "error_msg", "t.message", FT_TEXT, 0, OP_CONTAINS },
	{ "meaning", "error_meaning(t.error_code)", FT_TEXT },
	{ "data_origin", "t.origin", FT_TEXT, 0, OP_EQ },
	{ "cmd", "t.command_id", FT_INT, F_ORDER, OP_EQ },
	{ "upload_time", "t.first_seen", FT_TIME, F_ORDER },
	{ "last_seen", "t.last_seen", FT_TIME, F_ORDER },
	{ "count", "t.seen_count", FT_INT, F_ORDER },
	{ 0 },
};

static const struct filter error_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "start_time", FILTER_TIME, "t.first_seen >= $$" },
	{ "end_time", FILTER_TIME, "t.first_seen < $$ + interval '1 second'" },
	{ 0 },
};

const struct resource terminal_errors = {
	.name = "errorlog",
	.table = "error_log",
	.from = "error_log" OF_TERMINAL,
	.count_from = "error_log" OF_TERMINAL,
	.fields = error_fields,
	.filters = error_filters,
	.search = terminal_search,
};

/* --- what terminals know -------------------------------------------------------------------- */

static const struct field work_code_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "d.sn", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "code", "t.code", FT_TEXT, F_ORDER, OP_EQ },
	{ "alias", "t.name", FT_TEXT, F_ORDER, OP_CONTAINS },
	{ "last_activity", "t.update_time", FT_TIME, F_ORDER },
	{ 0 },
};

static const struct filter work_code_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" }, { 0 }
};

static const char *const work_code_search[] = { "t.code", "t.name", "d.sn", NULL };

const struct resource terminal_work_codes = {
	.name = "terminalworkcode",
	.table = "terminal_work_code",
	.from = "terminal_work_code" OF_TERMINAL,
	.count_from = "terminal_work_code" OF_TERMINAL,
	.fields = work_code_fields,
	.filters = work_code_filters,
	.search = work_code_search,
};

/* --- raw ------------------------------------------------------------------------------------ */

#define RAW_FROM "raw_upload" OF_TERMINAL " left join pin p on p.id = t.pin_id"

static const struct field raw_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "t.sn", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "table", "t.table_name", FT_TEXT, F_ORDER, OP_EQ },
	{ "emp_code", "p.code", FT_TEXT, 0, OP_EQ },
	{ "lines", "t.lines", FT_INT, F_ORDER },
	{ "upload_time", "t.first_seen", FT_TIME, F_ORDER },
	{ "last_seen", "t.last_seen", FT_TIME, F_ORDER },
	{ "count", "t.seen_count", FT_INT, F_ORDER },
	{ 0 },
};

static const struct filter raw_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "start_time", FILTER_TIME, "t.last_seen >= $$" },
	{ "end_time", FILTER_TIME, "t.last_seen < $$ + interval '1 second'" },
	{ 0 },
};

const struct resource raw_uploads = {
	.name = "rawupload",
	.table = "raw_upload",
	.from = RAW_FROM,
	.count_from = RAW_FROM,
	.fields = raw_fields,
	.filters = raw_filters,
	.search = terminal_search,
};

/* --- one ------------------------------------------------------------------------------------ */

static req_step upload_found, picture_found;

/* Ids of uploads are wider than those of other resources. False: replied 404. */
static bool wide_id(struct req *r, int64_t *id)
{
	if (str_to_int(req_arg(r, "id"), 0, INT64_MAX, id))
		return true;
	error_not_found(r);
	return false;
}

void uploads_read(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t id;

	if (!wide_id(r, &id))
		return;
	resource_select(sql, r, resource_of(r));
	sql_arg(sql, " where t.id = $$::bigint", db_int(req_arena(r), id));
	sql_run(sql, r, upload_found);
}

static void upload_found(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, resource_of(r), 200, rows);
}

void attphotos_picture(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	int64_t id;

	if (!wide_id(r, &id))
		return;
	sql_add(sql, "select t.row_key, t.sealed from punch_photo t");
	sql_arg(sql, " where t.id = $$::bigint", db_int(req_arena(r), id));
	sql_run(sql, r, picture_found);
}

/* The picture stands behind its file name. A terminal may have sent anything. */
static void picture_found(struct req *r, const struct rows *rows)
{
	const char *content = NULL, *picture = NULL;
	size_t n = 0;

	if (rows_count(rows) > 0 && rows_len(rows, 0, 0) == SEAL_ROW_KEY_SIZE)
		content = seal_open(api_of(r)->options.seal, req_arena(r), "punch_photo.sealed",
			(const unsigned char *)rows_text(rows, 0, 0), rows_text(rows, 0, 1),
			rows_len(rows, 0, 1), &n);
	if (rows_count(rows) > 0 && !content)
		log_error("sealed_record_unreadable", "place", "punch_photo.sealed", NULL);
	if (content)
		picture = memchr(content, '\n', n);
	if (!picture) {
		error_not_found(r);
		return;
	}
	picture++;
	n -= (size_t)(picture - content);
	bool jpeg =
		n >= 2 && (unsigned char)picture[0] == 0xff && (unsigned char)picture[1] == 0xd8;
	req_reply(r, 200, jpeg ? "image/jpeg" : "application/octet-stream", picture, n);
}
