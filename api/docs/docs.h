/*
 * The API's documentation: /api/docs/ with a viewer (Swagger UI, third_party/swagger-ui) that
 * needs no other host.
 */
#ifndef DOCS_H
#define DOCS_H

#include "req.h"

/* The page; clients read the version from its title. */
req_step docs_page;

/* What it loads; route->spec is one of these. */
struct docs_file;
extern const struct docs_file docs_document, docs_script, docs_style, docs_start;
req_step docs_file;

/* Other names of the page: leads there. */
req_step docs_lead;

#endif
