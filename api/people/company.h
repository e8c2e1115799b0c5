/* /personnel/api/company/ */
#ifndef COMPANY_H
#define COMPANY_H

#include "resource.h"

extern const struct resource company;

#endif
