/*
 * The data directory: its mode, its lock, and files that only their owner may read.
 */
#ifndef DATADIR_H
#define DATADIR_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* Makes the directory where it is missing and gives it its mode. Its absolute path, or NULL:
 * *error says why. */
const char *datadir_open(struct arena *, const char *path, const char **error);

/* Whether the directory has a cluster, or one that is being made. Touches nothing; false: *error. */
bool datadir_has_cluster(struct arena *, const char *path, const char **error);

/* What to tell who looked for a database there: one line. */
const char *datadir_none(struct arena *, const char *path);

enum datadir_use {
	DATADIR_FREE, /* *fd holds the lock; closing it ends it */
	DATADIR_SERVED, /* a server runs on it */
	DATADIR_BUSY, /* an administrative command runs on it */
	DATADIR_REFUSED /* *error says why */
};

/* Locks the directory, for a server or for a command. Does not wait. */
enum datadir_use datadir_lock(
	struct arena *, const char *dir, bool server, int *fd, const char **error);

/* Opens a file of the directory for appending, made with mode 0600 for the directory's owner; one
 * that has grown beyond max bytes is put aside as path.1 before. -1: errno says why. */
int datadir_log_open(struct arena *, const char *path, size_t max);

/* Makes the small file path, durable, mode 0600; fails when it exists. errno says why. */
bool datadir_file_make(struct arena *, const char *path, const char *text);

/* Puts the file from in the place of path, at once and durable. errno says why not. */
bool datadir_file_replace(const char *path, const char *from);

#endif
