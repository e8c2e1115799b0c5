/*
 * The audit trail: who asks is said to the database before whatever a request writes, and what its
 * triggers wrote of that is sealed and taken into this process's chain a moment later. See
 * migrations/functions/audit.sql.
 */
#ifndef TRAIL_H
#define TRAIL_H

#include "api_options.h"
#include "req.h"
#include "trail_seal.h"

struct trail;

struct trail *trail_new(const struct api_options *);
void trail_free(struct trail *);

/* The surface's preamble: NULL for requests that only read, and before the login. Lives as long as
 * the request. */
const struct db_statement *trail_statement(struct req *);

#endif
