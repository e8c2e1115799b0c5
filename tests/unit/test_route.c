/* Route tables. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "fatal.h"
#include "route.h"

static const struct route routes[] = {
	{ GET, "/" },
	{ GET | POST, "/a/things/" },
	{ POST, "/a/things/merge/" },
	{ GET | PUT, "/a/things/:id/" },
	{ DELETE, "/a/things/:id/" },
	{ POST, "/a/:kind/:id/go/:how" },
	{ 0 },
};

static struct route_match find(enum method method, const char *path)
{
	struct route_match m;

	route_find(routes, method, path, strlen(path), &m);
	return m;
}

static void test_exact(void)
{
	assert(find(GET, "/a/things/").route == &routes[1]);
	assert(find(POST, "/a/things").route == &routes[1]);
	assert(find(HEAD, "/a/things/").route == &routes[1]);
	assert(find(GET, "/").route == &routes[0]);
	assert(!find(GET, "/a/things//").route);
	assert(!find(GET, "/a/thing").route);
	assert(!find(GET, "/a/thingsx").route);
	assert(!find(GET, "a").route);
}

static void test_arguments(void)
{
	struct route_match m = find(GET, "/a/things/17/");

	assert(m.route == &routes[3] && m.nargs == 1);
	assert(m.values[0].len == 2 && memcmp(m.values[0].text, "17", 2) == 0);
	assert(strncmp(m.names[0], "id/", 3) == 0);
	m = find(POST, "/a/b/7/go/d");
	assert(m.route == &routes[5] && m.nargs == 3);
	assert(m.values[2].len == 1 && *m.values[2].text == 'd');
	assert(!find(POST, "/a/b//go/d").route);
	assert(find(POST, "/a/things/merge/").route == &routes[2]);
}

static void test_allowed(void)
{
	struct route_match m = find(PATCH, "/a/things/17/");

	assert(!m.route && m.allowed == (GET | PUT | DELETE));
	m = find(GET, "/nowhere");
	assert(!m.route && m.allowed == 0);
	m = find(DELETE, "/a/things/17");
	assert(m.route == &routes[4] && m.allowed == (GET | PUT | DELETE));
}

/* What is an action is no id. */
static void test_exact_hides_arguments(void)
{
	struct route_match m = find(GET, "/a/things/merge/");

	assert(!m.route && m.allowed == POST);
	assert(!find(DELETE, "/a/things/merge").route);
}

/* What is no number is no id, whatever the method. */
static void test_ids_are_digits(void)
{
	static const char *const none[] = { "merged", "1a", "a1", "-1", "1.0", "%31", " 1", "0x1" };

	for (size_t i = 0; i < LEN(none); i++) {
		char path[40];
		snprintf(path, sizeof(path), "/a/things/%s/", none[i]);
		for (int method = GET; method <= DELETE; method <<= 1) {
			struct route_match m = find((enum method)method, path);
			assert(!m.route && m.allowed == 0);
		}
	}
	assert(find(GET, "/a/things/00000000000000000000000000000000000000001/").route ==
		&routes[3]);
	assert(!find(POST, "/a/b/c/go/d").route && find(POST, "/a/b/0/go/x").route == &routes[5]);
}

static void test_allow(void)
{
	struct arena *a = arena_new();

	assert(strcmp(route_allow(a, GET | POST), "GET, POST, HEAD, OPTIONS") == 0);
	assert(strcmp(route_allow(a, DELETE), "DELETE, OPTIONS") == 0);
	arena_free(a);
}

int main(void)
{
	test_exact();
	test_arguments();
	test_allowed();
	test_exact_hides_arguments();
	test_ids_are_digits();
	test_allow();
	return 0;
}
