/* Resources and handlers of /iclock/api/ other than transactions. */
#ifndef ICLOCK_H
#define ICLOCK_H

#include "resource.h"

extern const struct resource terminals, terminal_commands, terminal_people, alerts, reconciliations,
	odd_times, punch_shifts, shifted_punches;

req_step terminals_action, terminals_sync, terminals_remove_waiting;

/* POST /iclock/api/terminals/{action}/ beyond ZKBio Time's; route->spec is the action's name. */
req_step terminals_order;

req_step people_read, commands_read, commands_create, commands_cancel, commands_result;
req_step alerts_read, alerts_acknowledge, reconciliations_read;
req_step rejects_list, rejects_read, rejects_export;

/* punch_shifts.c */
req_step terminals_shift, shifts_undo;

/* uploads.c */
extern const struct resource terminal_logs, upload_logs, att_photos, terminal_errors,
	terminal_work_codes, raw_uploads;
req_step uploads_read, attphotos_picture;

/* messages.c, biodatas.c */
extern const struct resource work_codes, public_messages, private_messages, biodatas;

#endif
