/*
 * What is held of the records that a terminal uploads while it waits for approval: users, templates
 * and pictures, nothing else. Pure, bounded. Fuzzed.
 */
#ifndef HELD_LINES_H
#define HELD_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum held_flags {
	HELD_ALL = 1, /* records of every kind */
	HELD_BIOMETRICS = 2, /* templates and pictures, too */
	HELD_MIXED = 4 /* lines may be no records, see intake_mix() */
};

/*
 * Takes all other records (record_whole.h) out of a body of this table (upper case). A line that says
 * nothing of itself, of a table that says nothing of its lines, goes with the one before it.
 * Returns how many lines are left; *n: how many bytes; *biometric: there are such among them.
 */
size_t held_comb_lines(char *body, size_t *n, const char *table, unsigned flags, bool *biometric);

#endif
