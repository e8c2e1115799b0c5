/* Forms as one JSON object, see body.h. NULL: malformed. Pure, fuzzed with body.c. */
#ifndef FORM_H
#define FORM_H

#include <jansson.h>
#include <stddef.h>

json_t *form_urlencoded(const char *bytes, size_t n);
json_t *form_multipart(const char *type, const char *bytes, size_t n);

#endif
