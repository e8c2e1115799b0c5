/* POST .../import/: rows of files become rows of resources, by the same checks and writes. */
#ifndef IMPORT_H
#define IMPORT_H

#include "about.h"
#include "import_words.h"
#include "req.h"
#include "resource.h"
#include "route.h"

/* A column of codes in place of ids. */
struct import_code {
	const char *column; /* of the file */
	const char *member; /* of the resource: FT_REF, or FT_REFS for a list */
	const char *table; /* with columns id, code and name */
	bool parent; /* rows of the same file count, those above */
	bool names; /* a name will do that only one of them has */
};

struct import_spec {
	const struct resource *resource;
	const char *key; /* member that says which row of the resource */
	const char *key_column; /* of the database */
	const struct import_code *codes; /* ends with column NULL */
	const struct import_word *words; /* headers beside the members' names */
	const char *const *only; /* members taken, NULL-terminated; NULL: all */
	bool existing; /* only rows that exist are changed */
};

extern const struct import_spec import_employees, import_departments, import_positions,
	import_areas, import_cards;

/* route->spec is one of these. */
req_step import_rows;

/* Punches, and user pictures from a zip. */
req_step import_punches, import_photos;

/* Whether the body of this route is a file. */
bool import_takes_file(const struct route *);

about_teller import_about;

#endif
