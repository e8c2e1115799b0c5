/* Terminals that nobody has approved. */
#ifndef TERMINAL_WAITING_H
#define TERMINAL_WAITING_H

#include "about.h"
#include "req.h"

req_step terminals_remove_waiting;
about_teller terminals_remove_waiting_about;

#endif
