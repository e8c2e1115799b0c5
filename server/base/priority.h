/*
 * The loop's place among the processes of its machine. While a fleet fetches everything, PostgreSQL's
 * processes have work for every processor, and a request that takes microseconds waits for the time
 * slices of others. So the loop goes first for as long as such work is under way, where the system
 * lets it (root, CAP_SYS_NICE or a limit of RLIMIT_RTPRIO); elsewhere nothing changes.
 */
#ifndef PRIORITY_H
#define PRIORITY_H

#include <event2/event.h>

struct priority;

/* Of the calling thread, which runs base. Threads and processes it starts do not inherit it. */
struct priority *priority_new(struct event_base *base);

/* Goes back to the usual place first. p may be NULL. */
void priority_free(struct priority *p);

/* Lets the loop go first from now on, until a second has passed without another call. */
void priority_raise(struct priority *p);

#endif
