/*
 * The time before the start when the database answers but takes no writes: a standby that waits for
 * its promotion, or a server that is starting. The listeners are open, and say so.
 */
#ifndef WAITING_H
#define WAITING_H

#include <stdbool.h>

#include "config.h"

/* Answers /healthz and /readyz, and returns true when database_url leads to a server that takes
 * writes. why: what the start found. False: it cannot listen, and *error says why. SIGTERM and
 * SIGINT end the program meanwhile, as during the start. */
bool waiting_serve(const struct config *, const char *why, const char **error);

#endif
