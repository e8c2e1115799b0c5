/*
 * The rule by which a terminal's or an area's punches are shown as coming in or going out;
 * migrations/functions/att_state.sql says what each does.
 */
#ifndef STATE_RULE_H
#define STATE_RULE_H

#include "resource.h"

/* For `state_rule` of terminals and areas: characters, and SQL for null. */
#define STATE_RULE_MAX 255

/* "", "raw", "in", "out", "first_last", "alternate" or "schedule HH:MM in, HH:MM out, ...". */
bool state_rule_is_good(const char *);

/* An error when the body has a rule that is none. */
void state_rule_check(struct write *, const struct rows *current, int first_column);

#endif
