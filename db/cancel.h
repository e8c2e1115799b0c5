/*
 * Asks the server to cancel what a connection runs. libpq 15 does this blocking, and blocks for as
 * long as a stopped postmaster does not answer; so each request has a thread of its own, which
 * nobody ever waits for. Private to db/.
 */
#ifndef CANCEL_H
#define CANCEL_H

#include <libpq-fe.h>

struct event_base;
struct cancel;

/* done(arg) is called from the loop when the request went through or failed; from then on no
 * later statement of the connection can be hit. NULL: could not be started. */
struct cancel *cancel_start(struct event_base *, PGconn *, void (*done)(void *arg), void *arg);

/* done will not be called. NULL is allowed. */
void cancel_abandon(struct cancel *);

#endif
