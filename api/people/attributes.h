/*
 * Members of employees that are defined at run time (/personnel/api/customattributes/). Their
 * values are personal, so they are in the sealed record, by the attribute's id: a new name keeps
 * the values, and an id never comes again.
 */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <jansson.h>

#include "arena.h"
#include "resource.h"

extern const struct resource custom_attributes;

/* The hook of resource employees. */
extern const struct more_members custom_members;

/* A value as it is kept, a new reference; NULL: *problem says why it is none. json is not null.
 * Pure. */
json_t *attribute_value(struct arena *, const char *type, const json_t *json, const char **problem);

#endif
