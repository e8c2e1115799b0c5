/*
 * Memory of one request or one job, and what to undo when it ends.
 *
 * Everything allocated from an arena lives until arena_free(); nothing is freed by hand. Arenas
 * keep their first block in a small free list, so that making one for a heartbeat costs no malloc.
 * Not thread-safe: an arena belongs to the thread that uses it (offload hands it over as a whole).
 */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);

/* Runs the defers, newest first, then releases every allocation. NULL is allowed. */
void arena_free(struct arena *);

/* Runs the defers, newest first; the memory stays until arena_free(), which another thread may call
 * then. */
void arena_undo(struct arena *);

/* Zeroed, aligned for any type; never NULL: out of memory is fatal. */
void *arena_alloc(struct arena *, size_t size);

/* As arena_alloc for n elements; an overflowing product is fatal. */
void *arena_array(struct arena *, size_t n, size_t size);

char *arena_strdup(struct arena *, const char *);

/* Copies exactly n bytes (NULs included) and adds a NUL. */
char *arena_memdup(struct arena *, const void *, size_t n);

char *arena_printf(struct arena *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *, const char *fmt, va_list);

/* fn(arg) runs when the arena is freed, newest first. */
void arena_defer(struct arena *, void (*fn)(void *), void *arg);

/* Bytes handed out so far. */
size_t arena_used(const struct arena *);

#endif
