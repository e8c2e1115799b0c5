#pragma once
#include "base.h"

/*
 * Deterministic punches for the load generator. Line k of terminal i is punch number
 * g = k x terminals + i; its PIN is g % people and its time step g / people, so no (PIN, time)
 * comes twice in a run, whatever the server takes as key.
 */
struct punchgen {
	uint64_t terminals, people, pin_base, seed;
	int64_t start; /* wall clock */
	uint64_t step;
	unsigned duplicate; /* percent of lines that repeat an earlier one of their terminal */
	int64_t day; /* the day whose date text is at hand */
	char date[20];
};

/* Appends lines first .. first + count - 1 of one terminal; returns how many of them are new. */
unsigned punchgen_write(
	struct punchgen *g, struct buf *out, uint64_t terminal, uint64_t first, unsigned count);
