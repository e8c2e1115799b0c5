/*
 * The recorded exchanges, read where they lie: PUNCHD_CAPTURES, or ../shared/captures beside the
 * repository. Without them a test says so and goes on, but with CI=true it fails.
 */
#ifndef CAPTURES_H
#define CAPTURES_H

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct capture {
	const char *id, *generation, *target;
	const char *body; /* "" when there is none, or when it is not text */
	size_t len;
	const char *reply; /* "" when it was not published */
};

typedef void capture_test(const struct capture *);

static const char *capture_text(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Calls fn for each line of one file; returns how many there were. */
static int captures_file(const char *directory, const char *name, capture_test *fn)
{
	char path[4200];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = fopen(path, "r");
	if (!file) {
		const char *ci = getenv("CI");
		assert(!ci || strcmp(ci, "true") != 0);
		fprintf(stderr, "skipped: no %s\n", path);
		return 0;
	}
	char *line = NULL;
	size_t size = 0;
	int n = 0;
	while (getline(&line, &size, file) > 0) {
		json_t *object = json_loads(line, JSON_ALLOW_NUL, NULL);
		assert(object);
		json_t *body = json_object_get(object, "req_body");
		struct capture c = { .id = capture_text(object, "id"),
			.generation = capture_text(object, "generation"),
			.target = capture_text(object, "target"),
			.body = capture_text(object, "req_body"),
			.len = json_string_length(body),
			.reply = capture_text(object, "resp_body") };
		fn(&c);
		json_decref(object);
		n++;
	}
	free(line);
	fclose(file);
	return n;
}

static int captures_each(capture_test *fn)
{
	static const char *const files[] = { "device-capture.jsonl", "server-capture.jsonl",
		"vendor-example.jsonl", "constructed.jsonl" };
	const char *directory = getenv("PUNCHD_CAPTURES");
	char beside[4096];
	if (!directory || !directory[0]) {
		const char *slash = strrchr(__FILE__, '/');
		snprintf(beside, sizeof(beside), "%.*s/../../../shared/captures",
			slash ? (int)(slash - __FILE__) : 1, slash ? __FILE__ : ".");
		directory = beside;
	}
	int n = 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		n += captures_file(directory, files[i], fn);
	return n;
}

/* The value of a query parameter of the target, up to size - 1 bytes; false when it is not there. */
static inline int capture_param(const struct capture *c, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);
	for (const char *p = strchr(c->target, '?'); p; p = strchr(p + 1, '&')) {
		if (strncasecmp(p + 1, name, n) != 0 || p[1 + n] != '=')
			continue;
		const char *value = p + 2 + n;
		snprintf(out, size, "%.*s", (int)strcspn(value, "&"), value);
		return 1;
	}
	return 0;
}

#endif
