/* Forms as one JSON object, see body.h. NULL: malformed. Pure, fuzzed with body.c. */
#ifndef FORM_H
#define FORM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

json_t *form_urlencoded(const char *bytes, size_t n);
json_t *form_multipart(const char *type, const char *bytes, size_t n);

/* The same, and the first file in it, within bytes; NULL when there is none. */
struct form_file {
	const char *bytes;
	size_t n;
};

json_t *form_with_file(const char *type, const char *bytes, size_t n, struct form_file *);

/* Only the file; false when there is none. */
bool form_first_file(const char *type, const char *bytes, size_t n, struct form_file *);

#endif
