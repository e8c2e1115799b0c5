/* Members of reports: their texts, and where they stand. */
#include "report_row.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fatal.h"

enum { COLUMN_PERSON, COLUMN_DAY, COLUMN_FIRST };
enum { EPOCH_2000 = 10957, MINUTE_US = 60000000, DAY_MINUTES = 1440 };

const char *report_weekday(int64_t day)
{
	static const char *const names[] = { "Thursday", "Friday", "Saturday", "Sunday", "Monday",
		"Tuesday", "Wednesday" };

	return names[((day % 7) + 7) % 7];
}

/* --- shape ---------------------------------------------------------------------------------- */

static void keys_make(struct report_shape *s)
{
	int64_t last = s->period->last;
	int year, month, day;

	if (last - s->period->first >= REPORT_DAYS)
		last = s->period->first + REPORT_DAYS - 1;
	for (int64_t n = s->period->first; n <= last; n++) {
		clock_date(n, &year, &month, &day);
		snprintf(s->keys[s->nkeys], sizeof(s->keys[0]), "%02d%02d", (unsigned)month % 100,
			(unsigned)day % 100);
		/* over two years a key may come again */
		if (n - s->period->first < 365 || strcmp(s->keys[s->nkeys], s->keys[0]) != 0)
			s->nkeys++;
	}
}

static void cell_add(struct report_shape *s, int field, int day)
{
	if (s->ncells < REPORT_CELLS)
		s->cells[s->ncells++] = (struct report_cell){ field, day };
}

static void field_add(struct report_shape *s, int field)
{
	if (s->fields[field].type != RT_DAYS) {
		cell_add(s, field, -1);
		return;
	}
	for (int i = 0; i < s->nkeys; i++)
		cell_add(s, field, i);
}

static bool same(const char *name, const char *word, size_t n)
{
	return strlen(name) == n && memcmp(name, word, n) == 0;
}

static void cells_named(struct report_shape *s, const char *word, size_t n)
{
	for (int i = 0; s->fields[i].name; i++) {
		if (same(s->fields[i].name, word, n))
			field_add(s, i);
		for (int k = 0; s->fields[i].type == RT_DAYS && k < s->nkeys; k++)
			if (same(s->keys[k], word, n))
				cell_add(s, i, k);
	}
}

void report_shape_read(struct report_shape *s, const struct report_field *fields,
	struct report_period *period, const char *list)
{
	const char *word;
	size_t n;

	*s = (struct report_shape){ .fields = fields, .period = period };
	for (int i = 0; fields[i].name; i++)
		if (fields[i].type == RT_DAYS)
			keys_make(s);
	while (report_file_word(&list, &word, &n))
		cells_named(s, word, n);
	bool all = s->ncells == 0;
	for (int i = 0; all && fields[i].name; i++)
		field_add(s, i);
	for (int i = 0, column = COLUMN_FIRST; fields[i].name; i++)
		s->columns[i] = fields[i].expr ? column++ : 0;
}

/* --- values --------------------------------------------------------------------------------- */

struct value {
	const char *text; /* NULL: null */
	size_t len;
	char buffer[32];
};

static void value_print(struct value *v, const char *fmt, int a, int b, int c)
{
	v->len = (size_t)snprintf(v->buffer, sizeof(v->buffer), fmt, a, b, c);
	v->text = v->buffer;
}

static int64_t row_day(const struct rows *rows, int row)
{
	return rows_int(rows, row, COLUMN_DAY) + EPOCH_2000;
}

static void date_value(struct value *v, const struct rows *rows, int row, bool month)
{
	int y, m, d;

	clock_date(row_day(rows, row), &y, &m, &d);
	value_print(v, month ? "%04d-%02d" : "%04d-%02d-%02d", y, m, d);
}

/* Minutes since midnight. */
static int clock_minute(int64_t us)
{
	int64_t minute = (us - ((us % MINUTE_US) + MINUTE_US) % MINUTE_US) / MINUTE_US;

	return (int)(((minute % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES);
}

/* The value of a member that is no number. */
static void value_read(
	struct value *v, const struct report_shape *s, int field, const struct rows *rows, int row)
{
	const struct report_field *f = &s->fields[field];
	int column = s->columns[field];
	int64_t n;

	v->text = NULL;
	if (f->expr && rows_null(rows, row, column)) {
		v->text = f->flags & RF_BLANK ? "" : NULL;
		v->len = 0;
		return;
	}
	switch (f->type) {
	case RT_ID:
		n = rows_int(rows, row, COLUMN_PERSON) * 100000 + row_day(rows, row);
		v->len = (size_t)snprintf(v->buffer, sizeof(v->buffer), "%lld", (long long)n);
		v->text = v->buffer;
		break;
	case RT_DATE:
	case RT_MONTH:
		date_value(v, rows, row, f->type == RT_MONTH);
		break;
	case RT_WEEKDAY:
		v->text = report_weekday(row_day(rows, row));
		v->len = strlen(v->text);
		break;
	case RT_CLOCK:
		n = clock_minute(rows_time(rows, row, column));
		value_print(v, "%02d:%02d", (int)n / 60, (int)n % 60, 0);
		break;
	case RT_SPAN:
		n = rows_int(rows, row, column) / 60;
		value_print(v, "%02d:%02d", (int)n / 60, (int)n % 60, 0);
		break;
	case RT_FLAG:
		v->text = rows_bool(rows, row, column) ? "1" : "0";
		v->len = 1;
		break;
	case RT_TEXT:
	case RT_INT:
	case RT_DAYS:
		v->text = rows_text(rows, row, column);
		v->len = rows_len(rows, row, column);
		break;
	}
}

/* --- days of a month ------------------------------------------------------------------------ */

/* What the lines say of a key: the text behind it, "" when there is none. */
static const char *day_text(const char *lines, const char *key, size_t *len)
{
	while (lines && *lines) {
		size_t n = strcspn(lines, "\n");
		if (n > 5 && memcmp(lines, key, 4) == 0) {
			*len = n - 5;
			return lines + 5;
		}
		lines += n + (lines[n] == '\n');
	}
	*len = 0;
	return "";
}

static bool key_is_of_month(const char *key, int64_t day)
{
	int y, m, d;
	char month[16];

	clock_date(day, &y, &m, &d);
	snprintf(month, sizeof(month), "%02d", m);
	return memcmp(key, month, 2) == 0;
}

static void days_json(struct out *o, const struct report_shape *s, const char *lines, int64_t day)
{
	size_t len;

	for (int i = 0; i < s->nkeys; i++) {
		if (!key_is_of_month(s->keys[i], day))
			continue;
		json_key(o, s->keys[i]);
		const char *text = day_text(lines, s->keys[i], &len);
		json_textn(o, text, len);
	}
}

static void day_cell(
	struct out *o, const struct report_file *f, bool first, const char *lines, const char *key)
{
	char text[2048];
	size_t len;
	const char *found = day_text(lines, key, &len);

	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, found, len);
	text[len] = '\0';
	report_file_text(o, f, first, text);
}

/* --- rows ----------------------------------------------------------------------------------- */

void report_row_json(struct out *o, const struct report_shape *s, const struct rows *rows, int row)
{
	struct value v;

	json_open(o, '{');
	for (int i = 0; s->fields[i].name; i++) {
		const struct report_field *f = &s->fields[i];
		int column = s->columns[i];
		if (f->type == RT_DAYS) {
			days_json(o, s, rows_text(rows, row, column), row_day(rows, row));
			continue;
		}
		json_key(o, f->name);
		if (f->type == RT_INT && !rows_null(rows, row, column)) {
			json_int(o, rows_int(rows, row, column));
			continue;
		}
		value_read(&v, s, i, rows, row);
		if (v.text)
			json_textn(o, v.text, v.len);
		else
			json_none(o);
	}
	json_close(o, '}');
}

void report_row_header(struct out *o, const struct report_shape *s, const struct report_file *f)
{
	report_file_begin(o, f);
	for (int i = 0; i < s->ncells; i++) {
		const struct report_cell *c = &s->cells[i];
		report_file_text(
			o, f, i == 0, c->day < 0 ? s->fields[c->field].name : s->keys[c->day]);
	}
	report_file_end_row(o, f);
}

void report_row_cells(struct out *o, const struct report_shape *s, const struct report_file *f,
	const struct rows *rows, int row)
{
	struct value v;

	for (int i = 0; i < s->ncells; i++) {
		const struct report_cell *c = &s->cells[i];
		int column = s->columns[c->field];
		if (s->fields[c->field].type == RT_DAYS) {
			day_cell(o, f, i == 0, rows_text(rows, row, column), s->keys[c->day]);
		} else if (s->fields[c->field].type == RT_INT && !rows_null(rows, row, column)) {
			report_file_number(o, f, i == 0, rows_int(rows, row, column));
		} else {
			value_read(&v, s, c->field, rows, row);
			report_file_text(o, f, i == 0, v.text);
		}
	}
	report_file_end_row(o, f);
}
