/* /iclock/api/terminalpeople/ */
#ifndef TERMINAL_PEOPLE_H
#define TERMINAL_PEOPLE_H

#include "resource.h"

extern const struct resource terminal_people;
req_step people_read;

#endif
