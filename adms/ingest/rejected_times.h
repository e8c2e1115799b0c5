/*
 * Rejected punches that have a time all the same: the terminal counts them among its punches of
 * that day, so they are counted as delivered (migrations/functions/reconcile.sql).
 */
#ifndef ASIDE_H
#define ASIDE_H

#include "batch.h"

/* The statement that keeps them, on the batch's arena. 0: there are none. */
int aside_statement(const struct batch *, struct db_statement *out);

#endif
