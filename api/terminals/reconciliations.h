/* /iclock/api/reconciliations/ */
#ifndef RECONCILIATIONS_H
#define RECONCILIATIONS_H

#include "resource.h"

extern const struct resource reconciliations;
req_step reconciliations_read;

#endif
