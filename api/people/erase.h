/* Erasing a person, the receipts of it, and handing out all that is held of one. */
#ifndef ERASE_H
#define ERASE_H

#include "about.h"
#include "req.h"
#include "resource.h"

extern const struct resource erasures;

req_step erase_person, person_export;
about_teller erase_about;

/* True when lines as terminals upload them name this PIN: as the first column, as a member PIN=...,
 * or in a picture's file name. Pure. */
bool erase_names(const char *bytes, size_t n, const char *pin);

#endif
