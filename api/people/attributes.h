/*
 * Members of employees that are defined at run time (/personnel/api/customattributes/). Their
 * values are personal, so they are in the sealed record, by the attribute's id: a new name keeps
 * the values, and an id never comes again.
 */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <jansson.h>

#include "arena.h"
#include "out.h"

struct write;

/* [{"id":1,"name":"Locker","type":"text"},...] as text, of all rows the same. */
#define ATTRIBUTES                                                                                   \
	"(select coalesce(json_agg(json_build_object('id', ca.id, 'name', ca.name, 'type', ca.type)" \
	" order by ca.id), '[]')::text from custom_attribute ca)"

/* The members, null where the record has none (record may be NULL). */
void attributes_write(struct out *, const char *list, const json_t *record);

/* An attribute of that list once it is read: its name, and its value in the record, NULL where there
 * is none. Both live as the list and the record do. */
const char *attributes_name(const json_t *attribute);
const json_t *attributes_value(const json_t *attribute, const json_t *record);

/* What the body says of them goes into w->sealed, or to w->errors. Values of attributes that are no
 * more are dropped. */
void attributes_take(struct write *, const char *list);

/* A value as it is kept, a new reference; NULL: *problem says why it is none. json is not null.
 * Pure. */
json_t *attribute_value(struct arena *, const char *type, const json_t *json, const char **problem);

#endif
