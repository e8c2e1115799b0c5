/*
 * A table from short byte strings (at most 64 bytes) to non-zero numbers or pointers. Open
 * addressing; keyed hash, so that strangers cannot choose collisions. Not thread-safe.
 */
#ifndef MAP_H
#define MAP_H

#include <stddef.h>
#include <stdint.h>

#define MAP_MAX_KEY 80

struct map;

struct map *map_new(void);
void map_free(struct map *); /* the values are the caller's */

/* 0 when the key is not there. */
uintptr_t map_get(const struct map *, const void *key, size_t n);

/* value 0 removes. Keys are copied; a key longer than MAP_MAX_KEY is a bug. */
void map_put(struct map *, const void *key, size_t n, uintptr_t value);

size_t map_count(const struct map *);

/* Every entry, in no order; fn must not change the map. */
void map_each(const struct map *, void (*fn)(void *arg, uintptr_t value), void *arg);

#endif
