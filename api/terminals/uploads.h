/* What terminals uploaded beside punches and people. */
#ifndef UPLOADS_H
#define UPLOADS_H

#include "resource.h"

extern const struct resource terminal_logs, upload_logs, att_photos, terminal_errors,
	terminal_work_codes, raw_uploads;
req_step uploads_read, attphotos_picture;

#endif
