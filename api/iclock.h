/* Resources and handlers of /iclock/api/ other than transactions. */
#ifndef ICLOCK_H
#define ICLOCK_H

#include "resource.h"

extern const struct resource terminals, terminal_commands;

req_step terminals_action, terminals_sync, commands_read;
req_step rejects_list, rejects_read;

/* GET /api/docs/ */
req_step docs_page;

#endif
