/* The end of the program for bugs, lack of memory and failed start-up. */
#ifndef FATAL_H
#define FATAL_H

#include <stddef.h>

/* Logs one line at level error, then abort()s: a bug or no memory. Never returns. */
_Noreturn void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Start-up failure: prints "punchd: <message>" as one line on stderr and exits 1. The message
 * says what the operator can do.
 */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* malloc, realloc and strdup that never return NULL; for base/, db/ and http/ only. */
void *xmalloc(size_t);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *, size_t);
char *xstrdup(const char *);

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
