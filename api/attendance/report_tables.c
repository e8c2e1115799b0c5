/*
 * The reports: what they show. Members that no client of ZKBio Time is known to read are ours; the
 * docs/attendance.md lists them.
 */
#include <stddef.h>

#include "about.h"
#include "page.h"
#include "report.h"
#include "report_file.h"
#include "report_people.h"
#include "report_period.h"

/* d and j are department and position. */
#define PERSON(nickname)                                                                           \
	{ "emp_id", "e.id", RT_INT }, { "emp_code", "e.emp_code", RT_TEXT },                       \
		{ "first_name", "e.first_name", RT_TEXT },                                         \
		{ "last_name", "e.last_name", RT_TEXT }, { nickname, "e.nickname", RT_TEXT },      \
		{ "gender", "e.gender", RT_TEXT }, { "dept_code", "d.code", RT_TEXT },             \
		{ "dept_name", "d.name", RT_TEXT }, { "position_code", "j.code", RT_TEXT },        \
	{                                                                                          \
		"position_name", "j.name", RT_TEXT                                                 \
	}

#define DAY                                                                                        \
	{ "att_date", NULL, RT_DATE },                                                             \
	{                                                                                          \
		"weekday", NULL, RT_WEEKDAY                                                        \
	}

#define SECONDS(from, to) "extract(epoch from " to " - " from ")::int"

#define PUNCHES "(e.pin_id, e.unlinked_up_to, $1::date, $2::date)"
#define COUNT(table) "(select count(*) from " table ")"

/* --- first and last punch -------------------------------------------------------------------- */

static const struct report_field first_last_fields[] = {
	{ "id", NULL, RT_ID },
	PERSON("nick_name"),
	DAY,
	{ "first_punch", "x.first", RT_CLOCK },
	{ "last_punch", "x.last", RT_CLOCK },
	{ "total_time", SECONDS("x.first", "x.last"), RT_SPAN },
	{ "punch_count", "x.punches", RT_INT },
	{ 0 },
};

const struct report first_last_report = {
	.name = "firstLastReport",
	.fields = first_last_fields,
	.rows = "att_days" PUNCHES,
	.count = COUNT("att_days" PUNCHES),
};

/* --- first in, last out ---------------------------------------------------------------------- */

static const struct report_field first_in_last_out_fields[] = {
	{ "id", NULL, RT_ID },
	PERSON("nick_name"),
	DAY,
	{ "check_in", "x.came", RT_CLOCK, RF_BLANK },
	{ "check_out", "x.went", RT_CLOCK, RF_BLANK },
	{ "total_time", "coalesce(" SECONDS("x.came", "x.went") ", 0)", RT_SPAN },
	{ "punch_count", "x.punches", RT_INT },
	{ 0 },
};

const struct report first_in_last_out_report = {
	.name = "firstInLastOutReport",
	.fields = first_in_last_out_fields,
	.rows = "att_cards" PUNCHES,
	.count = COUNT("att_days" PUNCHES),
};

/* --- time cards ------------------------------------------------------------------------------ */

static const struct report_field time_card_fields[] = {
	{ "id", NULL, RT_ID },
	PERSON("nick_name"),
	DAY,
	{ "clock_in", "x.came", RT_CLOCK },
	{ "clock_out", "x.went", RT_CLOCK },
	{ "total_hrs", "coalesce(" SECONDS("x.came", "x.went") ", 0)", RT_SPAN },
	{ "worked_hrs", "x.worked", RT_SPAN },
	{ "total_ot", "x.overtime", RT_SPAN },
	{ "full_attendance", "x.complete", RT_FLAG },
	{ "punch_count", "x.punches", RT_INT },
	{ 0 },
};

#define CARDS "att_time_card(e.pin_id, e.unlinked_up_to, $1::date, $2::date, e.hired, e.left_on)"

/* Employed days need no look at punches, others are those of att_days. */
#define CARDS_COUNT                                                                                \
	"case when e.hired > e.left_on then (select count(*) from att_days" PUNCHES ")"            \
	" when e.hired = $1::date and e.left_on = $2::date then e.left_on - e.hired + 1"           \
	" else e.left_on - e.hired + 1 + (select count(*) from"                                    \
	" att_days(e.pin_id, e.unlinked_up_to, $1::date, e.hired - 1))"                            \
	" + (select count(*) from"                                                                 \
	" att_days(e.pin_id, e.unlinked_up_to, e.left_on + 1, $2::date)) end"

const struct report total_time_card_report = {
	.name = "totalTimeCardReport",
	.fields = time_card_fields,
	.rows = CARDS,
	.count = CARDS_COUNT,
};

const struct report total_time_card_report_v2 = {
	.name = "totalTimeCardReportV2",
	.fields = time_card_fields,
	.rows = CARDS,
	.count = CARDS_COUNT,
};

/* --- absence --------------------------------------------------------------------------------- */

static const struct report_field absent_fields[] = {
	{ "id", NULL, RT_ID },
	PERSON("nickname"),
	DAY,
	{ "check_in", "''", RT_TEXT }, /* nobody came */
	{ "check_out", "''", RT_TEXT },
	{ "total_hrs", "0", RT_SPAN },
	{ 0 },
};

#define ABSENCES                                                                                   \
	"att_absences(e.id, e.department_id, e.enable_holiday, e.pin_id, e.unlinked_up_to,"        \
	" e.hired, e.left_on, e.rest)"

const struct report daily_absent_report = {
	.name = "dailyAbsentReport",
	.fields = absent_fields,
	.rows = ABSENCES,
	.count = COUNT(ABSENCES),
};

/* --- all punches of a day -------------------------------------------------------------------- */

static const struct report_field activity_fields[] = {
	{ "id", NULL, RT_ID },
	PERSON("nick_name"),
	DAY,
	{ "check_in", "x.came", RT_CLOCK, RF_BLANK },
	{ "check_out", "x.went", RT_CLOCK, RF_BLANK },
	{ "total_hrs", "coalesce(" SECONDS("x.came", "x.went") ", 0)", RT_SPAN },
	{ "worked_hrs", "x.worked", RT_SPAN },
	{ "total_ot", "x.overtime", RT_SPAN },
	{ "punch_count", "x.punches", RT_INT },
	{ "punch_set", "x.times", RT_TEXT },
	{ 0 },
};

const struct report daily_activity_report = {
	.name = "dailyActivityReport",
	.fields = activity_fields,
	.rows = "att_cards" PUNCHES,
	.count = COUNT("att_days" PUNCHES),
};

/* --- all punches of a month ------------------------------------------------------------------ */

static const struct report_field month_fields[] = {
	{ "id", NULL, RT_ID },
	PERSON("nick_name"),
	{ "att_month", NULL, RT_MONTH },
	{ "punch_days", "x.days", RT_INT },
	{ "punch_count", "x.punches", RT_INT },
	{ "days", "x.times", RT_DAYS },
	{ 0 },
};

const struct report monthly_punch_report = {
	.name = "monthlyPunchReport",
	.fields = month_fields,
	.rows = "att_months" PUNCHES,
	.count =
		"(select count(distinct date_trunc('month', z.day::timestamp)) from att_days" PUNCHES
		" z)",
};

/* --- how each day of a month was ------------------------------------------------------------- */

static const struct report_field status_fields[] = {
	{ "id", NULL, RT_ID },
	PERSON("nick_name"),
	{ "att_month", NULL, RT_MONTH },
	{ "present_days", "x.present", RT_INT },
	{ "absent_days", "x.absent", RT_INT },
	{ "leave_days", "x.on_leave", RT_INT },
	{ "holidays", "x.on_holiday", RT_INT },
	{ "rest_days", "x.at_rest", RT_INT },
	{ "days", "x.statuses", RT_DAYS },
	{ 0 },
};

#define STATUSES                                                                                   \
	"att_statuses(e.id, e.department_id, e.enable_holiday, e.pin_id, e.unlinked_up_to,"        \
	" $1::date, $2::date, e.hired, e.left_on, e.rest)"

const struct report monthly_status_report = {
	.name = "monthlyStatusReport",
	.fields = status_fields,
	.rows = STATUSES,
	.count = COUNT(STATUSES),
};

/* --- described ------------------------------------------------------------------------------- */

static enum field_type field_type_of(enum report_type type)
{
	return type == RT_INT ? FT_INT : type == RT_DATE ? FT_DATE : FT_TEXT;
}

void report_about(const struct route *route, struct arena *a, struct about *about)
{
	const struct report_field *fields = ((const struct report *)route->spec)->fields;
	struct field *shape;
	int n = 0, all = 0;

	while (fields[all].name)
		all++;
	shape = arena_array(a, (size_t)all + 1, sizeof(*shape));
	for (int i = 0; i < all; i++)
		if (fields[i].type == RT_DAYS)
			about->open = true; /* a member for each day */
		else
			shape[n++] = (struct field){ fields[i].name, NULL,
				field_type_of(fields[i].type) };
	about->summary = "Report";
	about->shape = shape;
	about->reply = route->handler == report_export ? ABOUT_FILE : ABOUT_LIST;
	about_filters(about, page_filters);
	about_filters(about, report_period_filters);
	about_filters(about, report_people_filters);
	if (route->handler == report_export)
		about_filters(about, report_file_filters);
}
