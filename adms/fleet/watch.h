/*
 * The clock of what is watched: who is late or offline, whose punches are compared tonight, and the
 * comparisons under way. The database decides and remembers (watch.sql, reconcile.sql), one process
 * at a time; this asks it to, and logs what changed.
 */
#ifndef WATCH_H
#define WATCH_H

struct adms;

void watch_start(struct adms *);

/* Every second. */
void watch_tick(struct adms *);

/* Notifications can be heard (again): what happened before is not known, so nobody counts as
 * missing yet. */
void watch_again(struct adms *);

/* After adms->db has ended. */
void watch_free(struct adms *);

#endif
