/* Resources and handlers of /att/api/ other than reports. */
#ifndef ATT_H
#define ATT_H

#include "resource.h"

extern const struct resource manual_logs, leaves, pay_codes, holidays;

/*
 * POST approve/ and reject/, of the collection with a list of ids, or of one; route->spec is a
 * struct audit.
 */
req_step audit_many, audit_one;

struct audit {
	const char *member; /* of the body: "manuallogs" */
	const char *table;
	const char *function; /* (ids, account, reason, status) */
	int status;
};

extern const struct audit manual_logs_approve, manual_logs_reject, leaves_approve, leaves_reject;

#endif
