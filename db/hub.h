/*
 * What the pools and listeners of one process share: threads that look names up, what is known of
 * the servers' addresses, and the alarm that one connection gives to all others. Private to db/;
 * made and freed by db_hub_new() and db_hub_free().
 */
#ifndef HUB_H
#define HUB_H

#include "pg.h"

struct event_base *hub_base(const struct db_hub *);
struct offload *hub_threads(const struct db_hub *);

/* --- addresses --- */

/* The one that worked last goes first, those that were silent lately go last; else as they are. */
void hub_sort(const struct db_hub *, struct pg_target *, int n);

void hub_worked(struct db_hub *, const struct pg_target *);

/* It gave no answer in time: last for 30 s. */
void hub_silent(struct db_hub *, const struct pg_target *);

/* --- the alarm --- */

/* Who has connections. Part of its owner. */
struct hub_member {
	void (*look)(void *arg); /* asks the connections that are idle whether anybody is there */
	void *arg;
	struct hub_member *prev, *next;
};

void hub_join(struct db_hub *, struct hub_member *);
void hub_leave(struct hub_member *);

/* A connection was lost, or an answer is late: soon all members look. At most every 5 s. */
void hub_alarm(struct db_hub *);

#endif
