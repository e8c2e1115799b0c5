/*
 * What the process does for its secrets before it holds any.
 */
#ifndef HARDEN_H
#define HARDEN_H

/* First of all in main(): no core dumps, nobody of the same user looks into the memory, no child gets
 * more rights than this process, and what JSON and connections have held is wiped when it is freed
 * (arenas do that themselves). */
void harden_process(void);

#endif
