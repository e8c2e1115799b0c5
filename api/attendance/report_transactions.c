/* /att/api/transactionReport/: the punches of some days, as lists and files. */
#include <stdio.h>
#include <string.h>

#include "about.h"
#include "clock.h"
#include "fatal.h"
#include "punch_list.h"
#include "report.h"
#include "report_file.h"
#include "report_people.h"
#include "report_period.h"
#include "report_row.h"

enum cell {
	CELL_ID,
	CELL_EMP,
	CELL_CODE,
	CELL_FIRST_NAME,
	CELL_LAST_NAME,
	CELL_NICKNAME,
	CELL_DEPARTMENT,
	CELL_POSITION,
	CELL_DATE,
	CELL_WEEKDAY,
	CELL_TIME,
	CELL_STATE,
	CELL_VERIFY,
	CELL_WORK_CODE,
	CELL_AREA,
	CELL_SN,
	CELL_ALIAS,
	CELL_UPLOAD_TIME,
	CELLS
};

static const char *const names[CELLS] = { "id", "emp_id", "emp_code", "first_name", "last_name",
	"nick_name", "dept_name", "position_name", "att_date", "weekday", "punch_time",
	"punch_state", "verify_type", "work_code", "area_alias", "terminal_sn", "terminal_alias",
	"upload_time" };

struct transaction_report {
	struct report_period period; /* first: see report_period_read() */
	struct page page;
	struct report_file *file;
	unsigned char cells[CELLS];
	int ncells;
	struct punch_form form;
};

/* --- one row -------------------------------------------------------------------------------- */

enum { TEXT_SIZE = 24 };

/* 0 and 1: numbers; those are never null but for emp_id. */
static bool cell_number(const struct punch_row *p, enum cell cell, int64_t *n)
{
	*n = cell == CELL_ID ? p->key.id : p->person.emp;
	return cell == CELL_ID || (cell == CELL_EMP && p->person.emp);
}

static int64_t punch_day(const struct punch_row *p)
{
	const int64_t day = 86400000000;

	return (p->key.time - ((p->key.time % day) + day) % day) / day;
}

static const char *cell_text(const struct punch_row *p, enum cell cell, char text[TEXT_SIZE])
{
	switch (cell) {
	case CELL_CODE:
		return p->person.code;
	case CELL_FIRST_NAME:
		return p->person.first_name;
	case CELL_LAST_NAME:
		return p->person.last_name;
	case CELL_NICKNAME:
		return p->person.nickname;
	case CELL_DEPARTMENT:
		return p->person.department;
	case CELL_POSITION:
		return p->person.position;
	case CELL_DATE:
		clock_format(p->key.time, text);
		text[10] = '\0';
		return text;
	case CELL_WEEKDAY:
		return report_weekday(punch_day(p));
	case CELL_TIME:
		clock_format(p->key.time, text);
		return text + 11;
	case CELL_STATE:
		return punch_state_word(p->state);
	case CELL_VERIFY:
		return punch_verify_word(p->verify);
	case CELL_WORK_CODE:
		return p->work_code;
	case CELL_AREA:
		return p->place.area_alias;
	case CELL_SN:
		return p->place.sn;
	case CELL_ALIAS:
		return p->place.alias;
	case CELL_UPLOAD_TIME:
		clock_format(p->upload_time, text);
		return text;
	case CELL_ID:
	case CELL_EMP:
	case CELLS:
		break;
	}
	return NULL;
}

/* --- lists ---------------------------------------------------------------------------------- */

static void json_row(struct out *o, const struct punch_row *row, const void *arg)
{
	char text[TEXT_SIZE];
	int64_t n;

	json_open(o, '{');
	for (enum cell c = 0; c < CELLS; c++) {
		json_key(o, names[c]);
		if (cell_number(row, c, &n))
			json_int(o, n);
		else
			json_text(o, cell_text(row, c, text));
	}
	json_close(o, '}');
}

static void json_begin(struct out *o, struct req *r, const struct punch_form *form,
	const struct page *page, int64_t count, bool more)
{
	page_begin(o, r, page, count, more);
}

/* --- files ---------------------------------------------------------------------------------- */

static void cells_read(struct transaction_report *t, const char *list)
{
	const char *word;
	size_t n;

	while (t->ncells < CELLS && report_file_word(&list, &word, &n))
		for (int c = 0; t->ncells < CELLS && c < CELLS; c++)
			if (strlen(names[c]) == n && memcmp(names[c], word, n) == 0)
				t->cells[t->ncells++] = (unsigned char)c;
	if (t->ncells == 0)
		for (; t->ncells < CELLS; t->ncells++)
			t->cells[t->ncells] = (unsigned char)t->ncells;
}

static void file_row(struct out *o, const struct punch_row *row, const void *arg)
{
	const struct transaction_report *t = arg;
	char text[TEXT_SIZE];
	int64_t n;

	for (int i = 0; i < t->ncells; i++) {
		if (cell_number(row, t->cells[i], &n))
			report_file_number(o, t->file, i == 0, n);
		else
			report_file_text(o, t->file, i == 0, cell_text(row, t->cells[i], text));
	}
	report_file_end_row(o, t->file);
}

static void file_begin(struct out *o, struct req *r, const struct punch_form *form,
	const struct page *page, int64_t count, bool more)
{
	const struct transaction_report *t = form->arg;

	report_file_named(r, t->file, "transactionReport");
	report_file_begin(o, t->file);
	for (int i = 0; i < t->ncells; i++)
		report_file_text(o, t->file, i == 0, names[t->cells[i]]);
	report_file_end_row(o, t->file);
}

static void file_end(struct out *o)
{
}

/* --- the request ---------------------------------------------------------------------------- */

static struct punch_filter *report_filter(struct req *r, const void *arg)
{
	const struct transaction_report *t = arg;
	struct punch_filter *f;

	if (t->period.nothing) {
		f = arena_alloc(req_arena(r), sizeof(*f));
		f->nothing = true;
		return f;
	}
	return punch_filter_report(r, t->period.from, t->period.to);
}

static void period_known(struct req *r, const struct rows *rows)
{
	struct transaction_report *t = req_data(r);

	punch_list(r, &t->form, &t->page);
}

static void report_start(struct req *r, struct transaction_report *t)
{
	t->form.filter = report_filter;
	t->form.arg = t;
	req_set_data(r, t);
	if (page_read(r, &t->page))
		report_period_read(r, period_known);
}

void transaction_report_list(struct req *r, const struct rows *rows)
{
	struct transaction_report *t = arena_alloc(req_arena(r), sizeof(*t));

	t->form = (struct punch_form){
		.type = "application/json",
		.begin = json_begin,
		.row = json_row,
		.end = page_close,
		.walks = true,
	};
	report_start(r, t);
}

void transaction_report_export(struct req *r, const struct rows *rows)
{
	struct transaction_report *t = arena_alloc(req_arena(r), sizeof(*t));

	t->file = report_file_read(r);
	if (!t->file)
		return;
	cells_read(t, req_param(r, "export_headers"));
	t->form = (struct punch_form){
		.type = t->file->type,
		.begin = file_begin,
		.row = file_row,
		.end = file_end,
		.file = t->file,
		.all = report_file_is_whole(r),
	};
	report_start(r, t);
}

void transaction_report_about(const struct route *route, struct arena *a, struct about *about)
{
	struct field *shape = arena_array(a, CELLS + 1, sizeof(*shape));

	for (int c = 0; c < CELLS; c++)
		shape[c] = (struct field){ names[c], NULL,
			c == CELL_ID || c == CELL_EMP ? FT_INT : FT_TEXT };
	about->summary = "Report of punches";
	about->shape = shape;
	about->reply = ABOUT_LIST;
	about->orders = punch_orders;
	about_filters(about, page_filters);
	about_filters(about, report_period_filters);
	about_filters(about, report_people_filters);
	if (route->handler == transaction_report_export) {
		about->reply = ABOUT_FILE;
		about_filters(about, report_file_filters);
	}
}
