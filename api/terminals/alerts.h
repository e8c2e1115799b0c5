/* /iclock/api/alerts/ */
#ifndef ALERTS_H
#define ALERTS_H

#include "resource.h"

extern const struct resource alerts;
req_step alerts_read, alerts_acknowledge;

#endif
