/*
 * Keys of up to 23 bytes (PINs, most serial numbers) lie in the slot itself; longer ones on the
 * heap. Removal moves later entries of the run back, so there are no tombstones.
 */
#include "map.h"

#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "seal.h"

#define INLINE_KEY 23

struct slot {
	uintptr_t value; /* 0: free */
	unsigned char len;
	union {
		char here[INLINE_KEY];
		char *there;
	} key;
};

struct map {
	struct slot *slots;
	size_t size; /* a power of two */
	size_t count;
	uint64_t seed[2];
};

struct map *map_new(void)
{
	struct map *m = xcalloc(1, sizeof(*m));
	m->size = 64;
	m->slots = xcalloc(m->size, sizeof(*m->slots));
	seal_random(m->seed, sizeof(m->seed));
	return m;
}

static const char *slot_key(const struct slot *s)
{
	return s->len <= INLINE_KEY ? s->key.here : s->key.there;
}

static void slot_clear(struct slot *s)
{
	if (s->value && s->len > INLINE_KEY)
		free(s->key.there);
	*s = (struct slot){ 0 };
}

void map_free(struct map *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->size; i++)
		slot_clear(&m->slots[i]);
	free(m->slots);
	free(m);
}

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	h ^= h >> 29;
	return h;
}

/* A seeded multiply-and-fold over 8-byte words: cheap, and not to be steered without the seed. */
static size_t map_hash(const struct map *m, const void *key, size_t n)
{
	const unsigned char *p = key;
	uint64_t h = m->seed[0] ^ (n * 0x9e3779b97f4a7c15u);
	while (n > 0) {
		uint64_t word = 0;
		size_t step = n < 8 ? n : 8;
		memcpy(&word, p, step);
		__uint128_t product = (__uint128_t)(word ^ h) * (m->seed[1] | 1);
		h = mix((uint64_t)product ^ (uint64_t)(product >> 64));
		p += step;
		n -= step;
	}
	return h;
}

/* The slot that holds the key, or the free one where it would go. */
static size_t map_find(const struct map *m, const void *key, size_t n)
{
	size_t i = map_hash(m, key, n) & (m->size - 1);
	while (m->slots[i].value) {
		const struct slot *s = &m->slots[i];
		if (s->len == n && memcmp(slot_key(s), key, n) == 0)
			break;
		i = (i + 1) & (m->size - 1);
	}
	return i;
}

uintptr_t map_get(const struct map *m, const void *key, size_t n)
{
	return n <= MAP_MAX_KEY ? m->slots[map_find(m, key, n)].value : 0;
}

static void map_grow(struct map *m)
{
	struct slot *old = m->slots;
	size_t size = m->size;
	m->size *= 2;
	m->slots = xcalloc(m->size, sizeof(*m->slots));
	for (size_t i = 0; i < size; i++)
		if (old[i].value)
			m->slots[map_find(m, slot_key(&old[i]), old[i].len)] = old[i];
	free(old);
}

static void map_remove(struct map *m, size_t i)
{
	slot_clear(&m->slots[i]);
	m->count--;
	for (size_t j = (i + 1) & (m->size - 1); m->slots[j].value; j = (j + 1) & (m->size - 1)) {
		struct slot moved = m->slots[j];
		m->slots[j] = (struct slot){ 0 };
		m->slots[map_find(m, slot_key(&moved), moved.len)] = moved;
	}
}

void map_put(struct map *m, const void *key, size_t n, uintptr_t value)
{
	if (n > MAP_MAX_KEY)
		fatal("map: key of %zu bytes", n);
	size_t i = map_find(m, key, n);
	struct slot *s = &m->slots[i];
	if (s->value || !value) {
		if (!value && s->value)
			map_remove(m, i);
		else
			s->value = value;
		return;
	}
	s->value = value;
	s->len = (unsigned char)n;
	if (n > INLINE_KEY)
		s->key.there = xmalloc(n);
	memcpy(n > INLINE_KEY ? s->key.there : s->key.here, key, n);
	if (++m->count * 4 > m->size * 3)
		map_grow(m);
}

size_t map_count(const struct map *m)
{
	return m->count;
}

void map_each(const struct map *m, void (*fn)(void *arg, uintptr_t value), void *arg)
{
	for (size_t i = 0; i < m->size; i++)
		if (m->slots[i].value)
			fn(arg, m->slots[i].value);
}
