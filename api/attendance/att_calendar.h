/* Pay codes and holidays. */
#ifndef ATT_CALENDAR_H
#define ATT_CALENDAR_H

#include "resource.h"

extern const struct resource pay_codes, holidays;

#endif
