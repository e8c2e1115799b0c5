/*
 * The addresses that a conninfo stands for. Blocks (service file, DNS): for worker threads.
 * Private to db/.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "pg.h"

struct resolved {
	struct pg_target *targets; /* in the order written; malloc'ed */
	int n;
	int timeout_ms; /* connect_timeout, per target */
	char error[512]; /* why n is 0 */
};

/* Fills *out; the caller frees out->targets. */
void resolve_conninfo(const char *conninfo, struct resolved *out);

#endif
