/*
 * A bounded memory of small values by key: when it is full, the one not looked at for the longest
 * time goes. Not thread-safe.
 */
#ifndef RECENT_H
#define RECENT_H

#include <stddef.h>

struct recent;

/* At most `capacity` values of `size` bytes each, allocated as they come. */
struct recent *recent_new(size_t capacity, size_t size);
void recent_free(struct recent *);

/* The value, NULL when it is not there. Valid until the next recent_put(). The key is at most
 * MAP_MAX_KEY bytes. */
void *recent_get(struct recent *, const void *key, size_t n);

/* The value, made and zeroed when it was not there. Valid until the next recent_put(). */
void *recent_put(struct recent *, const void *key, size_t n);

size_t recent_count(const struct recent *);

#endif
