/*
 * Attendance reports: rows of people and days. A report is a table of members and a table function
 * (migrations/functions/attendance.sql) that gives the days of one person; everything else, lists,
 * pages and files, is made from it here.
 *
 * The SQL calls the person "e" (with unlinked_up_to, hired, left_on, rest), department and
 * position "d" and "j", the day "x". $1 and $2 are the first and the last day asked for. Rows are
 * ordered by the person's id and day. Timetables, when they come, are one more join of "x".
 */
#ifndef REPORT_H
#define REPORT_H

#include "about.h"
#include "out.h"
#include "req.h"

enum report_type {
	RT_TEXT = 1,
	RT_INT,
	RT_ID, /* of person and day: text of digits */
	RT_DATE,
	RT_WEEKDAY, /* "Monday" */
	RT_MONTH, /* "2026-05" */
	RT_CLOCK, /* of a timestamp: "08:59" */
	RT_SPAN, /* seconds: "08:30" */
	RT_FLAG, /* boolean: "1" or "0" */
	RT_DAYS /* lines of "MMDD text": a member for each day of the row's month */
};

enum { RF_BLANK = 1 /* null is shown as "" */ };

struct report_field {
	const char *name;
	const char *expr; /* NULL: made of e.id and x.day */
	enum report_type type;
	int flags;
};

struct report {
	const char *name; /* of the report's files */
	const struct report_field *fields;
	const char *rows; /* SQL: the table function called */
	const char *count; /* SQL: how many rows it gives */
};

extern const struct report first_last_report, first_in_last_out_report, total_time_card_report,
	total_time_card_report_v2, daily_absent_report, daily_activity_report, monthly_punch_report,
	monthly_status_report;

/* GET lists and files; route->spec is the report. */
req_step report_list, report_export;

/* The same of /att/api/transactionReport/, one row per punch. */
req_step transaction_report_list, transaction_report_export;

about_teller report_about, transaction_report_about;

#endif
