/*
 * Templates and photos on their way to terminals: opened only to be written into the reply, or
 * fetched by the terminal from an address that only it was told.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <stdbool.h>

#include "rows.h"
#include "span.h"
#include "str.h"

struct req;

/* The line of one row of command_take_all, whose columns from `form` on begin at first. pin is in
 * the terminal's encoding. False, and nothing appended, when it cannot be opened, or is nothing that
 * a terminal should be given: then *problem says why, constant or with the request. */
bool template_write(struct req *, struct str *, const char *pin, const struct rows *, int row,
	int first, const char **problem);

/* The content of a row of template or photo ("template.sealed", "photo.sealed"), whose columns
 * row_key and sealed stand side by side. Lives as long as the request; text is NULL when it cannot
 * be opened. */
struct span template_open(
	struct req *, const char *place, const struct rows *, int row, int row_key);

#endif
