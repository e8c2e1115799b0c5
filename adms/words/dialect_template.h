/*
 * The commands that put templates and photos on a terminal (adms-push 4.4), in the form chosen by
 * the database (migrations/functions/templates.sql). Pure; the facts are in PROTOCOL.md.
 */
#ifndef DIALECT_TEMPLATE_H
#define DIALECT_TEMPLATE_H

#include <stdbool.h>

#include "span.h"
#include "str.h"

/* How Size is counted, and a photo given. */
enum template_variant {
	TEMPLATE_AS_GIVEN, /* the size its terminal gave; without one as TEMPLATE_TEXT */
	TEMPLATE_BYTES, /* length of what the base64 stands for */
	TEMPLATE_TEXT, /* length of the base64 */
	TEMPLATE_URL /* photos: no content, an address */
};

struct dialect_template {
	const char *form; /* FP, FINGERTMP, FACE, FVEIN, BIODATA, BIOPHOTO, USERPIC */
	const char *pin; /* in the terminal's encoding */
	enum template_variant variant;
	int type, no, index, major, minor, format, valid, duress;
	const char *size; /* as given; NULL when it was not */
	struct span content; /* base64 */
	const char *url; /* with TEMPLATE_URL */
};

/* Appends the command without "C:id:" and line end; false, and nothing, for an unknown form.
 * Control bytes in values become spaces, so none can end a line or a column. */
bool dialect_template_write(struct str *, const struct dialect_template *);

#endif
