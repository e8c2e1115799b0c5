/*
 * Text that could not be decoded when it came: tried again when the terminal's language or code
 * page becomes known, or another. Lines among the rejects go where they belong; punches get their
 * work code, operation log lines their names.
 */
#ifndef REDECODE_H
#define REDECODE_H

struct adms;

/* Starts on approved terminals whose encoding has become known; called every second. */
void redecode_tick(struct adms *);

#endif
