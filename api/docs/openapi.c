/* Routes as the paths of an OpenAPI document. */
#include "openapi.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "fatal.h"
#include "resource.h"

struct shape {
	const struct field *fields;
	const char *name; /* of its component */
};

enum { SHAPES = 256 };

struct document {
	about_teller *tell;
	struct arena *arena;
	json_t *root, *paths, *schemas;
	struct shape shapes[SHAPES];
	int nshapes;
};

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		fatal("out of memory for the API's description");
}

static json_t *reference(struct document *d, const char *kind, const char *name)
{
	return json_pack("{s:o}", "$ref",
		json_string(arena_printf(d->arena, "#/components/%s/%s", kind, name)));
}

/* --- names ----------------------------------------------------------------------------------- */

/* "/a/:id/" -> "/a/{id}/" */
static const char *path_braced(struct arena *a, const char *pattern)
{
	struct str path = str_new(a);

	while (*pattern) {
		size_t n = strcspn(pattern, ":");
		str_addn(&path, pattern, n);
		pattern += n;
		if (*pattern != ':')
			break;
		n = strcspn(++pattern, "/");
		str_addc(&path, '{');
		str_addn(&path, pattern, n);
		str_addc(&path, '}');
		pattern += n;
	}
	return arena_strdup(a, str_text(&path));
}

/* The last segment before any :id. */
static const char *shape_name(struct arena *a, const char *pattern)
{
	size_t end = strcspn(pattern, ":");

	while (end > 0 && pattern[end - 1] == '/')
		end--;
	size_t start = end;
	while (start > 0 && pattern[start - 1] != '/')
		start--;
	return arena_memdup(a, pattern + start, end - start);
}

static const char *operation_id(struct arena *a, const char *method, const char *pattern)
{
	char *id = arena_printf(a, "%s%s", method, pattern);

	for (char *c = id; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	return id;
}

static const char *tag(struct arena *a, const char *pattern)
{
	if (strstr(pattern, "-token-"))
		return "auth";
	if (strncmp(pattern, "/api/", 5) == 0)
		return "docs";
	return arena_memdup(a, pattern + 1, strcspn(pattern + 1, "/"));
}

static json_t *shape_make(const struct about *about)
{
	json_t *schema = openapi_row(about->shape, about->open);

	if (about->optional) {
		json_t *more = openapi_row(about->optional, false);
		json_object_update(
			json_object_get(schema, "properties"), json_object_get(more, "properties"));
		json_decref(more);
	}
	return schema;
}

/* The component of a row's shape, made at its first use; alias routes share it. */
static json_t *shape_reference(
	struct document *d, const struct route *route, const struct about *about)
{
	struct shape *s = d->shapes;

	while (s < d->shapes + d->nshapes && s->fields != about->shape)
		s++;
	if (s == d->shapes + d->nshapes) {
		if (d->nshapes++ == SHAPES)
			fatal("more than %d shapes of rows", SHAPES);
		s->fields = about->shape;
		s->name = shape_name(d->arena, route->pattern);
		if (json_object_get(d->schemas, s->name))
			s->name = arena_printf(d->arena, "%s.%d", s->name, d->nshapes);
		set(d->schemas, s->name, shape_make(about));
	}
	return reference(d, "schemas", s->name);
}

/* --- parameters ------------------------------------------------------------------------------ */

static bool param_known(const json_t *params, const char *name)
{
	const json_t *param;
	size_t i;

	json_array_foreach(params, i,
		param) if (strcmp(name, json_string_value(json_object_get(param, "name"))) ==
			   0) return true;
	return false;
}

static void param_add(json_t *params, const char *name, enum filter_kind kind)
{
	json_t *param, *example;

	if (kind == FILTER_END || param_known(params, name))
		return;
	param = json_pack("{s:s,s:s}", "name", name, "in", "query");
	set(param, "schema", openapi_param(kind, &example));
	if (example)
		set(param, "example", example);
	json_array_append_new(params, param);
}

static void ordering_add(struct document *d, json_t *params, const struct about *about)
{
	struct str names = str_new(d->arena);

	for (const struct order *o = about->orders; o && o->name; o++)
		str_addf(&names, "%s%s", names.len ? "," : "", o->name);
	for (const struct field *f = about->shape; about->fields_filter && f->json; f++)
		if (f->flags & F_ORDER)
			str_addf(&names, "%s%s", names.len ? "," : "", f->json);
	if (!names.len)
		return;
	json_t *param = json_pack("{s:s,s:s,s:{s:s},s:o}", "name", "ordering", "in", "query",
		"schema", "type", "string", "description",
		json_string(arena_printf(d->arena,
			"a comma list of %s; a minus before a name turns it round",
			str_text(&names))));
	set(param, "example", json_string(str_text(&names)));
	json_array_append_new(params, param);
}

static json_t *params_make(struct document *d, const struct route *route, const struct about *about)
{
	json_t *params = json_array();
	const char *c = route->pattern;

	while ((c = strchr(c, ':'))) {
		size_t n = strcspn(++c, "/");
		bool id = strncmp(c, "id/", 3) == 0;
		json_array_append_new(params,
			json_pack("{s:o,s:s,s:b,s:{s:s}}", "name", json_stringn(c, n), "in", "path",
				"required", 1, "schema", "type", id ? "integer" : "string"));
	}
	for (int i = 0; i < ABOUT_FILTERS && about->filters[i]; i++)
		for (const struct filter *f = about->filters[i]; f->param; f++)
			param_add(params, f->param, f->kind);
	for (const struct field *f = about->shape; about->fields_filter && f->json; f++) {
		if (f->filters & OP_EQ)
			param_add(params, f->json, resource_filter_kind(f->type));
		if (f->filters & OP_CONTAINS)
			param_add(params, arena_printf(d->arena, "%s_icontains", f->json),
				FILTER_CONTAINS);
	}
	if (about->search)
		param_add(params, "search", FILTER_CONTAINS);
	ordering_add(d, params, about);
	return params;
}

/* --- bodies and replies ---------------------------------------------------------------------- */

static json_t *body_make(const struct about *about)
{
	/* all have the same members */
	static const char *const types[] = { "application/json",
		"application/x-www-form-urlencoded", "multipart/form-data" };
	json_t *content = json_object();
	json_t *schema = openapi_body(about->body, about->partial, about->strict, about->ids);

	for (size_t i = 0; i < LEN(types); i++)
		set(content, types[i], json_pack("{s:O}", "schema", schema));
	set(json_object_get(content, types[0]), "example",
		openapi_body_example(about->body, about->partial, about->ids));
	json_decref(schema);
	return json_pack("{s:b,s:o}", "required", !about->partial, "content", content);
}

/* As the body itself, or as the first file of a form. */
static json_t *file_body_make(void)
{
	return json_pack("{s:b,s:{s:{},s:{s:{s:s,s:{s:{s:s,s:s}}}}}}", "required", 1, "content",
		"*/*", "multipart/form-data", "schema", "type", "object", "properties", "file",
		"type", "string", "contentMediaType", "application/octet-stream");
}

static json_t *json_content(json_t *schema)
{
	return json_pack("{s:{s:o}}", "application/json", "schema", schema);
}

static json_t *list_schema(json_t *row)
{
	return json_pack("{s:s,s:{s:{s:s},s:{s:[ss]},s:{s:[ss]},s:{s:s},s:{s:i},s:{s:s,s:o}},"
			 "s:[ssssss],s:b}",
		"type", "object", "properties", "count", "type", "integer", "next", "type",
		"string", "null", "previous", "type", "string", "null", "msg", "const", "", "code",
		"const", 0, "data", "type", "array", "items", row, "required", "count", "next",
		"previous", "msg", "code", "data", "additionalProperties", 0);
}

static json_t *reply_make(struct document *d, const struct route *route, const struct about *about)
{
	json_t *reply =
		json_pack("{s:s}", "description", about->status == 204 ? "Done" : "Success");

	switch (about->reply) {
	case ABOUT_ROW:
		set(reply, "content", json_content(shape_reference(d, route, about)));
		break;
	case ABOUT_LIST:
		set(reply, "content", json_content(list_schema(shape_reference(d, route, about))));
		break;
	case ABOUT_DONE:
		set(reply, "content", json_content(reference(d, "schemas", "done")));
		break;
	case ABOUT_ANY:
		set(reply, "content", json_content(json_object()));
		break;
	case ABOUT_FILE:
	case ABOUT_BYTES:
		set(reply, "content", json_pack("{s:{}}", "*/*"));
		break;
	case ABOUT_PAGE:
		set(reply, "content", json_pack("{s:{}}", "text/html"));
		break;
	case ABOUT_EMPTY:
		break;
	}
	return reply;
}

/* --- operations ------------------------------------------------------------------------------ */

static json_t *responses_make(
	struct document *d, const struct route *route, const struct about *about, bool writes)
{
	bool open = route->flags & API_OPEN;
	json_t *responses = json_object();

	set(responses, arena_printf(d->arena, "%d", about->status), reply_make(d, route, about));
	if (writes || about->reply == ABOUT_FILE)
		set(responses, "400", reference(d, "responses", "invalid"));
	if (!open)
		set(responses, "401", reference(d, "responses", "unauthorised"));
	if (!open && writes)
		set(responses, "403", reference(d, "responses", "forbidden"));
	if (strchr(route->pattern, ':') || about->reply == ABOUT_LIST)
		set(responses, "404", reference(d, "responses", "absent"));
	return responses;
}

/* x-permission: what it takes; absent where any login, or none, will do. */
static void right_add(
	struct document *d, json_t *operation, const struct route *route, const char *method)
{
	static const struct {
		const char *name;
		enum method method;
	} methods[] = { { "get", GET }, { "post", POST }, { "put", PUT }, { "patch", PATCH },
		{ "delete", DELETE } };
	struct str text = str_new(d->arena);
	enum method m = GET;

	if (route->flags & (API_OPEN | API_READER | API_STAFF))
		return;
	for (size_t i = 0; i < LEN(methods); i++)
		if (strcmp(methods[i].name, method) == 0)
			m = methods[i].method;
	bool superuser = !rights_subject(auth_subject(route));
	if (superuser)
		str_add(&text, "superuser");
	for (int bit = MAY_VIEW; bit <= MAY_DELETE; bit <<= 1) {
		char name[64];
		if (superuser || !(auth_actions(route, m) & bit))
			continue;
		rights_name(auth_subject(route), bit, name, sizeof(name));
		str_addf(&text, "%s%s", text.len ? " " : "", name);
	}
	set(operation, "x-permission", json_string(str_text(&text)));
}

static void operation_add(struct document *d, const struct route *route, const char *method)
{
	bool writes = strcmp(method, "get") != 0;
	struct about about;
	const char *path = path_braced(d->arena, route->pattern);
	json_t *item = json_object_get(d->paths, path), *operation;

	if (!item)
		set(d->paths, path, item = json_object());
	if (json_object_get(item, method)) /* the first route serves */
		return;
	d->tell(route, d->arena, &about);
	if (!about.summary[0])
		about.summary = shape_name(d->arena, route->pattern);
	operation = json_pack("{s:s,s:[s],s:s}", "operationId",
		operation_id(d->arena, method, route->pattern), "tags",
		tag(d->arena, route->pattern), "summary", about.summary);
	set(operation, "parameters", params_make(d, route, &about));
	if (about.body)
		set(operation, "requestBody", body_make(&about));
	else if (about.takes_file)
		set(operation, "requestBody", file_body_make());
	set(operation, "responses", responses_make(d, route, &about, writes));
	right_add(d, operation, route, method);
	if (route->flags & API_OPEN)
		set(operation, "security", json_array());
	set(item, method, operation);
}

static void route_add(struct document *d, const struct route *route)
{
	static const struct {
		int method;
		const char *name;
	} methods[] = { { GET, "get" }, { POST, "post" }, { PUT, "put" }, { PATCH, "patch" },
		{ DELETE, "delete" } };

	for (size_t i = 0; i < LEN(methods); i++)
		if (route->methods & methods[i].method)
			operation_add(d, route, methods[i].name);
}

/* --- the document ---------------------------------------------------------------------------- */

/* What does not depend on any route. */
static const char frame[] =
	"{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"BioTime 9.5 API DOCS\",\"version\":\"9.5\","
	"\"description\":\"The REST API of ZKBio Time (BioTime 9.5) as punchd serves it."
	" Log in with `/api-token-auth/` or `/jwt-api-token-auth/`, then send the header"
	" `Authorization: Token <token>`, or `JWT <token>`; Basic works too. The last slash of a path"
	" is optional. Numbers and lists in bodies may also be texts, as forms send them.\"},"
	"\"servers\":[{\"url\":\"../..\"}],\"security\":[{\"token\":[]},{\"basic\":[]}],"
	"\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"apiKey\",\"in\":\"header\","
	"\"name\":\"Authorization\",\"description\":\"`Token <token>` or `JWT <token>`\"},"
	"\"basic\":{\"type\":\"http\",\"scheme\":\"basic\"}},"
	"\"schemas\":{\"done\":{\"type\":\"object\",\"properties\":{\"code\":{\"const\":0},"
	"\"msg\":{\"const\":\"\"},\"data\":{\"type\":\"array\",\"maxItems\":0}},"
	"\"required\":[\"code\",\"msg\",\"data\"],\"additionalProperties\":false},"
	"\"detail\":{\"type\":\"object\",\"properties\":{\"detail\":{\"type\":\"string\"}},"
	"\"required\":[\"detail\"],\"additionalProperties\":false},"
	"\"errors\":{\"type\":\"object\",\"minProperties\":1,\"additionalProperties\":"
	"{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"string\"}}}},"
	"\"responses\":{\"invalid\":{\"description\":\"What is wrong, by member\",\"content\":"
	"{\"application/json\":{\"schema\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/errors\"},"
	"{\"$ref\":\"#/components/schemas/detail\"}]}}}},"
	"\"unauthorised\":{\"description\":\"Log in first\",\"content\":{\"application/json\":"
	"{\"schema\":{\"$ref\":\"#/components/schemas/detail\"}}}},"
	"\"forbidden\":{\"description\":\"This account may not\",\"content\":{\"application/json\":"
	"{\"schema\":{\"$ref\":\"#/components/schemas/detail\"}}}},"
	"\"absent\":{\"description\":\"No such row, or no such page\",\"content\":"
	"{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/detail\"}}}}}},"
	"\"paths\":{}}";

const char *openapi_make(struct arena *a, const struct route *const *tables, size_t ntables,
	about_teller *tell, size_t *len)
{
	struct arena *scratch = arena_new();
	struct document *d = arena_alloc(scratch, sizeof(*d));

	d->arena = scratch;
	d->tell = tell;
	d->root = json_loads(frame, 0, NULL);
	d->paths = json_object_get(d->root, "paths");
	d->schemas = json_object_get(json_object_get(d->root, "components"), "schemas");
	if (!d->paths || !d->schemas)
		fatal("the frame of the API's description is no JSON");
	for (size_t i = 0; i < ntables; i++)
		for (const struct route *route = tables[i]; route->methods; route++)
			route_add(d, route);
	char *text = json_dumps(d->root, JSON_COMPACT);
	if (!text)
		fatal("the API's description is no JSON");
	*len = strlen(text);
	const char *kept = arena_memdup(a, text, *len);
	free(text);
	json_decref(d->root);
	arena_free(scratch);
	return kept;
}
