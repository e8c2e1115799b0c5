/* What the product's own pages ask. */
#ifndef BASE_H
#define BASE_H

#include "about.h"
#include "req.h"

/* How many alerts there are; ?status=0 those that nobody acknowledged, 1 the others. */
req_step notifications_total;

about_teller notifications_about;

#endif
