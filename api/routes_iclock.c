/* The routes below /iclock/api/, and the pages about all of them. */
#include "alerts.h"
#include "biodatas.h"
#include "messages.h"
#include "odd_times.h"
#include "punch_shifts.h"
#include "reconciliations.h"
#include "rejects.h"
#include "terminal_commands.h"
#include "terminal_orders.h"
#include "terminal_people.h"
#include "terminal_waiting.h"
#include "terminals.h"
#include "uploads.h"

#include "docs.h"
#include "import.h"
#include "photos.h"
#include "routes.h"
#include "transactions.h"

/* Of those that the body names, and of one. */
#define ACTION(action, handler, right)                                                             \
	{ POST, "/iclock/api/terminals/" action "/", handler, action, right },                     \
	{                                                                                          \
		POST, "/iclock/api/terminals/:id/" action "/", handler, action,                    \
			(right) | API_OF_TERMINAL                                                  \
	}

const struct route iclock_routes[] = {
	{ GET, "/iclock/api/transactions/", transactions_list, NULL,
		API_RIGHT(SUBJECT_TRANSACTION) },
	{ GET, "/iclock/api/transactions/export/", transactions_export, NULL,
		API_RIGHT(SUBJECT_TRANSACTION) },
	{ POST, "/iclock/api/transactions/import/", import_punches, NULL,
		API_RIGHT(SUBJECT_TRANSACTION) | API_WHOLE },
	{ GET, "/iclock/api/transactions/:id/", transactions_read, NULL,
		API_RIGHT(SUBJECT_TRANSACTION) },
	{ DELETE, "/iclock/api/transactions/:id/", transactions_delete, NULL,
		API_RIGHT(SUBJECT_TRANSACTION) },

	LIST_ROUTES("/iclock/api/terminals/", terminals, API_RIGHT(SUBJECT_TERMINAL)),
	{ POST, "/iclock/api/terminals/", resource_create, &terminals,
		API_RIGHT(SUBJECT_TERMINAL) },
	ACTION("clear_command", terminals_action, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("clear_capture", terminals_action, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("clear_all", terminals_action, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("upload_all", terminals_action, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("upload_transaction", terminals_action, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("reboot", terminals_action, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("sync", terminals_action, API_RIGHT(SUBJECT_TERMINAL) | API_DOES(MAY_CHANGE)),
	ACTION("confirm_key", terminals_action, API_RIGHT(SUBJECT_TERMINAL) | API_DOES(MAY_CHANGE)),
	{ POST, "/iclock/api/terminals/shift_transactions/", terminals_shift, NULL,
		API_RIGHT(SUBJECT_TRANSACTION_SHIFT) },
	{ POST, "/iclock/api/terminals/remove_waiting/", terminals_remove_waiting, NULL,
		API_RIGHT(SUBJECT_TERMINAL) | API_DOES(MAY_DELETE) | API_WHOLE },
	ACTION("info", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("check", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("set_time", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("log", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("unlock", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("cancel_alarm", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("clear_transaction", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("clear_template", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("clear_user", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("reload_options", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("set_option", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("enroll_fp", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("enroll_card", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("enroll_bio", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("message_send", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("message_delete", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("work_code_set", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("work_code_delete", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("time_zone_set", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("time_zone_delete", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("group_set", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("holiday_set", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("unlock_combination_set", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("unlock_combination_delete", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("query_users", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("query_templates", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("query_transactions", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("query_photos", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("verify_sum", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("reconcile", terminals_order, API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	ACTION("shell", terminals_order, API_RIGHT(SUBJECT_TERMINAL_SYSTEM)),
	ACTION("get_file", terminals_order, API_RIGHT(SUBJECT_TERMINAL_SYSTEM)),
	ACTION("put_file", terminals_order, API_RIGHT(SUBJECT_TERMINAL_SYSTEM)),
	ACTION("upgrade", terminals_order, API_RIGHT(SUBJECT_TERMINAL_SYSTEM)),
	{ GET, "/iclock/api/terminals/:id/", resource_read, &terminals,
		API_RIGHT(SUBJECT_TERMINAL) },
	{ PUT | PATCH, "/iclock/api/terminals/:id/", resource_update, &terminals,
		API_RIGHT(SUBJECT_TERMINAL) },
	{ DELETE, "/iclock/api/terminals/:id/", resource_delete, &terminals,
		API_RIGHT(SUBJECT_TERMINAL) },

	LIST_ROUTES("/iclock/api/terminalcommands/", terminal_commands,
		API_RIGHT(SUBJECT_TERMINAL_COMMAND)),
	{ POST, "/iclock/api/terminalcommands/", commands_create, NULL,
		API_RIGHT(SUBJECT_TERMINAL_COMMAND) },
	{ GET, "/iclock/api/terminalcommands/:id/", commands_read, NULL,
		API_RIGHT(SUBJECT_TERMINAL_COMMAND) },
	{ GET, "/iclock/api/terminalcommands/:id/result/", commands_result, NULL,
		API_RIGHT(SUBJECT_COMMAND_RESULT) },
	LIST_ROUTES(
		"/iclock/api/terminalpeople/", terminal_people, API_RIGHT(SUBJECT_TERMINAL_PERSON)),
	{ GET, "/iclock/api/terminalpeople/:id/", people_read, NULL,
		API_RIGHT(SUBJECT_TERMINAL_PERSON) },
	{ DELETE, "/iclock/api/terminalcommands/:id/", commands_cancel, NULL,
		API_RIGHT(SUBJECT_TERMINAL_COMMAND) },
	{ POST, "/iclock/api/terminalcommands/:id/cancel/", commands_cancel, NULL,
		API_RIGHT(SUBJECT_TERMINAL_COMMAND) | API_DOES(MAY_DELETE) },
	LIST_ROUTES("/iclock/api/alerts/", alerts, API_RIGHT(SUBJECT_ALERT)),
	{ GET, "/iclock/api/alerts/:id/", alerts_read, NULL, API_RIGHT(SUBJECT_ALERT) },
	{ POST, "/iclock/api/alerts/:id/acknowledge/", alerts_acknowledge, NULL,
		API_RIGHT(SUBJECT_ALERT) | API_DOES(MAY_CHANGE) },
	LIST_ROUTES("/iclock/api/oddtimes/", odd_times, API_RIGHT(SUBJECT_ODD_TIME)),
	LIST_ROUTES("/iclock/api/transactionshifts/", punch_shifts,
		API_RIGHT(SUBJECT_TRANSACTION_SHIFT)),
	{ GET, "/iclock/api/transactionshifts/:id/", resource_read, &punch_shifts,
		API_RIGHT(SUBJECT_TRANSACTION_SHIFT) },
	{ POST, "/iclock/api/transactionshifts/:id/undo/", shifts_undo, NULL,
		API_RIGHT(SUBJECT_TRANSACTION_SHIFT) },
	LIST_ROUTES("/iclock/api/shiftedtransactions/", shifted_punches,
		API_RIGHT(SUBJECT_TRANSACTION_SHIFT)),
	LIST_ROUTES(
		"/iclock/api/reconciliations/", reconciliations, API_RIGHT(SUBJECT_RECONCILIATION)),
	{ GET, "/iclock/api/reconciliations/:id/", reconciliations_read, NULL,
		API_RIGHT(SUBJECT_RECONCILIATION) },
	{ GET, "/iclock/api/rejects/", rejects_list, NULL, API_RIGHT(SUBJECT_REJECT) },
	{ GET, "/iclock/api/rejects/export/", rejects_export, NULL, API_RIGHT(SUBJECT_REJECT) },
	{ GET, "/iclock/api/rejects/:id/", rejects_read, NULL, API_RIGHT(SUBJECT_REJECT) },

	LIST_ROUTES("/iclock/api/terminallogs/", terminal_logs, API_RIGHT(SUBJECT_TERMINAL_LOG)),
	{ GET, "/iclock/api/terminallogs/:id/", uploads_read, &terminal_logs,
		API_RIGHT(SUBJECT_TERMINAL_LOG) },
	LIST_ROUTES("/iclock/api/uploadlogs/", upload_logs, API_RIGHT(SUBJECT_UPLOAD_LOG)),
	{ GET, "/iclock/api/uploadlogs/:id/", uploads_read, &upload_logs,
		API_RIGHT(SUBJECT_UPLOAD_LOG) },
	LIST_ROUTES("/iclock/api/attphotos/", att_photos, API_RIGHT(SUBJECT_ATT_PHOTO)),
	{ GET, "/iclock/api/attphotos/:id/", uploads_read, &att_photos,
		API_RIGHT(SUBJECT_ATT_PHOTO) },
	{ GET, "/iclock/api/attphotos/:id/photo/", attphotos_picture, NULL,
		API_RIGHT(SUBJECT_ATT_PHOTO) },
	LIST_ROUTES("/iclock/api/errorlogs/", terminal_errors, API_RIGHT(SUBJECT_ERROR_LOG)),
	{ GET, "/iclock/api/errorlogs/:id/", uploads_read, &terminal_errors,
		API_RIGHT(SUBJECT_ERROR_LOG) },
	LIST_ROUTES("/iclock/api/terminalworkcodes/", terminal_work_codes,
		API_RIGHT(SUBJECT_TERMINAL_WORK_CODE)),
	{ GET, "/iclock/api/terminalworkcodes/:id/", uploads_read, &terminal_work_codes,
		API_RIGHT(SUBJECT_TERMINAL_WORK_CODE) },
	LIST_ROUTES("/iclock/api/rawuploads/", raw_uploads, API_RIGHT(SUBJECT_RAW_UPLOAD)),
	{ GET, "/iclock/api/rawuploads/:id/", uploads_read, &raw_uploads,
		API_RIGHT(SUBJECT_RAW_UPLOAD) },

	RESOURCE_ROUTES("/iclock/api/workcodes/", work_codes, SUBJECT_WORK_CODE),
	RESOURCE_ROUTES("/iclock/api/publicmessages/", public_messages, SUBJECT_PUBLIC_MESSAGE),
	RESOURCE_ROUTES("/iclock/api/privatemessages/", private_messages, SUBJECT_PRIVATE_MESSAGE),
	LIST_ROUTES("/iclock/api/biodatas/", biodatas, API_RIGHT(SUBJECT_BIODATA)),
	{ GET, "/iclock/api/biodatas/:id/", uploads_read, &biodatas, API_RIGHT(SUBJECT_BIODATA) },
	LIST_ROUTES("/iclock/api/biodata/", biodatas, API_RIGHT(SUBJECT_BIODATA)),
	LIST_ROUTES("/iclock/api/biophotos/", bio_photos, API_RIGHT(SUBJECT_BIO_PHOTO)),
	{ POST, "/iclock/api/biophotos/", bio_photo_create, &bio_photos,
		API_RIGHT(SUBJECT_BIO_PHOTO) },
	{ GET, "/iclock/api/biophotos/:id/", resource_read, &bio_photos,
		API_RIGHT(SUBJECT_BIO_PHOTO) },
	{ PUT | PATCH, "/iclock/api/biophotos/:id/", resource_update, &bio_photos,
		API_RIGHT(SUBJECT_BIO_PHOTO) },
	{ DELETE, "/iclock/api/biophotos/:id/", resource_delete, &bio_photos,
		API_RIGHT(SUBJECT_BIO_PHOTO) },
	{ GET, "/iclock/api/biophotos/:id/photo/", bio_photo_picture, NULL,
		API_RIGHT(SUBJECT_BIO_PHOTO) },
	{ POST, "/iclock/api/biophotos/:id/approve/", bio_photo_judge, "approve",
		API_RIGHT(SUBJECT_BIO_PHOTO) | API_DOES(MAY_CHANGE) },
	{ POST, "/iclock/api/biophotos/:id/reject/", bio_photo_judge, "reject",
		API_RIGHT(SUBJECT_BIO_PHOTO) | API_DOES(MAY_CHANGE) },

	{ GET, "/api/docs/", docs_page, NULL, API_OPEN },
	{ GET, "/api/docs/openapi.json", docs_file, &docs_document, API_OPEN },
	{ GET, "/api/docs/start.js", docs_file, &docs_start, API_OPEN },
	{ GET, "/api/docs/swagger-ui.css", docs_file, &docs_style, API_OPEN },
	{ GET, "/api/docs/swagger-ui-bundle.js", docs_file, &docs_script, API_OPEN },
	{ GET, "/docs/api-docs/", docs_lead, NULL, API_OPEN },
	{ GET, "/docs/drf-docs/", docs_lead, NULL, API_OPEN },
	{ 0 },
};
