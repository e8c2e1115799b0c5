/* Lines that were not taken. */
#ifndef REJECTS_H
#define REJECTS_H

#include "about.h"
#include "req.h"

req_step rejects_list, rejects_read, rejects_export;
about_teller rejects_about;

#endif
