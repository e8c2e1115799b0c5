/*
 * Punches of terminals that wait for approval: kept aside, sealed, and given to ingest when the
 * terminal is approved.
 */
#ifndef HELD_H
#define HELD_H

#include "req.h"

struct adms;

/* First step: keeps the body of this ATTLOG upload aside and replies. */
req_step held_upload;

/* Starts releasing for approved terminals that have something held; called every second. */
void held_tick(struct adms *);

#endif
