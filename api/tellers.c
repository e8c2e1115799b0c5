/* Which handler does what. A handler that is not here is described by its path alone. */
#include "tellers.h"

#include <string.h>

#include "alerts.h"
#include "auditlogs.h"
#include "auth_private.h"
#include "base.h"
#include "docs.h"
#include "erase.h"
#include "fatal.h"
#include "import.h"
#include "leaves.h"
#include "page.h"
#include "people_actions.h"
#include "photos.h"
#include "punch_shifts.h"
#include "reconciliations.h"
#include "rejects.h"
#include "report.h"
#include "report_file.h"
#include "session.h"
#include "staff.h"
#include "terminal_commands.h"
#include "terminal_orders.h"
#include "terminal_people.h"
#include "terminal_waiting.h"
#include "terminals.h"
#include "transactions.h"
#include "uploads.h"
#include "users.h"

/* --- resources ------------------------------------------------------------------------------- */

static void tell_row(const struct resource *res, const char *summary, struct about *about)
{
	about->summary = summary;
	about->reply = ABOUT_ROW;
	about->shape = res->fields;
	about->open = res->more != NULL;
}

static void tell_list(const struct route *route, struct arena *a, struct about *about)
{
	const struct resource *res = route->spec;

	tell_row(res, "List", about);
	about->reply = ABOUT_LIST;
	about->fields_filter = true;
	about->search = res->search;
	about_filters(about, page_filters);
	about_filters(about, res->filters);
}

static void tell_export(const struct route *route, struct arena *a, struct about *about)
{
	tell_list(route, a, about);
	about->summary = "The list as a file";
	about->reply = ABOUT_FILE;
	about_filters(about, report_file_filters);
}

static void tell_read(const struct route *route, struct arena *a, struct about *about)
{
	tell_row(route->spec, "Read one", about);
}

static void tell_create(const struct route *route, struct arena *a, struct about *about)
{
	const struct resource *res = route->spec;

	tell_row(res, "Create", about);
	about->status = 201;
	about->body = res->fields;
}

static void tell_update(const struct route *route, struct arena *a, struct about *about)
{
	const struct resource *res = route->spec;

	tell_row(res, "Change; members that are absent stay as they are", about);
	about->body = res->fields;
	about->partial = true;
}

static void tell_delete(const struct route *route, struct arena *a, struct about *about)
{
	about->summary = "Delete";
	about->reply = ABOUT_EMPTY;
	about->status = 204;
}

/* --- rows of resources that have readers of their own ---------------------------------------- */

static void tell_command(const struct route *route, struct arena *a, struct about *about)
{
	tell_row(&terminal_commands, "Read one", about);
}

static void tell_person(const struct route *route, struct arena *a, struct about *about)
{
	tell_row(&terminal_people, "Read one", about);
}

static void tell_alert(const struct route *route, struct arena *a, struct about *about)
{
	tell_row(&alerts, route->methods & GET ? "Read one" : "Acknowledge", about);
}

static void tell_reconciliation(const struct route *route, struct arena *a, struct about *about)
{
	tell_row(&reconciliations, "Read one", about);
}

/* --- others ---------------------------------------------------------------------------------- */

static void tell_cancel(const struct route *route, struct arena *a, struct about *about)
{
	about->summary = "Cancel a command that was not sent yet";
	about->reply = route->methods & DELETE ? ABOUT_EMPTY : ABOUT_DONE;
	about->status = route->methods & DELETE ? 204 : 200;
}

static void tell_bytes(const struct route *route, struct arena *a, struct about *about)
{
	about->summary = "The content itself";
	about->reply = ABOUT_BYTES;
}

static void tell_login(const struct route *route, struct arena *a, struct about *about)
{
	about->summary = "Log in, by username or in its place email";
	about->reply = ABOUT_ROW;
	about->shape = login_reply;
	about->open = true;
	about->body = login_members;
	if (strcmp(route->pattern, "/base/api/session/") == 0)
		about->shape = session_reply;
}

static void tell_refresh(const struct route *route, struct arena *a, struct about *about)
{
	tell_login(route, a, about);
	about->summary = "Exchange a JSON web token for a new one";
	about->body = refresh_members;
}

static void tell_page(const struct route *route, struct arena *a, struct about *about)
{
	about->summary = "These pages";
	about->reply = ABOUT_PAGE;
}

static const struct {
	req_step *handler;
	about_teller *tell;
} tellers[] = {
	{ resource_list, tell_list },
	{ resource_export, tell_export },
	{ resource_read, tell_read },
	{ resource_create, tell_create },
	{ resource_update, tell_update },
	{ resource_delete, tell_delete },
	{ uploads_read, tell_read },
	{ commands_read, tell_command },
	{ people_read, tell_person },
	{ alerts_read, tell_alert },
	{ alerts_acknowledge, tell_alert },
	{ reconciliations_read, tell_reconciliation },
	{ transactions_delete, tell_delete },
	{ transactions_list, transactions_about },
	{ transactions_read, transactions_about },
	{ transactions_export, transactions_about },
	{ people_action, people_action_about },
	{ reinstate, reinstate_about },
	{ terminals_action, terminals_action_about },
	{ terminals_order, terminals_order_about },
	{ terminals_remove_waiting, terminals_remove_waiting_about },
	{ terminals_shift, shifts_about },
	{ shifts_undo, shifts_about },
	{ commands_create, commands_create_about },
	{ commands_cancel, tell_cancel },
	{ commands_result, tell_bytes },
	{ attphotos_picture, tell_bytes },
	{ bio_photo_picture, tell_bytes },
	{ bio_photo_create, bio_photo_about },
	{ bio_photo_judge, bio_photo_about },
	{ photo_read, tell_bytes },
	{ photo_read_named, tell_bytes },
	{ photo_write, photo_about },
	{ photo_delete, tell_delete },
	{ staff_password_set, staff_password_about },
	{ import_rows, import_about },
	{ import_punches, import_about },
	{ import_photos, import_about },
	{ notifications_total, notifications_about },
	{ own_employee, own_about },
	{ own_password, own_about },
	{ own_photo, tell_bytes },
	{ rejects_list, rejects_about },
	{ rejects_read, rejects_about },
	{ rejects_export, rejects_about },
	{ auditlogs_list, auditlogs_about },
	{ auditlogs_read, auditlogs_about },
	{ auditlogs_export, auditlogs_about },
	{ erase_person, erase_about },
	{ person_export, erase_about },
	{ audit_many, audit_about },
	{ audit_one, audit_about },
	{ report_list, report_about },
	{ report_export, report_about },
	{ transaction_report_list, transaction_report_about },
	{ transaction_report_export, transaction_report_about },
	{ login, tell_login },
	{ refresh, tell_refresh },
	{ session_show, session_about },
	{ users_create, users_about },
	{ users_update, users_about },
	{ users_delete, users_about },
	{ me_show, users_about },
	{ me_password, users_about },
	{ tokens_create, users_about },
	{ tokens_revoke, users_about },
	{ permissions_list, users_about },
	{ session_end, session_about },
	{ docs_page, tell_page },
	{ docs_file, tell_bytes },
	{ docs_lead, tell_page },
};

void about_route(const struct route *route, struct arena *a, struct about *about)
{
	*about = (struct about){ .status = 200, .summary = "" };
	for (size_t i = 0; i < LEN(tellers); i++)
		if (tellers[i].handler == route->handler)
			tellers[i].tell(route, a, about);
}
