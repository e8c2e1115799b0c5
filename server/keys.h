/*
 * The master key, the data keys it wraps, and the server's sealed secrets.
 */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>

#include "api.h"
#include "arena.h"
#include "config.h"
#include "db.h"
#include "seal.h"
#include "sync.h"

struct event_base;
struct keys_watch;

/* What to say when there is a database_url and no master key. */
const char *keys_how_to_make(void);

/*
 * A seal with the data keys of the database. The master key is the setting or, with the embedded
 * database (data_dir is not NULL), data_dir/master.key; that file and the first data key are made
 * where the database has none yet, and what a killed `punchd key master` left is put in force or
 * removed. NULL: *error says what to do.
 */
struct seal *keys_open(struct arena *, const struct config *, const char *data_dir, struct sync *,
	const char **error);

/* Reads the data keys that the seal does not know yet, and which one is current. */
bool keys_read(struct arena *, struct sync *, struct seal *, const char **error);

/* The server's secrets, made on first use. */
bool keys_secrets(
	struct arena *, struct sync *, struct seal *, struct api_secrets *, const char **error);

/* The files of the master key of the embedded database, on the arena: the one in use, and the one that
 * `punchd key master` is about to put in its place. */
const char *keys_master_path(struct arena *, const char *data_dir);
const char *keys_next_path(struct arena *, const char *data_dir);

/* The advisory lock that a `punchd key` command holds from before its first look to its end. */
#define KEYS_LOCK "7263040"

/* A master key from a file of 64 hexadecimal digits. 1: read; 0: there is no such file; -1: *error. */
int keys_master_read(
	struct arena *, const char *path, unsigned char key[SEAL_KEY_SIZE], const char **error);

/* Its text for such a file. */
void keys_master_text(
	const unsigned char key[SEAL_KEY_SIZE], char out[static 2 * SEAL_KEY_SIZE + 2]);

enum { KEYS_WATCH_SECONDS = 5 };

/*
 * Looks for data keys made by others every few seconds, so that a key is known to every server
 * before anybody seals with it. When the master key was replaced the file it comes from is read
 * again; where that does not help the server goes on with the keys it has, says so once, and is not
 * ready any more as soon as it misses one. Keys of JSON web tokens are taken up, and dropped, in the
 * same way.
 */
struct keys_watch *keys_watch_new(struct event_base *, struct db *, struct seal *,
	struct api_secrets *, struct arena *, const struct config *, const char *data_dir);
void keys_watch_free(struct keys_watch *);

#endif
