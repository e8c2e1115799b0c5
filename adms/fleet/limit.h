/*
 * How many requests one terminal, and one address of which no terminal is known, may bring.
 *
 * Many terminals sit behind one address, so known ones are counted by serial number alone. What
 * is over the limit is answered ERROR before anything is asked of the database; a terminal keeps
 * what it has and comes again.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct limits;

struct limits *limits_new(void);
void limits_free(struct limits *);

/* A request of somebody unknown, or one that makes no sense. False: too many from there, which is
 * from this IPv4 address, or this /64 of IPv6. now: clock_ticks(). Bounded; of very many addresses
 * the quietest are forgotten. */
bool limit_stranger(struct limits *, const char *address, int64_t now);

/* A request of a terminal; *spent (0 at first) is its memory. False: too many. */
bool limit_terminal(int64_t *spent, int64_t now);

#endif
