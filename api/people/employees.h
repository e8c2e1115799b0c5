/* /personnel/api/employees/ */
#ifndef EMPLOYEES_H
#define EMPLOYEES_H

#include "resource.h"

extern const struct resource employees;

#endif
