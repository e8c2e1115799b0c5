/* Actions of terminals beyond ZKBio Time's own. */
#ifndef TERMINAL_ORDERS_H
#define TERMINAL_ORDERS_H

#include "about.h"
#include "req.h"

/* route->spec is the action's name. */
req_step terminals_order;

about_teller terminals_order_about;

#endif
