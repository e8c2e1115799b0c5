/* Routes below /att/api/. */
#include "att_calendar.h"
#include "leaves.h"

#include "report.h"
#include "routes.h"

#define REPORT(path, report)                                                                       \
	{ GET, path, report_list, &report, API_RIGHT(SUBJECT_REPORT) },                            \
	{                                                                                          \
		GET, path "export/", report_export, &report, API_RIGHT(SUBJECT_REPORT)             \
	}

#define AUDIT(subject) API_RIGHT(subject) | API_DOES(MAY_CHANGE)
#define AUDITS(path, approve, reject, subject)                                                     \
	{ POST, path "approve/", audit_many, &approve, AUDIT(subject) },                           \
		{ POST, path "reject/", audit_many, &reject, AUDIT(subject) },                     \
		{ POST, path ":id/approve/", audit_one, &approve, AUDIT(subject) },                \
	{                                                                                          \
		POST, path ":id/reject/", audit_one, &reject, AUDIT(subject)                       \
	}

const struct route att_routes[] = {
	{ GET, "/att/api/transactionReport/", transaction_report_list, NULL,
		API_RIGHT(SUBJECT_REPORT) },
	{ GET, "/att/api/transactionReport/export/", transaction_report_export, NULL,
		API_RIGHT(SUBJECT_REPORT) },
	REPORT("/att/api/firstLastReport/", first_last_report),
	REPORT("/att/api/firstInLastOutReport/", first_in_last_out_report),
	REPORT("/att/api/totalTimeCardReport/", total_time_card_report),
	REPORT("/att/api/totalTimeCardReportV2/", total_time_card_report_v2),
	REPORT("/att/api/dailyAbsentReport/", daily_absent_report),
	REPORT("/att/api/dailyActivityReport/", daily_activity_report),
	REPORT("/att/api/monthlyPunchReport/", monthly_punch_report),
	REPORT("/att/api/monthlyStatusReport/", monthly_status_report),
	/* the dashboard's name of the same */
	{ GET, "/base/api/dailyAbsent/", report_list, &daily_absent_report,
		API_RIGHT(SUBJECT_REPORT) },

	/* 8.x and 9.0 spell it differently */
	AUDITS("/att/api/manuallogs/", manual_logs_approve, manual_logs_reject, SUBJECT_MANUAL_LOG),
	RESOURCE_ROUTES("/att/api/manuallogs/", manual_logs, SUBJECT_MANUAL_LOG),
	AUDITS("/att/api/manualLogs/", manual_logs_approve, manual_logs_reject, SUBJECT_MANUAL_LOG),
	RESOURCE_ROUTES("/att/api/manualLogs/", manual_logs, SUBJECT_MANUAL_LOG),

	AUDITS("/att/api/leaves/", leaves_approve, leaves_reject, SUBJECT_LEAVE),
	RESOURCE_ROUTES("/att/api/leaves/", leaves, SUBJECT_LEAVE),
	RESOURCE_ROUTES("/att/api/leave/", leaves, SUBJECT_LEAVE),
	RESOURCE_ROUTES("/att/api/payCodes/", pay_codes, SUBJECT_PAY_CODE),
	RESOURCE_ROUTES("/att/api/holidays/", holidays, SUBJECT_HOLIDAY),
	{ 0 },
};
