/*
 * POST cdata: what a table's lines become. A table is one line below and one function.
 *
 * Whatever can be understood goes to its place; what cannot is kept under a reason; all of it in
 * one transaction, and "OK: n" counts every line.
 */
#include "upload.h"

#include <string.h>

#include "access.h"
#include "clock.h"
#include "fatal.h"
#include "held.h"
#include "log.h"
#include "querydata.h"
#include "stamp.h"
#include "terminal_options.h"
#include "upload_private.h"

enum { DEADLINE_MS = 20000, MIB_MS = 1500 };

static req_step upload_counted, upload_attlog, upload_options;
static void lines_count(void *);
static req_step punches_durable, stamp_kept;

/* adms-push 2 and 2.0. Tables that are not here are kept raw. */
static const struct table {
	const char *name;
	req_step *handler;
	bool bare;
} tables[] = {
	{ "ATTLOG", upload_attlog, false },
	{ "OPERLOG", upload_records, false },
	{ "USERINFO", upload_records, false },
	{ "FINGERTMP", upload_records, false },
	{ "FACE", upload_records, false },
	{ "FVEIN", upload_records, false },
	{ "BIODATA", upload_records, false },
	{ "BIOPHOTO", upload_records, false },
	{ "USERPIC", upload_records, false },
	{ "OPTIONS", upload_options, true },
	{ "IDCARD", upload_records, false },
	{ "ERRORLOG", upload_records, true },
	{ "WORKCODE", upload_records, false },
	{ "SMS", upload_records, false },
	{ "ATTPHOTO", upload_attphoto, true },
	{ "FPIMAGE", upload_fpimage, true },
	{ "POSTVERIFYDATA", upload_raw, true },
	{ "RTLOG", upload_raw, true },
	{ "RTSTATE", upload_raw, true },
	{ "TABLEDATA", upload_raw, false },
};

bool upload_word_ok(const char *word)
{
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
	return n > 0 && n <= 32 && !word[n];
}

/* The table of a request. G1 has no table=: which stamp it sends says what it is (2). */
static const char *upload_table(struct req *r)
{
	const char *table = req_param(r, "table"), *type = req_param(r, "type");
	if (table && *table)
		return upload_word_ok(table) ? table : "?";
	if (req_param(r, "FPImage"))
		return "FPIMAGE";
	if (type)
		return upload_word_ok(type) ? type : "?";
	if (req_param(r, "OpStamp"))
		return "OPERLOG";
	if (req_param(r, "PhotoStamp"))
		return "ATTPHOTO";
	return "ATTLOG";
}

/* "0" is the answer to a query: not a stamp (1.5). */
static const char *upload_stamp(struct req *r)
{
	static const char *const names[] = { "Stamp", "OpStamp", "PhotoStamp" };
	for (size_t i = 0; i < LEN(names); i++) {
		const char *stamp = req_param(r, names[i]);
		if (stamp && stamp_ok(span_of(stamp)) && strspn(stamp, "0") < strlen(stamp))
			return stamp;
	}
	return NULL;
}

static const struct table *table_find(const char *name)
{
	for (size_t i = 0; i < LEN(tables); i++)
		if (str_same_word(tables[i].name, name))
			return &tables[i];
	return NULL;
}

static char *upper(struct arena *a, const char *word)
{
	char *text = arena_strdup(a, word);
	for (char *p = text; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return text;
}

/* ---- large ones ---- */

void upload_work(struct req *r, void (*work)(void *), req_step *next)
{
	struct upload *u = upload_of(r);
	if (u->len > ADMS_LARGE) {
		req_offload(r, contact_of(r)->adms->threads, work, u, next);
		return;
	}
	work(u);
	next(r, NULL);
}

const struct terminal *upload_terminal(struct req *r)
{
	const struct terminal *t = contact_of(r)->terminal;
	return upload_of(r)->len > ADMS_LARGE ? terminal_copy(req_arena(r), t) : t;
}

/* A megabyte needs time of its own: an upload that never ends in time would be repeated for ever. */
int64_t upload_deadline_ms(const struct upload *u)
{
	return DEADLINE_MS + (int64_t)(u->len >> 20) * MIB_MS;
}

static void piece_free(void *arg)
{
	struct upload *u = arg;
	adms_free_arena(contact_of(u->req)->adms, u->piece);
	u->piece = NULL;
}

struct arena *upload_piece(struct req *r)
{
	struct upload *u = upload_of(r);
	if (u->piece)
		piece_free(u);
	else
		arena_defer(req_arena(r), piece_free, u);
	u->piece = arena_new();
	return u->piece;
}

/* ---- the beginning ---- */

/* What reads its lines. Tables that are not known are those of the record that they are called after.
 * A terminal in access mode is another's business: what it has of its own stays as it came. */
static req_step *upload_handler(struct req *r, struct upload *u)
{
	const struct table *table = table_find(u->of);
	bool wrapped = query_wraps(u->table);
	bool access = contact_of(r)->terminal->dialect.generation == GENERATION_ACC;
	if (table && !wrapped)
		return table->handler;
	u->mixed = !access;
	if (access || (table && table->handler != upload_records &&
			      table->handler != upload_attlog && table->handler != upload_options))
		return upload_raw;
	return table ? table->handler : upload_records;
}

void upload_begin(struct req *r, struct upload *u, const char *name)
{
	const struct table *table = table_find(name);
	contact_of(r)->data = u;
	u->req = r;
	u->table = table ? table->name : upper(req_arena(r), name);
	const char *of = query_wraps(u->table) ? query_wrapped(r) : "";
	u->of = *of ? upper(req_arena(r), of) : u->table;
	u->bare = (table && table->bare) || strcmp(u->of, "OPTIONS") == 0;
	u->stamp = upload_stamp(r);
	u->body = req_body(r, &u->len);
	u->handler = upload_handler(r, u);
	u->by_lines = u->handler == upload_records || u->handler == upload_attlog;
	u->comb = u->by_lines && u->len > ADMS_LARGE && contact_of(r)->terminal->approved &&
		  !u->mixed && !upload_is_packed(r);
	upload_work(r, lines_count, upload_counted);
}

void upload_start(struct req *r, const struct rows *rows)
{
	upload_begin(r, arena_alloc(req_arena(r), sizeof(struct upload)), upload_table(r));
}

/* Whether any line is a record that its handler knows what to do with. */
static bool lines_have_records(const struct upload *u)
{
	struct record_lines lines = record_lines(u->body, u->len);
	struct span line;
	struct record record;
	while (record_next_line(&lines, &line)) {
		record_parse(line, record_table_kind(span_of(u->of)), &record);
		if ((!record_translate(&record) || u->asked) && record_is_one(&record))
			return true;
	}
	return false;
}

/* The body is the request's own. What holds no record at all is kept as a whole. */
static void lines_count(void *arg)
{
	struct upload *u = arg;
	u->lines = (int)(u->comb ? record_comb_lines((char *)u->body, &u->len)
				 : record_count_lines(u->body, u->len));
	if (u->mixed && u->handler == upload_records && !upload_is_packed(u->req) &&
		!lines_have_records(u))
		u->handler = upload_raw;
}

/* What changes people waits, too, behind what is still to be released: the later one counts. (Not
 * where there may be lines among it that are kept in another way.) */
static bool upload_waits(const struct upload *u, const struct terminal *t)
{
	return !t->approved || (t->held && u->handler != upload_attlog && !u->mixed);
}

void upload_handle(struct req *r, const struct rows *rows)
{
	const struct upload *u = upload_of(r);
	(u->waits ? held_upload : u->handler)(r, NULL);
}

/* Punches, and what may be about people. */
static bool upload_is_held(const struct upload *u)
{
	return u->handler == upload_attlog || u->handler == upload_records ||
	       u->handler == upload_attphoto;
}

static void upload_counted(struct req *r, const struct rows *rows)
{
	struct contact *c = contact_of(r);
	struct upload *u = upload_of(r);
	bool held = upload_is_held(u);
	if (strcmp(u->table, "TABLEDATA") == 0)
		access_listen_body(r, (struct span){ u->body, u->len });
	else if (u->lines > 0 && (u->handler == upload_attlog || strcmp(u->table, "OPERLOG") == 0))
		access_ended(r);
	u->waits = held && upload_waits(u, c->terminal);
	if (c->terminal->approved)
		terminal_pushed(c->adms->terminals, c->terminal);
	if (!c->terminal->approved && !held)
		upload_ignored(r, NULL);
	else if (upload_is_packed(r) && u->by_lines)
		upload_unpack(r);
	else
		upload_handle(r, NULL);
}

/* POST fdata: photos, also from firmware that has cdata for everything else. */
void upload_photo(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct contact *c = contact_of(r);
	struct upload *u = arena_alloc(a, sizeof(*u));
	c->data = u;
	*u = (struct upload){ .table = "ATTPHOTO",
		.of = "ATTPHOTO",
		.bare = true,
		.stamp = upload_stamp(r),
		.lines = 1,
		.req = r };
	u->body = req_body(r, &u->len);
	u->handler = upload_attphoto;
	upload_counted(r, NULL);
}

void upload_count(struct req *r)
{
	struct upload *u = upload_of(r);
	const struct contact *c = contact_of(r);
	u->counts.lines = u->lines;
	if (c->terminal->approved)
		upload_log_count(c->adms->uploads, c->terminal, u->table, &u->counts);
}

void upload_fail(struct req *r, const char *reason)
{
	upload_of(r)->counts.failed = true;
	upload_count(r);
	req_text(r, 200, "ERROR: %s", reason);
}

void upload_tell_failure(struct req *r, int lines)
{
	const struct db_error *e = req_error(r);
	if (db_error_away(e)) {
		outage_failed(&contact_of(r)->adms->refusing, clock_ticks(), "uploads_refused",
			e->state, e->message);
		req_told(r);
		return;
	}
	log_warn("upload_refused", "sn", contact_of(r)->sn, "table", upload_of(r)->table, "state",
		e->state, "lines", log_num(lines), NULL);
}

void upload_answer(struct req *r)
{
	const struct upload *u = upload_of(r);
	outage_passed(&contact_of(r)->adms->refusing, clock_ticks());
	if (u->bare)
		req_text(r, 200, "OK");
	else if (query_wraps(u->table) && *query_wrapped(r))
		req_text(r, 200, "%s=%d", query_wrapped(r), query_count(r, u));
	else
		req_text(r, 200, "OK: %d", u->lines);
}

void upload_reply(struct req *r)
{
	if (upload_of(r)->query) {
		query_end(r);
		return;
	}
	upload_count(r);
	upload_answer(r);
}

/* ---- stamps ---- */

static int stamp_slot(const char *table)
{
	return strcmp(table, "ATTLOG") == 0    ? STAMP_ATTLOG
	       : strcmp(table, "OPERLOG") == 0 ? STAMP_OPERLOG
					       : STAMP_OTHER;
}

/* Tables whose stamp a handshake gives back. */
static bool table_has_stamp(const char *table)
{
	static const char *const names[] = { "ATTLOG", "OPERLOG", "ATTPHOTO", "BIODATA", "IDCARD",
		"ERRORLOG" };
	for (size_t i = 0; i < LEN(names); i++)
		if (strcmp(names[i], table) == 0)
			return true;
	return false;
}

/* The stamp, when it is not stored yet. */
static const char *upload_stamp_new(struct req *r)
{
	const struct upload *u = upload_of(r);
	if (!u->stamp || !table_has_stamp(u->table))
		return NULL;
	const char *known = contact_of(r)->terminal->stamps[stamp_slot(u->table)];
	if (stamp_slot(u->table) != STAMP_OTHER && strcmp(known, u->stamp) == 0)
		return NULL;
	return u->stamp;
}

/* Only after the data, or with it. */
int upload_stamp_statement(struct req *r, struct db_statement *out)
{
	struct arena *a = req_arena(r);
	const struct upload *u = upload_of(r);
	if (!upload_stamp_new(r))
		return 0;
	struct db_arg *args = arena_array(a, 4, sizeof(*args));
	args[0] = db_int(a, contact_of(r)->terminal->id);
	args[1] = db_text(u->table);
	args[2] = db_text(u->stamp);
	args[3] = db_int(a, contact_of(r)->forgotten);
	*out = (struct db_statement){
		"select terminal_stamped($1::int, $2::text, $3::text, $4::int)", args, 4
	};
	return 1;
}

static void upload_stamp_known(struct req *r)
{
	const struct upload *u = upload_of(r);
	const struct contact *c = contact_of(r);
	char *known = c->terminal->stamps[stamp_slot(u->table)];
	/* one that was forgotten since it began was not stored */
	if (u->stamp && table_has_stamp(u->table) && c->forgotten == c->terminal->forgotten)
		snprintf(known, sizeof(contact_of(r)->terminal->stamps[0]), "%s", u->stamp);
}

/* ---- ATTLOG ---- */

static void job_done(void *arg, bool durable)
{
	struct upload *u = arg;
	u->durable = durable;
	req_wake(u->req, NULL);
}

static bool job_cancel(void *arg)
{
	struct upload *u = arg;
	return ingest_cancel(contact_of(u->req)->adms->ingest, &u->job);
}

static void upload_attlog(struct req *r, const struct rows *rows)
{
	struct contact *c = contact_of(r);
	struct upload *u = upload_of(r);
	if (u->lines == 0) {
		upload_reply(r);
		return;
	}
	u->job = (struct ingest_job){ .terminal = c->terminal,
		.body = u->body,
		.len = u->len,
		.stamp = upload_stamp_new(r),
		.forgotten = c->forgotten,
		.done = job_done,
		.arg = u };
	req_wait(r, punches_durable, job_cancel, u);
	ingest_add(c->adms->ingest, &u->job);
}

static void punches_durable(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	struct db_statement stamp;
	if (!u->durable) {
		req_told(r); /* by ingest */
		upload_fail(r, "not stored");
		return;
	}
	u->counts.stored = u->job.stored;
	u->counts.rejected = u->job.rejected;
	if (u->job.stamped)
		upload_stamp_known(r);
	if (upload_stamp_statement(r, &stamp) == 0) {
		upload_reply(r);
		return;
	}
	req_query_with(r, stamp_kept, &(struct req_query_options){ .try = true }, &stamp, 1);
}

/* A stamp that could not be stored costs a repetition, no punch. */
static void stamp_kept(struct req *r, const struct rows *rows)
{
	if (!req_error(r))
		upload_stamp_known(r);
	upload_reply(r);
}

void upload_kept(struct req *r, const struct rows *rows)
{
	upload_stamp_known(r);
	upload_reply(r);
}

/* ---- the rest ---- */

static void upload_options(struct req *r, const struct rows *rows)
{
	const struct upload *u = upload_of(r);
	struct db_statement statement;
	struct span body = { u->body, u->len };
	if (u->len > ADMS_LARGE) { /* no terminal has so many */
		upload_raw(r, NULL);
		return;
	}
	upload_of(r)->counts.stored = u->lines;
	if (options_statement(r, contact_of(r)->terminal, info_options(body), &statement) == 0) {
		upload_reply(r);
		return;
	}
	req_query_with(r, upload_kept, &(struct req_query_options){ 0 }, &statement, 1);
}

void upload_ignored(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	const struct db_arg args[] = { db_int(a, contact_of(r)->terminal->id) };
	if (upload_of(r)->lines == 0) {
		upload_reply(r);
		return;
	}
	upload_of(r)->stamp = NULL;
	req_query(r, upload_kept,
		"update terminal set ignored_uploads = ignored_uploads + 1 "
		"where id = $1::int",
		LEN(args), args);
}
