/* Request bodies -> one JSON object. Forms are in form.c. */
#include "body.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "form.h"
#include "json_check.h"

/* --- the whole body ------------------------------------------------------------------------- */

static bool type_is(const char *type, const char *wanted)
{
	size_t n = strlen(wanted);

	type += strspn(type, " \t");
	return strncasecmp(type, wanted, n) == 0 && strchr(" \t;", type[n]);
}

/* A body without a Content-Type: some clients post forms so. */
static const char *type_guess(const char *bytes, size_t n)
{
	size_t skip = 0;

	while (skip < n && strchr(" \t\r\n", bytes[skip]) && bytes[skip])
		skip++;
	return skip < n && strchr("{[\"", bytes[skip]) && bytes[skip]
		       ? "application/json"
		       : "application/x-www-form-urlencoded";
}

const char *body_type(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "dict";
	case JSON_ARRAY:
		return "list";
	case JSON_STRING:
		return "str";
	case JSON_INTEGER:
		return "int";
	case JSON_REAL:
		return "float";
	case JSON_TRUE:
	case JSON_FALSE:
		return "bool";
	case JSON_NULL:
		break;
	}
	return "NoneType";
}

static json_t *json_body(const char *bytes, size_t n, int *status, char reason[160], bool *list)
{
	char why[120];
	json_error_t error;

	*status = 400;
	if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		n -= 3;
	}
	if (!json_check(bytes, n, why)) {
		snprintf(reason, 160, "JSON parse error - %s", why);
		return NULL;
	}
	json_t *tree = json_loadb(bytes, n, JSON_DECODE_ANY, &error);
	if (!tree) {
		snprintf(reason, 160,
			"JSON parse error - Invalid text: line %d column %d (char %d)", error.line,
			error.column, error.position);
		return NULL;
	}
	if (json_is_object(tree))
		return tree;
	*list = true;
	snprintf(reason, 160, "Invalid data. Expected a dictionary, but got %s.", body_type(tree));
	json_decref(tree);
	return NULL;
}

json_t *body_parse(
	const char *type, const char *bytes, size_t n, int *status, char reason[160], bool *list)
{
	json_t *form = NULL;

	*list = false;
	if (n == 0)
		return json_object();
	if (!type || !*type)
		type = type_guess(bytes, n);
	if (type_is(type, "application/json"))
		return json_body(bytes, n, status, reason, list);
	if (type_is(type, "application/x-www-form-urlencoded")) {
		form = form_urlencoded(bytes, n);
	} else if (type_is(type, "multipart/form-data")) {
		form = form_multipart(type, bytes, n);
	} else {
		*status = 415;
		snprintf(reason, 160, "Unsupported media type \"%.100s\" in request.", type);
		return NULL;
	}
	if (!form) {
		*status = 400;
		snprintf(reason, 160, "Malformed or oversized form.");
	}
	return form;
}

static void tree_release(void *tree)
{
	json_decref(tree);
}

json_t *body_read(struct req *r)
{
	size_t n;
	const char *bytes = req_body(r, &n);
	char reason[160];
	int status = 400;
	bool list;

	if (n > BODY_MAX) {
		error_detail(r, 413, "Request body is too large.");
		return NULL;
	}
	const char *type = req_header(r, "Content-Type");
	if (n > 0 && api_of(r)->options.config->strict_content_type &&
		(!type || !type_is(type, "application/json"))) {
		error_detail(r, 415, "This server takes application/json only.");
		return NULL;
	}
	json_t *body = body_parse(type, bytes, n, &status, reason, &list);
	if (body)
		arena_defer(req_arena(r), tree_release, body);
	else if (list)
		error_field(r, "non_field_errors", reason);
	else
		error_detail(r, status, "%s",
			str_is_utf8(reason, strlen(reason)) ? reason : "Malformed request.");
	return body;
}

/* --- values --------------------------------------------------------------------------------- */

const char *body_text(struct arena *a, const json_t *value)
{
	if (json_is_integer(value))
		return arena_printf(a, "%lld", (long long)json_integer_value(value));
	if (json_is_real(value))
		return arena_printf(a, "%.15g", json_real_value(value));
	if (!json_is_string(value))
		return NULL;
	const char *text = json_string_value(value);
	size_t n = json_string_length(value);
	for (; n > 0 && strchr(" \t\n\v\f\r", *text); n--)
		text++;
	while (n > 0 && strchr(" \t\n\v\f\r", text[n - 1]))
		n--;
	return arena_memdup(a, text, n);
}

bool body_int(const json_t *value, int64_t *out)
{
	if (json_is_integer(value)) {
		*out = json_integer_value(value);
		return true;
	}
	if (json_is_real(value)) {
		double d = json_real_value(value);
		if (d != floor(d) || fabs(d) > 9e15)
			return false;
		*out = (int64_t)d;
		return true;
	}
	if (!json_is_string(value))
		return false;
	const char *text = json_string_value(value);
	text += strspn(text, " \t");
	size_t n = strlen(text);
	while (n > 0 && strchr(" \t", text[n - 1]))
		n--;
	return str_to_intn(text, n, INT64_MIN, INT64_MAX, out);
}

bool body_bool(const json_t *value, bool *out)
{
	static const char *const words[] = { "false", "true", "0", "1", "no", "yes", "off", "on",
		"f", "t", "n", "y" };

	if (json_is_boolean(value)) {
		*out = json_is_true(value);
		return true;
	}
	if (json_is_number(value)) {
		double d = json_number_value(value);
		*out = d == 1;
		return d == 0 || d == 1;
	}
	for (size_t i = 0; json_is_string(value) && i < LEN(words); i++)
		if (str_same_word(json_string_value(value), words[i])) {
			*out = i % 2;
			return true;
		}
	return false;
}

/* Decimal text of an id; numbers that no row can have are an error of their own. */
static bool id_from_text(const char *text, size_t n, int32_t *id, char message[120])
{
	int64_t number;

	while (n > 0 && strchr(" \t", *text) && n--)
		text++;
	while (n > 0 && strchr(" \t", text[n - 1]))
		n--;
	size_t digits = n > 0 && *text == '-' ? 1 : 0;
	while (digits < n && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	if (n == 0 || digits < n || text[n - 1] == '-') {
		snprintf(message, 120, "Incorrect type. Expected pk value, received str.");
		return false;
	}
	if (!str_to_intn(text, n, INT32_MIN, INT32_MAX, &number)) {
		snprintf(message, 120, "Invalid pk \"%.*s\" - object does not exist.",
			n < 40 ? (int)n : 40, text);
		return false;
	}
	*id = (int32_t)number;
	return true;
}

bool body_id(const json_t *value, int32_t *id, char message[120])
{
	if (json_is_object(value) && json_object_get(value, "id"))
		value = json_object_get(value, "id"); /* the read shape, sent back */
	if (json_is_string(value))
		return id_from_text(
			json_string_value(value), json_string_length(value), id, message);
	if (!json_is_integer(value)) {
		snprintf(message, 120, "Incorrect type. Expected pk value, received %s.",
			body_type(value));
		return false;
	}
	json_int_t n = json_integer_value(value);
	if (n < INT32_MIN || n > INT32_MAX) {
		snprintf(
			message, 120, "Invalid pk \"%lld\" - object does not exist.", (long long)n);
		return false;
	}
	*id = (int32_t)n;
	return true;
}

/* --- lists of ids --------------------------------------------------------------------------- */

struct id_list {
	struct arena *arena;
	int32_t *ids;
	int n, room;
};

static void id_add(struct id_list *list, int32_t id)
{
	if (list->n == list->room) {
		int room = list->room ? list->room * 2 : 16;
		int32_t *more = arena_array(list->arena, (size_t)room, sizeof(*more));
		if (list->n)
			memcpy(more, list->ids, (size_t)list->n * sizeof(*more));
		list->ids = more;
		list->room = room;
	}
	list->ids[list->n++] = id;
}

/* "1,2,3": what comma lists and forms bring. */
static bool ids_from_text(struct id_list *list, const char *text, char message[120])
{
	int32_t id;

	for (;;) {
		size_t n = strcspn(text, ",");
		if (text[strspn(text, " \t")] && strspn(text, " \t") < n) {
			if (!id_from_text(text, n, &id, message))
				return false;
			id_add(list, id);
		}
		if (!text[n])
			return true;
		text += n + 1;
	}
}

static bool ids_from_array(struct id_list *list, const json_t *array, char message[120])
{
	const json_t *element;
	size_t i;
	int32_t id;

	json_array_foreach(array, i, element)
	{
		if (json_is_string(element)) {
			if (!ids_from_text(list, json_string_value(element), message))
				return false;
		} else if (!body_id(element, &id, message)) {
			return false;
		} else {
			id_add(list, id);
		}
	}
	return true;
}

static bool ids_read(struct id_list *list, const json_t *value, char message[120])
{
	int32_t id;
	bool good;

	if (json_is_array(value)) {
		good = ids_from_array(list, value, message);
	} else if (json_is_string(value)) {
		good = ids_from_text(list, json_string_value(value), message);
	} else if (json_is_null(value)) {
		snprintf(message, 120, "This field may not be null.");
		return false;
	} else if (json_is_integer(value) ||
		   (json_is_object(value) && json_object_get(value, "id"))) {
		good = body_id(value, &id, message);
		if (good)
			id_add(list, id);
	} else {
		snprintf(message, 120, "Expected a list of items but got type \"%s\".",
			body_type(value));
		return false;
	}
	if (good && list->n == 0) {
		snprintf(message, 120, "This list may not be empty.");
		return false;
	}
	return good;
}

static int id_compare(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return x < y ? -1 : x > y;
}

void body_ids(struct arena *a, const json_t *body, const char *name, bool required, json_t *errors,
	int32_t **ids, int *n, bool *present)
{
	struct id_list list = { .arena = a };
	const json_t *value = json_object_get(body, name);
	char message[120];

	*ids = NULL;
	*n = 0;
	if (present)
		*present = value != NULL;
	if (!value) {
		if (required)
			errors_add(errors, name, "This field is required.");
		return;
	}
	if (!ids_read(&list, value, message)) {
		errors_add(errors, name, "%s", message);
		return;
	}
	qsort(list.ids, (size_t)list.n, sizeof(*list.ids), id_compare);
	for (int i = 0; i < list.n; i++)
		if (i == 0 || list.ids[i] != list.ids[i - 1])
			list.ids[(*n)++] = list.ids[i];
	*ids = list.ids;
}
