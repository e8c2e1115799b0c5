/*
 * Names of people between terminals, which have one, and us, who have a first and a last one. Pure.
 */
#ifndef PERSON_NAME_H
#define PERSON_NAME_H

#include <stdbool.h>

#include "arena.h"
#include "dialect.h"
#include "span.h"

#define PERSON_NAME_CHARS 25 /* zkbio-time-api 4.1: first_name, and last_name likewise */
#define PERSON_NAME_WHOLE (2 * PERSON_NAME_CHARS + 1) /* both and the blank between */

/* Whether a terminal that says this name (sent: undecoded) has a longer one than we would send it. */
bool person_name_is_long(const struct dialect *, const char *name, struct span sent);

/* First and last name with a LF between, or the first alone: what is too long for the one goes on in the
 * other, from a blank on where there is one. */
const char *person_name_split(struct arena *, const char *name);

#endif
