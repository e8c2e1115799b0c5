/* /iclock/api/biodatas/ */
#ifndef BIODATAS_H
#define BIODATAS_H

#include "resource.h"

extern const struct resource biodatas;

#endif
