/*
 * What terminals that wait for approval upload: punches, users, templates and pictures are kept aside,
 * sealed, and go the way of every upload when the terminal is approved, in the order they came.
 */
#ifndef HELD_H
#define HELD_H

#include "req.h"

struct adms;

/* First step: keeps what may be held of this upload (of ATTLOG, of a table of records, or a punch
 * photo) aside and replies. */
req_step held_upload;

/* Replies that there is no room to hold it. */
void held_no_room(struct req *);

/* Starts releasing for approved terminals that have something held; called every second. */
void held_tick(struct adms *);

#endif
