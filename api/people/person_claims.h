/* /personnel/api/claims/ */
#ifndef PERSON_CLAIMS_H
#define PERSON_CLAIMS_H

#include "resource.h"

extern const struct resource claims;

#endif
