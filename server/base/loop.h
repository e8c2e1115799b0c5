/*
 * The event loop of a process. What the database says comes before what clients send: an answer
 * frees those who wait for it and lets the next write start.
 */
#ifndef LOOP_H
#define LOOP_H

#include <event2/event.h>
#include <stdint.h>

/* For event_priority_set(); events that are not told otherwise come second. */
#define LOOP_FIRST 0

/* A loop of two priorities; ends the process when there is none. Free with event_base_free(). */
struct event_base *loop_new(void);

/* Runs it until it is broken off. *longest_us is raised to the processor time of a turn that took
 * longer: what others had to wait for. The processor's, so that a busy machine changes nothing. */
void loop_run(struct event_base *, uint64_t *longest_us);

#endif
