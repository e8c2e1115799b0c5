/* The route tables of the API, one per area of it; each ends with methods 0. */
#ifndef ROUTES_H
#define ROUTES_H

#include "auth.h"
#include "route.h"

extern const struct route auth_routes[];
extern const struct route personnel_routes[];
extern const struct route iclock_routes[];
extern const struct route att_routes[];

#endif
