/*
 * Work that must not run on the loop: argon2, name resolution, files, libpq's cancel.
 *
 * A few threads take jobs from one queue; the result comes back on the loop.
 */
#ifndef OFFLOAD_H
#define OFFLOAD_H

#include <stdbool.h>

struct event_base;
struct offload;

/* work runs on a worker thread; it must touch nothing but arg. */
typedef void offload_work(void *arg);
/* done runs on the loop afterwards, once for each accepted job, also during the drain. */
typedef void offload_done(void *arg);

struct offload *offload_new(struct event_base *, int threads, int max_waiting);

/* False, and neither function is called, when max_waiting jobs wait already. */
bool offload_run(struct offload *, offload_work *, offload_done *, void *arg);

/* Waits for running jobs, calls done for every accepted job, then frees. */
void offload_free(struct offload *);

#endif
