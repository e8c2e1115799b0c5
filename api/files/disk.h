/*
 * Temporary files and what it takes to make them: bounded altogether and for each owner, so that one
 * account neither fills the disk nor takes all places.
 *
 * A place is held while something is being made; what is finished only counts as disk.
 */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "owner.h"

struct disk;
struct disk_file;

enum {
	DISK_PLACES = 8, /* files being made at once; each needs a thread now and then */
	DISK_PLACES_ONE = 4 /* of one owner */
};

/* dir: where the files lie. They may take `most` bytes or a quarter of what is free there, whichever
 * is less; those of one owner a quarter of that. */
struct disk *disk_new(const char *dir, int64_t most);
void disk_free(struct disk *);

/* A place to make a file in, and the file, of no size yet. NULL: *why says in a word whose places
 * are taken. The caller's until disk_give(). */
struct disk_file *disk_take(struct disk *, struct owner, const char **why);

/* It takes so many bytes now. False: that is more than there is for it, and nothing has changed; a
 * file that gets smaller always may. */
bool disk_resize(struct disk_file *, int64_t bytes);

/* It is made: its place is free for others. */
void disk_made(struct disk_file *);

/* It is gone. NULL is allowed. */
void disk_give(struct disk_file *);

#endif
