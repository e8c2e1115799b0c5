/*
 * Request bodies: JSON, form-urlencoded or multipart, all as one JSON object.
 *
 * Of forms, every member is a string; a name given several times, or as name[] or name[0], is a
 * list of strings; name[member] is an object.
 */
#ifndef API_BODY_H
#define API_BODY_H

#include <jansson.h>

#include "req.h"

enum { BODY_MAX = 4 << 20 }; /* bytes, of whatever is no file */

/* The object, owned by the request; no body: an empty one. NULL: replied 400, 413 or 415. */
json_t *body_read(struct req *);

/* The pure part, fuzzed: type is the Content-Type or NULL. NULL: *status is 400 or 415, *reason
 * the detail; or *list tells that it was valid JSON but no object (*reason names its type). */
json_t *body_parse(
	const char *type, const char *bytes, size_t n, int *status, char reason[160], bool *list);

/*
 * Member `name` as a list of ids in any form: [1,2], ["1","2"], "1,2", 1, form lists. They come out
 * ascending, each once. required: absence is an error. Errors go to `errors`, in the words of
 * DRF; *n is 0 then. present (may be NULL) tells whether the member is there at all.
 */
void body_ids(struct arena *, const json_t *body, const char *name, bool required, json_t *errors,
	int32_t **ids, int *n, bool *present);

/* One id: 3, "3" or {"id":3}. False: message says why. */
bool body_id(const json_t *value, int32_t *id, char message[120]);

/* How DRF calls the type of a value: "bool". */
const char *body_type(const json_t *);

/* Text forms of a boolean, as DRF: true/false/1/0/yes/no/on/off/t/f/y/n. */
bool body_bool(const json_t *value, bool *out);

/* An integer: 3, "3", 3.0. */
bool body_int(const json_t *value, int64_t *out);

/* Text: strings (trimmed), numbers in their decimal form; NULL for anything else. */
const char *body_text(struct arena *, const json_t *value);

#endif
