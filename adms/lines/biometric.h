/*
 * What is not kept while store_biometrics is off: templates, comparison photos, pictures that
 * terminals take of people, and records of ID cards, which hold photo and fingerprints. Pure. The database knows the same (migrations/functions/retention.sql).
 */
#ifndef BIOMETRIC_H
#define BIOMETRIC_H

#include <stdbool.h>

#include "record.h"

/* The upload as a whole may hold them: nothing of it that is not understood line by line is kept. */
bool biometric_table(const char *table);

/* A line of such a table, or of another, is one of them, or is a broken one. */
bool biometric_line(const char *table, const struct record *);

#endif
