/* Resources and handlers of /iclock/api/ other than transactions. */
#ifndef ICLOCK_H
#define ICLOCK_H

#include "resource.h"

extern const struct resource terminals, terminal_commands, terminal_people, alerts, reconciliations,
	odd_times, punch_shifts, shifted_punches;

/* POST /iclock/api/terminals/{action}/ and .../{id}/{action}/; route->spec is the action's name.
 * terminals_order: beyond ZKBio Time's own. */
req_step terminals_action, terminals_order, terminals_remove_waiting;

/* The terminals that an action is for: the one of the path (*one), or those of the body. */
void terminals_chosen(
	struct req *, const json_t *body, json_t *errors, int32_t **ids, int *n, bool *one);

/* The first of them that does not exist is told. */
void terminals_missing(struct req *, bool one, long long id);

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
