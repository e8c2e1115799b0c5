/*
 * Rows of files as rows of resources. The file is read by a thread, codes and keys are looked up
 * with one statement each, and then row after row goes the way of a single request: checked against
 * the table of fields, against the database, and written, or kept until all are known to be good.
 */
#include "import.h"

#include <string.h>

#include "context.h"
#include "employees.h"
#include "errors.h"
#include "fatal.h"
#include "import_row.h"
#include "organisation.h"
#include "scope.h"
#include "trail.h"

enum { BURST = 50, /* rows without a statement, one after the other */ DEADLINE_MS = 600000 };

/* --- what can be imported --------------------------------------------------------------------- */

static const struct import_code employee_codes[] = {
	{ "dept_code", "department", "department", false },
	{ "position_code", "position", "position", false },
	{ "area_code", "area", "area", false },
	{ "dept_name", "department", "department", false, true },
	{ "position_name", "position", "position", false, true },
	{ "area_name", "area", "area", false, true },
	{ 0 },
};
static const struct import_code department_codes[] = {
	{ "parent_dept_code", "parent_dept", "department", true },
	{ "parent_dept_name", "parent_dept", "department", false, true },
	{ 0 },
};
static const struct import_code position_codes[] = {
	{ "parent_position_code", "parent_position", "position", true },
	{ "parent_position_name", "parent_position", "position", false, true },
	{ 0 },
};
static const struct import_code area_codes[] = {
	{ "parent_area_code", "parent_area", "area", true },
	{ "parent_area_name", "parent_area", "area", false, true },
	{ 0 },
};
static const struct import_code no_codes[] = { { 0 } };
static const char *const card_members[] = { "emp_code", "card_no", NULL };

#define PEOPLE &employees, "emp_code", "emp_code"
#define ORGANISATION(resource, key) &resource, key, "code"

const struct import_spec import_employees = { PEOPLE, employee_codes, import_words_people, NULL,
	false };
const struct import_spec import_departments = { ORGANISATION(departments, "dept_code"),
	department_codes, import_words_organisation, NULL, false };
const struct import_spec import_positions = { ORGANISATION(positions, "position_code"),
	position_codes, import_words_organisation, NULL, false };
const struct import_spec import_areas = { ORGANISATION(areas, "area_code"), area_codes,
	import_words_organisation, NULL, false };
const struct import_spec import_cards = { PEOPLE, no_codes, import_words_people, card_members,
	true };

static req_step file_parsed, keys_found, codes_found, rows_go_on;
static void codes_ask(struct req *, struct import *);

/* --- the file --------------------------------------------------------------------------------- */

static void import_free(void *arg)
{
	struct import *im = arg;

	if (im->ticket)
		db_forget(im->ticket);
	rows_free(im->rows);
	arena_free(im->arena);
}

static void file_parse(void *arg)
{
	struct import *im = arg;
	const struct table_judge judge = { import_columns_judge, im };

	im->problem =
		table_read(&im->table, req_arena(im->req), im->file.bytes, im->file.n, &judge);
}

void import_rows(struct req *r, const struct rows *rows)
{
	struct import *im = arena_alloc(req_arena(r), sizeof(*im));

	im->req = r;
	im->spec = req_route(r)->spec;
	if (!import_file_read(r, &im->file))
		return;
	req_set_data(r, im);
	arena_defer(req_arena(r), import_free, im);
	req_offload(r, api_of(r)->files, file_parse, im, file_parsed);
}

static void file_parsed(struct req *r, const struct rows *rows)
{
	struct import *im = req_data(r);
	struct arena *a = req_arena(r);
	int n = im->table.nrows;

	if (!im->problem)
		im->problem = import_columns_read(im);
	if (im->problem) {
		error_field(r, "file", im->problem);
		return;
	}
	const char **keys = arena_array(a, (size_t)n + 1, sizeof(*keys));
	for (int i = 0; i < n; i++)
		keys[i] = im->table.rows[i][im->key];
	im->file.rows = n;
	im->ids = arena_array(a, (size_t)n + 1, sizeof(*im->ids));
	im->nth = arena_array(a, (size_t)n + 1, sizeof(*im->nth));
	im->guard = scope_guard(a, r, im->spec->resource->table);
	im->statements = arena_array(a, 2 * (size_t)n + 1, sizeof(*im->statements));
	struct sql *sql = sql_new(a);
	sql_arg(sql,
		"select t.id, row_number() over (partition by k.code order by k.nr)"
		" from unnest($$::text[]) with ordinality k (code, nr)",
		db_text_array(a, keys, n));
	sql_addf(sql, " left join %s t on t.%s = k.code", im->spec->resource->table,
		im->spec->key_column);
	scope_add(sql, r, im->spec->resource->table, "t");
	sql_add(sql, " order by k.nr");
	sql_run(sql, r, keys_found);
}

static int32_t int_or_0(const struct rows *rows, int row, int column)
{
	return rows_null(rows, row, column) ? 0 : (int32_t)rows_int(rows, row, column);
}

static void keys_found(struct req *r, const struct rows *rows)
{
	struct import *im = req_data(r);

	for (int i = 0; i < rows_count(rows) && i < im->table.nrows; i++) {
		im->ids[i] = int_or_0(rows, i, 0);
		/* a key that is missing is told as such */
		im->nth[i] = *im->table.rows[i][im->key] ? int_or_0(rows, i, 1) : 1;
	}
	im->at = 0;
	codes_ask(r, im);
}

/* --- codes ------------------------------------------------------------------------------------ */

/* A cell's codes; only areas are lists. */
static int codes_split(struct import *im, bool list, const char *text, const char **codes)
{
	int n = 0;

	while (*text) {
		size_t blank = 0;
		text += strspn(text, " ");
		size_t len = list ? strcspn(text, ";,|") : strlen(text);
		while (blank < len && text[len - blank - 1] == ' ')
			blank++;
		if (len > blank && codes)
			codes[n] = arena_memdup(req_arena(im->req), text, len - blank);
		n += len > blank;
		text += len + (text[len] != '\0');
	}
	return n;
}

static int codes_read(struct import *im, int column, struct import_column *c)
{
	const struct import_code *code = &im->spec->codes[im->codes[column] - 1];
	struct arena *a = req_arena(im->req);
	bool list = strcmp(code->member, "area") == 0;
	int n = 0, rows = im->table.nrows;

	c->first = arena_array(a, (size_t)rows + 1, sizeof(*c->first));
	for (int i = 0; i < rows; i++) {
		c->first[i] = n;
		n += codes_split(im, list, im->table.rows[i][column], NULL);
	}
	c->first[rows] = n;
	c->codes = arena_array(a, (size_t)n + 1, sizeof(*c->codes));
	c->ids = arena_array(a, (size_t)n + 1, sizeof(*c->ids));
	c->above = arena_array(a, (size_t)n + 1, sizeof(*c->above));
	for (int i = 0; i < rows; i++)
		codes_split(im, list, im->table.rows[i][column], c->codes + c->first[i]);
	return n;
}

static void rows_begin(struct req *, struct import *);

/* m: the one that has the name k.code. */
static void names_join(struct sql *sql, struct req *r, const char *table)
{
	sql_addf(sql,
		" left join (select lower(y.name) as name, min(y.id) as id from %s y where true",
		table);
	scope_add(sql, r, table, "y");
	sql_add(sql, " group by 1 having count(*) = 1) m on m.name = lower(k.code)");
}

/* im->at is the column looked at. */
static void codes_ask(struct req *r, struct import *im)
{
	struct arena *a = req_arena(r);

	while (im->at < im->table.ncolumns && !im->codes[im->at])
		im->at++;
	if (im->at == im->table.ncolumns) {
		rows_begin(r, im);
		return;
	}
	const struct import_code *code = &im->spec->codes[im->codes[im->at] - 1];
	struct import_column *c = &im->columns[im->codes[im->at] - 1];
	int n = codes_read(im, im->at, c), keys = code->parent ? im->table.nrows : 0;
	const char **above = arena_array(a, (size_t)keys + 1, sizeof(*above));
	for (int i = 0; i < keys; i++)
		above[i] = im->table.rows[i][im->key];
	struct sql *sql = sql_new(a);
	sql_addf(sql, "select %s, f.nr::int", code->names ? "coalesce(x.id, m.id)" : "x.id");
	sql_arg(sql, " from unnest($$::text[]) with ordinality k (code, nr)",
		db_text_array(a, c->codes, n));
	sql_addf(sql, " left join %s x on x.code = k.code", code->table);
	scope_add(sql, r, code->table, "x");
	if (code->names)
		names_join(sql, r, code->table);
	sql_arg(sql,
		" left join (select j.code, min(j.nr) as nr"
		" from unnest($$::text[]) with ordinality j (code, nr) group by 1) f"
		" on f.code = k.code order by k.nr",
		db_text_array(a, above, keys));
	sql_run(sql, r, codes_found);
}

static void codes_found(struct req *r, const struct rows *rows)
{
	struct import *im = req_data(r);
	struct import_column *c = &im->columns[im->codes[im->at] - 1];

	for (int i = 0; i < rows_count(rows); i++) {
		c->ids[i] = int_or_0(rows, i, 0);
		c->above[i] = int_or_0(rows, i, 1);
	}
	im->at++;
	codes_ask(r, im);
}

/* --- row by row ------------------------------------------------------------------------------- */

static void statement_done(void *arg, struct rows *rows, const struct db_error *error)
{
	struct import *im = arg;

	im->ticket = NULL;
	im->rows = rows;
	im->error = NULL;
	if (error) {
		im->failure = (struct db_error){ 0 };
		memcpy(im->failure.state, error->state, sizeof(im->failure.state));
		im->error = &im->failure;
	}
	req_wake(im->req, NULL);
}

static bool import_let_go(void *arg)
{
	const struct import *im = arg;

	return !im->committing; /* what has been written row by row stays */
}

static void import_run(
	struct import *im, const struct db_statement *statements, int n, req_step *next)
{
	if (!im->actor)
		im->actor = trail_statement(im->req);
	struct db_statement *all = im->pair;
	if (n > 1)
		all = arena_array(req_arena(im->req), (size_t)n + 1, sizeof(*all));
	all[0] = *im->actor;
	memcpy(all + 1, statements, (size_t)n * sizeof(*all));
	rows_free(im->rows);
	im->rows = NULL;
	const struct db_query query = {
		.statements = all,
		.nstatements = n + 1,
		.binary = true,
		.durable = true,
		.deadline_ms = DEADLINE_MS,
		.owner = req_owner(im->req),
		.done = statement_done,
		.arg = im,
	};
	im->ticket = db_query(req_surface(im->req)->db, &query);
	req_wait(im->req, next, import_let_go, im);
}

static void import_run_one(struct import *im, const struct sql *sql, req_step *next)
{
	im->one = (struct db_statement){ str_text(&sql->text), sql->args, sql->nargs };
	import_run(im, &im->one, 1, next);
}

static req_step row_checked, row_written, all_written;

static void row_end(struct import *im, bool changed)
{
	if (!changed)
		im->file.unchanged++;
	else if (im->write.create)
		im->file.created++;
	else
		im->file.updated++;
}

static void row_next(struct import *im)
{
	rows_free(im->rows);
	im->rows = NULL;
	arena_free(im->arena);
	im->arena = NULL;
	im->at++;
}

static void rows_begin(struct req *r, struct import *im)
{
	im->at = 0;
	rows_go_on(r, NULL);
}

static void rows_go_on(struct req *r, const struct rows *rows)
{
	static const struct db_statement nothing = { .sql = "select" };
	struct import *im = req_data(r);

	if (im->error) {
		api_failed(r, im->error);
		return;
	}
	for (int burst = 0; im->at < im->table.nrows; burst++) {
		if (burst == BURST) { /* others' turn */
			import_run(im, &nothing, 1, rows_go_on);
			return;
		}
		if (!import_row_prepare(im)) {
			row_next(im);
			continue;
		}
		const struct sql *sql = write_check(&im->write);
		if (sql)
			import_run_one(im, sql, row_checked);
		else
			import_run(im, &nothing, 1, row_checked);
		return;
	}
	im->committing = true;
	if (im->nstatements > 0 && !import_file_fails(&im->file) && !im->file.dry_run)
		import_run(im, im->statements, im->nstatements, all_written);
	else
		import_file_reply(r, &im->file);
}

static void rows_ended(void *rows)
{
	rows_free(rows);
}

/* A statement must write, or fail: then all that commits with it does. */
static void row_write(struct req *r, struct import *im)
{
	sql_add(im->write.sql, " select 1 / count(" SCOPE_SAVED ") from saved");
	if (im->file.dry_run || !im->file.good) {
		row_end(im, true);
		import_row_settle(im);
		if (!im->file.dry_run)
			import_row_keep(im);
	} else {
		/* its parameters point into what the check has found */
		struct rows *found = im->rows;
		im->rows = NULL;
		if (found)
			arena_defer(im->arena, rows_ended, found);
		struct db_statement both[2];
		import_run(im, both, import_row_statements(im, both), row_written);
		return;
	}
	row_next(im);
	rows_go_on(r, NULL);
}

static void row_checked(struct req *r, const struct rows *rows)
{
	struct import *im = req_data(r);
	struct write *w = &im->write;

	if (im->error) {
		api_failed(r, im->error);
		return;
	}
	switch (write_make(w, im->rows && rows_columns(im->rows) > 0 ? im->rows : NULL)) {
	case WRITE_READY:
		row_write(r, im);
		return;
	case WRITE_NOTHING:
		row_end(im, false);
		break;
	case WRITE_GONE:
		errors_add(w->errors, im->spec->key, "Somebody else has just deleted it.");
		import_row_refuse(im);
		break;
	case WRITE_UNREADABLE:
		errors_add(w->errors, im->spec->key, "Its sealed record cannot be read.");
		import_row_refuse(im);
		break;
	case WRITE_REFUSED:
		import_row_refuse(im);
		break;
	}
	row_next(im);
	rows_go_on(r, NULL);
}

/* What is wrong with the data is wrong with this row; anything else ends it all. */
static void row_written(struct req *r, const struct rows *rows)
{
	struct import *im = req_data(r);

	if (im->error && strncmp(im->error->state, "22", 2) != 0 &&
		strncmp(im->error->state, "23", 2) != 0) {
		api_failed(r, im->error);
		return;
	}
	if (im->error) {
		import_row_failed(im);
		im->error = NULL;
	} else {
		row_end(im, true);
	}
	row_next(im);
	rows_go_on(r, NULL);
}

static void all_written(struct req *r, const struct rows *rows)
{
	struct import *im = req_data(r);

	if (im->error && !scope_refused(im->error) &&
		(strncmp(im->error->state, "22", 2) == 0 ||
			strncmp(im->error->state, "23", 2) == 0))
		error_detail(r, 400,
			"Nothing is imported: somebody else has changed the same rows. Try again.");
	else if (im->error)
		api_failed(r, im->error);
	else
		import_file_reply(r, &im->file);
}

bool import_takes_file(const struct route *route)
{
	return route->handler == import_rows || route->handler == import_punches ||
	       route->handler == import_photos;
}
