/*
 * Punches of files. Each row is checked like the body of a request; then they are stored as those
 * of terminals are: one of a PIN and a second, whoever brought it first, under ids in order.
 */
#include <string.h>

#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "import.h"
#include "import_file.h"
#include "resource_private.h"
#include "table.h"

enum {
	CODE,
	TIME,
	STATE,
	VERIFY,
	WORK_CODE,
	SN,
	MEMBERS,
	STEP = 1000, /* rows checked in one go */
	DEADLINE_MS = 600000
};

static const struct field punch_fields[] = {
	[CODE] = { "emp_code", NULL, FT_TEXT, F_WRITE | F_REQUIRED, 0, 20 },
	[TIME] = { "punch_time", NULL, FT_TIME, F_WRITE | F_REQUIRED },
	[STATE] = { "punch_state", NULL, FT_INT, F_WRITE, .low = 0, .high = 255 },
	[VERIFY] = { "verify_type", NULL, FT_INT, F_WRITE, .low = 0, .high = 255 },
	[WORK_CODE] = { "work_code", NULL, FT_TEXT, F_WRITE, 0, 20 },
	[SN] = { "terminal_sn", NULL, FT_TEXT, F_WRITE, 0, 50 },
	{ 0 },
};

static const struct resource punches = { .name = "transaction", .fields = punch_fields };

struct punch_import {
	struct req *req;
	struct import_file file;
	struct table table;
	const char *problem;
	int columns[MEMBERS]; /* of the table, by field; -1: not there */
	int date; /* column of the date, where TIME is the time of day alone; -1: not there */
	const char *usual_sn; /* where a row says none */
	const char **values[MEMBERS]; /* of good rows not yet stored */
	int n;
	int at; /* row */
};

static req_step file_parsed, rows_go_on, rows_stored;

/* The member that a header means, or "date"; NULL: none. */
static const char *header_member(const char *said)
{
	for (int f = 0; f < MEMBERS; f++)
		if (import_word_same(said, punch_fields[f].json))
			return punch_fields[f].json;
	return import_word_find(import_words_punches, said);
}

/*
 * What terminals write to a stick (1_attlog.dat, SERIAL_attlog.dat) has no header: PIN, time, number
 * of the device, state, verify, work code, and more on some; as the vendor's SDK reads it
 * (GetAttLogFromDat) and real files are.
 */
static enum table_first row_judge(void *arg, const char *const *cells, int n, const char **names)
{
	static const char *const stick[] = { "emp_code", "punch_time", "", "punch_state",
		"verify_type", "work_code" };
	char time[IMPORT_TIME];

	for (int i = 0; i < n; i++) {
		const char *member = header_member(cells[i]);
		if (member && strcmp(member, punch_fields[CODE].json) == 0)
			return TABLE_HEADER;
	}
	if (n < 2 || !*cells[0] || !import_time_read(cells[1], IMPORT_YMD, time) ||
		!strchr(time, ':'))
		return TABLE_TITLE;
	for (size_t i = 0; i < LEN(stick); i++)
		names[i] = stick[i];
	return TABLE_DATA;
}

static void file_parse(void *arg)
{
	struct punch_import *im = arg;
	const struct table_judge judge = { row_judge, NULL };

	im->problem =
		table_read(&im->table, req_arena(im->req), im->file.bytes, im->file.n, &judge);
}

void import_punches(struct req *r, const struct rows *rows)
{
	struct punch_import *im = arena_alloc(req_arena(r), sizeof(*im));

	im->req = r;
	im->usual_sn = req_param(r, "terminal_sn");
	if (!import_file_read(r, &im->file))
		return;
	req_set_data(r, im);
	req_offload(r, api_of(r)->files, file_parse, im, file_parsed);
}

static bool column_is_there(const struct punch_import *im, const char *member)
{
	for (int i = 0; i < im->table.ncolumns; i++)
		if (import_word_same(im->table.names[i], member))
			return true;
	return false;
}

/* Where the column of this header is kept; NULL: it is ignored. The members' own names go before
 * what others call them. */
static int *column_place(struct punch_import *im, const char *said)
{
	const char *member = header_member(said);

	if (!member || (!import_word_same(said, member) && column_is_there(im, member) &&
			       strcmp(member, "date") != 0))
		return NULL;
	for (int f = 0; f < MEMBERS; f++)
		if (strcmp(member, punch_fields[f].json) == 0)
			return &im->columns[f];
	return &im->date;
}

static void columns_read(struct punch_import *im)
{
	struct arena *a = req_arena(im->req);

	im->file.ignored = arena_array(a, TABLE_COLUMNS, sizeof(char *));
	im->date = -1;
	for (int f = 0; f < MEMBERS; f++)
		im->columns[f] = -1;
	for (int i = 0; i < im->table.ncolumns; i++) {
		const char *said = im->table.names[i];
		int *place = column_place(im, said);
		if (!place && *said)
			im->file.ignored[im->file.nignored++] = said;
		else if (place && *place >= 0)
			im->problem = arena_printf(a, "The file has two columns %s.", said);
		else if (place)
			*place = i;
	}
	if (im->columns[TIME] < 0) { /* a date may have its time with it */
		im->columns[TIME] = im->date;
		im->date = -1;
	}
	for (int f = CODE; f <= TIME && !im->problem; f++)
		if (im->columns[f] < 0)
			im->problem =
				arena_printf(a, "The file has no column %s.", punch_fields[f].json);
}

static void file_parsed(struct req *r, const struct rows *rows)
{
	struct punch_import *im = req_data(r);

	if (!im->problem)
		columns_read(im);
	if (im->problem) {
		error_field(r, "file", im->problem);
		return;
	}
	im->file.rows = im->table.nrows;
	for (int f = 0; f < MEMBERS; f++)
		im->values[f] = arena_array(
			req_arena(r), (size_t)im->table.nrows + 1, sizeof(*im->values[f]));
	rows_go_on(r, NULL);
}

static void tree_release(void *tree)
{
	json_decref(tree);
}

/* From one column, or from one of dates and one of times of day. */
static const char *time_of(struct punch_import *im, struct arena *a, const char *text)
{
	const char *date = im->date < 0 ? "" : im->table.rows[im->at][im->date];
	char clock[IMPORT_TIME], serial[20];

	if (*date && table_clock(&im->table, text, serial))
		text = serial;
	else if (*date && import_clock_read(text, clock))
		text = clock;
	else
		return import_file_time(&im->file, &im->table, a, text, true);
	date = import_file_time(&im->file, &im->table, a, date, false);
	return arena_printf(a, "%.10s %s", date, text);
}

static json_t *body_make(struct punch_import *im, struct arena *a)
{
	const char *const *cells = im->table.rows[im->at];
	json_t *body = json_object();
	char value[IMPORT_VALUE];

	arena_defer(a, tree_release, body);
	for (int f = 0; f < MEMBERS; f++) {
		const char *text = im->columns[f] < 0 ? "" : cells[im->columns[f]];
		if (!*text && f == SN && im->usual_sn)
			text = im->usual_sn;
		if (*text && f == TIME)
			text = time_of(im, a, text);
		else if (*text && import_value_read(punch_fields[f].json, text, value))
			text = value;
		if (*text)
			json_object_set_new(body, punch_fields[f].json, json_string(text));
	}
	return body;
}

static void row_check(struct punch_import *im)
{
	struct arena *a = arena_new(), *kept = req_arena(im->req);
	static const char *const usual[MEMBERS] = {
		[STATE] = "255", [VERIFY] = "0", [WORK_CODE] = "", [SN] = ""
	};
	struct write w = { .req = im->req, .arena = a, .res = &punches, .create = true };

	w.body = body_make(im, a);
	w.errors = errors_new(a);
	w.given = arena_array(a, MEMBERS + 1, sizeof(*w.given));
	write_validate(&w);
	if (w.given[CODE].present)
		errors_add_pin(w.errors, "emp_code", w.given[CODE].text);
	if (json_object_size(w.errors) > 0) {
		import_file_refuse(&im->file, im->table.lines[im->at], "emp_code",
			im->table.rows[im->at][im->columns[CODE]], w.errors);
	} else {
		for (int f = 0; f < MEMBERS; f++)
			im->values[f][im->n] = w.given[f].present && w.given[f].text
						       ? arena_strdup(kept, w.given[f].text)
						       : usual[f];
		im->n++;
	}
	arena_free(a);
}

static void rows_store(struct req *r, struct punch_import *im)
{
	struct arena *a = req_arena(r);
	struct db_arg args[MEMBERS];
	static const char store[] =
		"select stored, known from punch_import($1::text[], $2::text[]::timestamp[],"
		" $3::text[]::smallint[], $4::text[]::smallint[], $5::text[], $6::text[])";
	static const char look[] = "select stored, known from punch_import_try($1::text[],"
				   " $2::text[]::timestamp[])";
	bool dry = im->file.dry_run;
	const struct db_statement statement = { dry ? look : store, args, dry ? 2 : LEN(args) };

	for (int f = 0; f < MEMBERS; f++)
		args[f] = db_text_array(a, im->values[f], im->n);
	im->n = 0;
	req_query_with(r, rows_stored,
		&(struct req_query_options){ .binary = true, .deadline_ms = DEADLINE_MS },
		&statement, 1);
}

/* A step of rows, then others' turn. What is only tried is looked at as a whole, because rows may be
 * double. */
static void rows_go_on(struct req *r, const struct rows *rows)
{
	struct punch_import *im = req_data(r);
	int end = im->at + STEP < im->table.nrows ? im->at + STEP : im->table.nrows;
	bool over = end == im->table.nrows, whole = im->file.dry_run || !im->file.good;

	for (; im->at < end; im->at++)
		row_check(im);
	if (im->n > 0 && (over || !whole) && !(over && import_file_fails(&im->file)))
		rows_store(r, im);
	else if (over)
		import_file_reply(r, &im->file);
	else
		req_query(r, rows_go_on, "select", 0, NULL);
}

static void rows_stored(struct req *r, const struct rows *rows)
{
	struct punch_import *im = req_data(r);

	im->file.created += rows_int(rows, 0, 0);
	im->file.unchanged += rows_int(rows, 0, 1);
	if (im->at == im->table.nrows)
		import_file_reply(r, &im->file);
	else
		rows_go_on(r, NULL);
}
