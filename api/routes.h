/* The route tables of the API, one per area of it; each ends with methods 0. */
#ifndef ROUTES_H
#define ROUTES_H

#include "auth.h"
#include "route.h"

extern const struct route personnel_routes[];
extern const struct route iclock_routes[];
extern const struct route att_routes[];
extern const struct route base_routes[];

/* A resource's list, also as a file. */
#define LIST_ROUTES(path, resource, right)                                                         \
	{ GET, path, resource_list, &resource, right },                                            \
	{                                                                                          \
		GET, path "export/", resource_export, &resource, right                             \
	}

/* List, create, read, change and delete of a resource. */
#define RESOURCE_ROUTES(path, resource, subject)                                                   \
	LIST_ROUTES(path, resource, API_RIGHT(subject)),                                           \
		{ POST, path, resource_create, &resource, API_RIGHT(subject) },                    \
		{ GET, path ":id/", resource_read, &resource, API_RIGHT(subject) },                \
		{ PUT | PATCH, path ":id/", resource_update, &resource, API_RIGHT(subject) },      \
	{                                                                                          \
		DELETE, path ":id/", resource_delete, &resource, API_RIGHT(subject)                \
	}

#endif
