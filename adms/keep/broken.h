/*
 * Templates and photos that were about to be sent and fail the test of base/content.h: the database is
 * told, and gives them to nobody from then on (migrations/functions/contents.sql). Nobody waits for
 * it: untold, they fail again.
 */
#ifndef BROKEN_H
#define BROKEN_H

#include <stdint.h>

struct adms;

/* n commands that a terminal was to be sent, by their ids, and why not. Copied. */
void broken_tell(
	struct adms *, int terminal, const int64_t *ids, const char *const *problems, int n);

/* A photo that a terminal fetched. */
void broken_tell_photo(struct adms *, int64_t photo, int64_t version, const char *problem);

#endif
