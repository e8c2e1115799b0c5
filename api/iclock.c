/* The routes below /iclock/api/, and the page about all of them. */
#include "iclock.h"
#include "routes.h"
#include "transactions.h"

const struct route iclock_routes[] = {
	{ GET, "/iclock/api/transactions/", transactions_list },
	{ GET, "/iclock/api/transactions/export/", transactions_export },
	{ GET, "/iclock/api/transactions/:id/", transactions_read },
	{ DELETE, "/iclock/api/transactions/:id/", transactions_delete },

	{ GET, "/iclock/api/terminals/", resource_list, &terminals },
	{ POST, "/iclock/api/terminals/", resource_create, &terminals },
	{ POST, "/iclock/api/terminals/clear_command/", terminals_action, "clear_command" },
	{ POST, "/iclock/api/terminals/clear_capture/", terminals_action, "clear_capture" },
	{ POST, "/iclock/api/terminals/clear_all/", terminals_action, "clear_all" },
	{ POST, "/iclock/api/terminals/upload_all/", terminals_action, "upload_all" },
	{ POST, "/iclock/api/terminals/upload_transaction/", terminals_action,
		"upload_transaction" },
	{ POST, "/iclock/api/terminals/reboot/", terminals_action, "reboot" },
	{ GET, "/iclock/api/terminals/:id/", resource_read, &terminals },
	{ PUT | PATCH, "/iclock/api/terminals/:id/", resource_update, &terminals },
	{ DELETE, "/iclock/api/terminals/:id/", resource_delete, &terminals },
	{ POST, "/iclock/api/terminals/:id/sync/", terminals_sync },

	{ GET, "/iclock/api/terminalcommands/", resource_list, &terminal_commands },
	{ GET, "/iclock/api/terminalcommands/:id/", commands_read },
	{ GET, "/iclock/api/rejects/", rejects_list },
	{ GET, "/iclock/api/rejects/:id/", rejects_read },

	{ GET, "/api/docs/", docs_page, NULL, API_OPEN },
	{ 0 },
};
