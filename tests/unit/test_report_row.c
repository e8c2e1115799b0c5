/* Which cells a report's file has, and what heads them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "report_row.h"

static const struct report_file csv = { "text/csv", "csv", ',', NULL };

static const struct report_field fields[] = {
	{ "emp_code", "e.emp_code", RT_TEXT },
	{ "att_month", NULL, RT_MONTH },
	{ "days", "x.times", RT_DAYS },
	{ "punch_count", "x.punches", RT_INT },
	{ 0 },
};

static void check_header(int64_t first, int64_t last, const char *list, const char *want)
{
	struct report_period period = { .first = first, .last = last };
	struct report_shape *shape = malloc(sizeof(*shape));
	struct out o;

	out_init(&o);
	report_shape_read(shape, fields, &period, list);
	report_row_header(&o, shape, &csv);
	assert(o.len == strlen(want) + 2 && memcmp(o.bytes, want, strlen(want)) == 0);
	out_free(&o);
	free(shape);
}

static void test_headers(void)
{
	int64_t may = clock_days(2026, 5, 30);

	check_header(may, may + 2, NULL, "emp_code,att_month,0530,0531,0601,punch_count");
	check_header(may, may + 2, "", "emp_code,att_month,0530,0531,0601,punch_count");
	check_header(may, may, "nonsense,,", "emp_code,att_month,0530,punch_count");
	check_header(may, may, " punch_count , emp_code", "punch_count,emp_code");
	check_header(may, may + 1, "days,emp_code", "0530,0531,emp_code");
	check_header(may, may + 1, "0531,0531,0601", "0531,0531");
	check_header(may, may - 1, NULL, "emp_code,att_month,punch_count");
}

/* Each day of the year once, whatever the period. */
static void test_years(void)
{
	struct report_shape *shape = malloc(sizeof(*shape));
	struct report_period period = { .first = clock_days(2026, 1, 1) };
	int most[] = { 365, 365, 366 };

	period.last = clock_days(2026, 12, 31);
	for (int i = 0; i < 2; i++) {
		report_shape_read(shape, fields, &period, NULL);
		assert(shape->nkeys == most[i] && shape->ncells == most[i] + 3);
		period.last = clock_days(9999, 12, 31);
	}
	period.first = clock_days(2028, 1, 1);
	report_shape_read(shape, fields, &period, NULL);
	assert(shape->nkeys == most[2]);
	free(shape);
}

/* However long the list, cells are no more than there is room for. */
static void test_many(void)
{
	struct report_period period = { 0 };
	struct report_shape *shape = malloc(sizeof(*shape));
	char *list = malloc(100000);
	size_t n = 0;

	period.first = clock_days(2026, 1, 1);
	period.last = period.first + 364;
	while (n < 99000)
		n += (size_t)strlen(strcpy(list + n, "days,emp_code,"));
	report_shape_read(shape, fields, &period, list);
	assert(shape->ncells == REPORT_CELLS);
	free(list);
	free(shape);
}

static void test_weekdays(void)
{
	assert(strcmp(report_weekday(clock_days(2026, 5, 4)), "Monday") == 0);
	assert(strcmp(report_weekday(0), "Thursday") == 0);
	assert(strcmp(report_weekday(-1), "Wednesday") == 0);
	assert(strcmp(report_weekday(clock_days(1, 1, 1)), "Monday") == 0);
}

int main(void)
{
	test_headers();
	test_years();
	test_many();
	test_weekdays();
	return 0;
}
