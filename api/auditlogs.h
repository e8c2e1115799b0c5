/* The audit trail over REST, for superusers. */
#ifndef AUDITLOGS_H
#define AUDITLOGS_H

#include "about.h"
#include "req.h"

req_step auditlogs_list, auditlogs_read, auditlogs_export;
about_teller auditlogs_about;

/* False: replied 403. For what only superusers may read. */
bool superuser_only(struct req *);

#endif
