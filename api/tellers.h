/* What each route does, told by what its handler works with. */
#ifndef TELLERS_H
#define TELLERS_H

#include "about.h"

/* Fills what is known; anything that must be made is made on the arena. */
about_teller about_route;

#endif
