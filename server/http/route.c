/* Match method + path against a table. */
#include "route.h"

#include <string.h>

#include "fatal.h"

static size_t path_trim(const char *path, size_t len)
{
	return len > 0 && path[len - 1] == '/' ? len - 1 : len;
}

static bool name_is_id(const char *name)
{
	return strncmp(name, "id", 2) == 0 && (name[2] == '/' || !name[2]);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Pattern and path segment by segment; what :names stand for goes to the match. */
static bool pattern_fits(const char *pattern, const char *path, size_t len, struct route_match *m)
{
	size_t plen = path_trim(pattern, strlen(pattern));
	size_t i = 0;
	size_t p = 0;

	m->nargs = 0;
	while (p < plen) {
		if (pattern[p] != ':') {
			if (i == len || pattern[p++] != path[i++])
				return false;
			continue;
		}
		if (m->nargs == ROUTE_ARGS)
			fatal("route %s: more than %d arguments", pattern, ROUTE_ARGS);
		bool number = name_is_id(pattern + p + 1);
		size_t start = i;
		while (i < len && path[i] != '/' && (!number || is_digit(path[i])))
			i++;
		if (i == start)
			return false;
		m->names[m->nargs] = pattern + p + 1;
		m->values[m->nargs].text = path + start;
		m->values[m->nargs++].len = i - start;
		while (p < plen && pattern[p] != '/')
			p++;
	}
	return i == len;
}

void route_find(const struct route *routes, enum method method, const char *path, size_t len,
	struct route_match *match)
{
	struct route_match trial = { 0 };
	int least = ROUTE_ARGS;
	int wanted = method == HEAD ? GET | HEAD : (int)method;

	*match = (struct route_match){ 0 };
	len = path_trim(path, len);
	for (const struct route *r = routes; r->methods; r++) {
		if (!pattern_fits(r->pattern, path, len, &trial))
			continue;
		if (trial.nargs > least)
			continue;
		if (trial.nargs < least)
			*match = (struct route_match){ 0 };
		least = trial.nargs;
		int allowed = match->allowed | r->methods;
		if (!match->route && (r->methods & wanted)) {
			*match = trial;
			match->route = r;
		}
		match->allowed = allowed;
	}
}

const char *route_allow(struct arena *arena, int methods)
{
	static const struct {
		int method;
		const char *name;
	} order[] = {
		{ GET, "GET, " },
		{ POST, "POST, " },
		{ PUT, "PUT, " },
		{ PATCH, "PATCH, " },
		{ DELETE, "DELETE, " },
		{ GET | HEAD, "HEAD, " },
		{ OPTIONS, "OPTIONS" },
	};
	struct str allow = str_new(arena);

	methods |= OPTIONS;
	for (size_t i = 0; i < LEN(order); i++)
		if (methods & order[i].method)
			str_add(&allow, order[i].name);
	return str_text(&allow);
}
