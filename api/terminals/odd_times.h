/* Punches whose time cannot be. */
#ifndef ODD_TIMES_H
#define ODD_TIMES_H

#include "resource.h"

extern const struct resource odd_times;

#endif
