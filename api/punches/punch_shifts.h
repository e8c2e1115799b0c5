/* Punches of a clock that was wrong, put right, and back. */
#ifndef PUNCH_SHIFTS_H
#define PUNCH_SHIFTS_H

#include "about.h"
#include "resource.h"

extern const struct resource punch_shifts, shifted_punches;
req_step terminals_shift, shifts_undo;
about_teller shifts_about;

#endif
