#include "context.h"

#include <string.h>

#include "route.h"

int api_methods(const struct api *api, const char *path)
{
	struct route_match match;
	int allowed = 0;

	for (size_t i = 0; i < api->ntables; i++) {
		route_find(api->tables[i], OPTIONS, path, strlen(path), &match);
		allowed |= match.allowed;
	}
	return allowed;
}
