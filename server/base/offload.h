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

/* False, and neither function is called, when max_waiting jobs wait already, or after
 * offload_stop(). */
bool offload_run(struct offload *, offload_work *, offload_done *, void *arg);

/*
 * The end comes in two steps, so that a job's owner may be freed between them: offload_stop() waits
 * for every accepted job, joins the threads and calls done for each, after which the pool takes no
 * job but may still be asked; offload_free() stops it where that was not done, and frees it. NULL is
 * allowed.
 */
void offload_stop(struct offload *);
void offload_free(struct offload *);

#endif
