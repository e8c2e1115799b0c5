/* The days that a report is about. */
#include "report_period.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "context.h"
#include "filter.h"
#include "moment.h"

enum { START, END };

const struct filter report_period_filters[] = {
	[START] = { "start_date", FILTER_DATE },
	[END] = { "end_date", FILTER_DATE },
	{ 0 },
};

static int64_t day_number(const char *date)
{
	return clock_days(atoi(date), atoi(date + 5), atoi(date + 8));
}

/* The day of a date or time; false: something else stands there. *day is NULL when nothing does. */
static bool day_read(struct req *r, const char *name, const char **day)
{
	const char *value = req_param(r, name);
	char time[32];

	*day = NULL;
	if (!value || !*value)
		return true;
	value += strspn(value, " ");
	size_t n = strlen(value);
	while (n > 0 && value[n - 1] == ' ')
		n--;
	if (!moment_wall(arena_memdup(req_arena(r), value, n), api_zone(r), time))
		return false;
	*day = arena_memdup(req_arena(r), time, 10);
	return true;
}

static void period_known(struct req *r, struct report_period *p)
{
	p->first = day_number(p->from);
	p->last = day_number(p->to);
	p->nothing = p->first > p->last;
	p->next(r, NULL);
}

static void today_known(struct req *r, const struct rows *rows)
{
	struct report_period *p = req_data(r);

	p->from = p->to = rows_text(rows, 0, 0);
	period_known(r, p);
}

void report_period_read(struct req *r, req_step *next)
{
	struct report_period *p = req_data(r);

	p->next = next;
	if (!day_read(r, report_period_filters[START].param, &p->from) ||
		!day_read(r, report_period_filters[END].param, &p->to)) {
		p->nothing = true;
		next(r, NULL);
		return;
	}
	if (!p->from && !p->to) {
		req_query(r, today_known, "select to_char(current_date, 'YYYY-MM-DD')", 0, NULL);
		return;
	}
	if (!p->from)
		p->from = p->to;
	if (!p->to)
		p->to = p->from;
	period_known(r, p);
}
