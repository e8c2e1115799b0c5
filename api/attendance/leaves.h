/* Manual logs and leaves, and who approves them. */
#ifndef LEAVES_H
#define LEAVES_H

#include "about.h"
#include "resource.h"

extern const struct resource manual_logs, leaves;

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

about_teller audit_about;

#endif
