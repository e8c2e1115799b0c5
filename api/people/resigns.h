/* /personnel/api/resigns/ */
#ifndef RESIGNS_H
#define RESIGNS_H

#include "resource.h"

extern const struct resource resigns;

#endif
