/* What terminal.c and terminal_load.c share: the terminals in memory. */
#ifndef TERMINAL_PRIVATE_H
#define TERMINAL_PRIVATE_H

#include "terminal.h"

#define TERMINAL_DEADLINE_MS 20000 /* of a reading or a write; then it is tried again */

struct load;
struct map;

struct zone_rules {
	char name[64];
	struct zone zone;
	struct zone_rules *next;
};

struct terminals {
	struct adms *adms;
	struct map *by_sn, *by_id;
	struct terminal **all;
	int count, room;
	struct zone_rules *zones;
	struct load *loading, *asked; /* the one under way, and the one that comes after it */
	unsigned loads; /* the number of the one under way */
	bool behind;
	bool writing;
	bool first; /* a terminal was heard of for the first time, and it is not being written yet */
	int flushes;
	struct outage unwritten, unread; /* states, and all of it */
};

void terminal_text(char *to, size_t size, const char *from); /* cut to fit; NULL is "" */

void terminal_release(void *terminal); /* one holder less; the last frees it */

/* Finds the dialect by all that is known; a generation higher than the one on record is written. */
void terminal_judge(struct terminals *, struct terminal *);

/* terminal_load.c: the end of a reading that will never be answered. NULL is allowed. */
void load_forget(struct load *);
void zones_free(struct terminals *);

#endif
