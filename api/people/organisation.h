/* Departments, positions and areas. */
#ifndef ORGANISATION_H
#define ORGANISATION_H

#include "resource.h"

extern const struct resource departments, positions, areas;

#endif
