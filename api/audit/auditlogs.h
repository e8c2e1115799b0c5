/* The audit trail over REST. */
#ifndef AUDITLOGS_H
#define AUDITLOGS_H

#include "about.h"
#include "req.h"

req_step auditlogs_list, auditlogs_read, auditlogs_export;
about_teller auditlogs_about;

#endif
