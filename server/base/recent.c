/* A map from keys to entries, and the entries in order of use. */
#include "recent.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "fatal.h"
#include "map.h"

struct entry {
	TAILQ_ENTRY(entry) order; /* last: used last */
	unsigned char key[MAP_MAX_KEY];
	size_t key_n;
	max_align_t value[];
};

struct recent {
	struct map *map;
	TAILQ_HEAD(, entry) entries;
	size_t capacity, size;
};

struct recent *recent_new(size_t capacity, size_t size)
{
	struct recent *m = xcalloc(1, sizeof(*m));

	m->map = map_new();
	TAILQ_INIT(&m->entries);
	m->capacity = capacity;
	m->size = size;
	return m;
}

void recent_free(struct recent *m)
{
	struct entry *e;

	if (!m)
		return;
	while ((e = TAILQ_FIRST(&m->entries))) {
		TAILQ_REMOVE(&m->entries, e, order);
		free(e);
	}
	map_free(m->map);
	free(m);
}

static void entry_use(struct recent *m, struct entry *e)
{
	TAILQ_REMOVE(&m->entries, e, order);
	TAILQ_INSERT_TAIL(&m->entries, e, order);
}

void *recent_get(struct recent *m, const void *key, size_t n)
{
	struct entry *e = (struct entry *)map_get(m->map, key, n);

	if (!e)
		return NULL;
	entry_use(m, e);
	return e->value;
}

/* A fresh entry at the end of the order, or the oldest one, emptied. */
static struct entry *entry_new(struct recent *m)
{
	struct entry *e;

	if (map_count(m->map) < m->capacity) {
		e = xcalloc(1, sizeof(*e) + m->size);
		TAILQ_INSERT_TAIL(&m->entries, e, order);
		return e;
	}
	e = TAILQ_FIRST(&m->entries);
	map_put(m->map, e->key, e->key_n, 0);
	entry_use(m, e);
	memset(e->value, 0, m->size);
	return e;
}

void *recent_put(struct recent *m, const void *key, size_t n)
{
	void *value = recent_get(m, key, n);

	if (value)
		return value;
	if (n > MAP_MAX_KEY)
		fatal("a key of %zu bytes", n);
	struct entry *e = entry_new(m);
	memcpy(e->key, key, n);
	e->key_n = n;
	map_put(m->map, key, n, (uintptr_t)e);
	return e->value;
}

size_t recent_count(const struct recent *m)
{
	return map_count(m->map);
}
