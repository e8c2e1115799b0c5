/*
 * Remembers failed logins per address and per account name, known or not, and says how long the
 * next attempt has to wait. Bounded; forgets with time.
 *
 * Who fails from one address is soon slowed and then refused. Failures of others against an
 * account slow it for all, but refuse only addresses that have failed themselves; and where an
 * account has logged in before, only its own failures from there count. So neither strangers
 * elsewhere nor neighbours behind the same address lock its owner out.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

struct guard;

struct guard *guard_new(struct arena *);

struct guard_advice {
	int refuse_seconds; /* not 0: refused, come back after */
	int delay_ms; /* else: look at the password only after */
};

/* now: clock_ticks(). */
struct guard_advice guard_ask(struct guard *, const char *address, const char *name, int64_t now);

/* Who tries, so that it is worked out once. The functions below take it in place of both texts. */
struct guard_who {
	unsigned char address[32], name[32], both[32];
};
struct guard_who guard_who(const struct guard *, const char *address, const char *name);

/* under_way: passwords of that address that are being looked at now, each of which may fail. */
struct guard_advice guard_ask_who(
	struct guard *, const struct guard_who *, int under_way, int64_t now);
void guard_who_failed(struct guard *, const struct guard_who *, int64_t now);

/* An attempt begins to wait, and ends: with those that wait counted, many of one address come after
 * one of another. */
void guard_enter(struct guard *, const struct guard_who *);
void guard_leave(struct guard *, const struct guard_who *);

/* Whether an attempt comes before another one: where its account has logged in before; else whose
 * address failed less and longer ago, then whose name. Fallen scores are remembered for this. */
bool guard_before(
	struct guard *, const struct guard_who *, const struct guard_who *other, int64_t now);

/* The account has logged in from there. */
void guard_succeeded(struct guard *, const char *address, const char *name, int64_t now);
void guard_who_succeeded(struct guard *, const struct guard_who *, int64_t now);

void guard_failed(struct guard *, const char *address, const char *name, int64_t now);

#endif
