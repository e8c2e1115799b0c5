/*
 * What the rooms of the terminals' side work with: pools, keys, threads, and each other's objects.
 */
#ifndef MEANS_H
#define MEANS_H

#include "adms_options.h"
#include "budget.h"
#include "db.h"
#include "http.h"
#include "outage.h"
#include "terminal.h"

struct ingest;
struct upload_log;
struct event;
struct limits;
struct watch;
struct offload;

/* What is computed from more bytes than this is computed by a thread. */
enum { ADMS_LARGE = 64 << 10 };

/* arena_free(), by a thread where wiping it would hold up the loop. */
void adms_free_arena(struct adms *, struct arena *);

/* Work that no request waits for: an arena that is given back with the surface if the work has not
 * ended by then. */
struct chore {
	struct arena *arena;
	struct chore *prev, *next;
};

/* Invented serial numbers must not keep the database from the others, nor one address's from those
 * of other addresses; a fleet behind one address is one. */
enum { MAX_JOINING = 1000, MAX_JOINING_FROM = 750 };

struct adms {
	struct adms_options o;
	struct db *db; /* terminals: handshakes, records */
	struct db *poll_db; /* what leaves with heartbeats; waits for no lock, see adms_new() */
	struct db *results_db; /* of commands; waits while very many people are marked */
	struct db *ingest_db; /* punches */
	struct offload *threads; /* for what is large: no step may hold up the loop */
	struct offload *sealing; /* ingest's writes: large uploads are not in their way */
	struct db_listener *listener;
	struct terminals *terminals;
	struct ingest *ingest;
	struct upload_log *uploads;
	struct limits *limits;
	int unpacking; /* upload_pack.c: packages in memory */
	struct watch *watch;
	struct priority *priority; /* of the loop while commands leave */
	struct budget *budget; /* ingest_memory */
	struct event *tick; /* once a second */
	int ticks;
	bool listening, refreshing;
	struct event *wake; /* terminals named by notifications are read again */
	int *woken, nwoken;
	struct chore chores; /* a ring */
	struct outage refusing; /* the database does not take what uploads bring */
	int releasing, redecoding, claiming; /* chores of held_release.c, redecode.c and claims.c */
	int64_t held_taker; /* held_release.c: what this process is called there */
	int joining; /* requests that wait for a terminal to be read, */
	uint64_t joining_from[MAX_JOINING]; /* and the address that each comes from */
	int64_t nameless; /* contact.c: when results of nobody were last told, ticks */
	struct surface surface;
	struct adms_stats stats;
};

void chore_begin(struct adms *, struct chore *, struct arena *);
void chore_end(struct adms *, struct chore *); /* frees the arena, and all that is on it */

#endif
