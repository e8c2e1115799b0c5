/* Members of employees that are defined at run time. */
#include "attributes.h"

#include <stdio.h>
#include <string.h>

#include "body.h"
#include "employees.h"
#include "errors.h"
#include "fatal.h"
#include "moment.h"

enum { VALUE_MAX = 200 };

#define KEY_PREFIX "custom:"

/* Of a value in the sealed record. */
struct key {
	char text[40];
};

static struct key attribute_key(const json_t *attribute)
{
	struct key key;

	snprintf(key.text, sizeof(key.text), KEY_PREFIX "%lld",
		(long long)json_integer_value(json_object_get(attribute, "id")));
	return key;
}

static const char *member(const json_t *attribute, const char *name)
{
	return json_string_value(json_object_get(attribute, name));
}

/* --- showing ---------------------------------------------------------------------------------- */

static void value_write(struct out *out, const json_t *value)
{
	if (json_is_string(value))
		json_text(out, json_string_value(value));
	else if (json_is_integer(value))
		json_int(out, json_integer_value(value));
	else if (json_is_real(value))
		json_double(out, json_real_value(value));
	else if (json_is_boolean(value))
		json_bool(out, json_is_true(value));
	else
		json_none(out);
}

static const char *attributes_name(const json_t *attribute)
{
	return member(attribute, "name");
}

static const json_t *attributes_value(const json_t *attribute, const json_t *record)
{
	struct key key = attribute_key(attribute);

	return json_object_get(record, key.text);
}

static void attributes_write(struct out *out, const char *list, const json_t *record)
{
	const json_t *attribute;
	size_t i;

	if (strcmp(list, "[]") == 0)
		return;
	json_t *attributes = json_loads(list, 0, NULL);
	json_array_foreach(attributes, i, attribute)
	{
		json_key(out, attributes_name(attribute));
		value_write(out, attributes_value(attribute, record));
	}
	json_decref(attributes);
}

/* --- taking ----------------------------------------------------------------------------------- */

static json_t *number_value(const json_t *json)
{
	json_t *value = NULL;

	if (json_is_number(json))
		return json_copy((json_t *)json);
	if (json_is_string(json))
		value = json_loads(json_string_value(json), JSON_DECODE_ANY, NULL);
	if (!json_is_number(value)) {
		json_decref(value);
		return NULL;
	}
	return value;
}

json_t *attribute_value(struct arena *a, const char *type, const json_t *json, const char **problem)
{
	const char *text = body_text(a, json);
	char date[16];
	size_t n = 0;
	bool yes;

	if (strcmp(type, "number") == 0) {
		*problem = "A valid number is required.";
		return number_value(json);
	}
	if (strcmp(type, "boolean") == 0) {
		*problem = "Must be a valid boolean.";
		return body_bool(json, &yes) ? json_boolean(yes) : NULL;
	}
	if (strcmp(type, "date") == 0) {
		*problem = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
		return text && moment_date(text, date) ? json_string(date) : NULL;
	}
	*problem =
		text ? "Ensure this field has no more than 200 characters." : "Not a valid string.";
	for (const char *c = text; c && *c; c++)
		n += ((unsigned char)*c & 0xc0) != 0x80;
	return text && n <= VALUE_MAX ? json_string(text) : NULL;
}

static bool is_empty(const json_t *json)
{
	const char *text = json_string_value(json);

	return json_is_null(json) || (text && !text[strspn(text, " \t\r\n")]);
}

static void attribute_take(struct write *w, const json_t *attribute)
{
	const char *name = member(attribute, "name"), *problem = NULL;
	const json_t *json = json_object_get(w->body, name);
	struct key key = attribute_key(attribute);

	if (!json)
		return;
	if (is_empty(json)) {
		json_object_del(w->sealed, key.text);
		return;
	}
	json_t *value = attribute_value(w->arena, member(attribute, "type"), json, &problem);
	if (value)
		json_object_set_new(w->sealed, key.text, value);
	else
		errors_add(w->errors, name, "%s", problem);
}

static bool key_known(const json_t *attributes, const char *text)
{
	const json_t *attribute;
	size_t i;

	json_array_foreach(attributes, i, attribute)
	{
		struct key key = attribute_key(attribute);
		if (strcmp(key.text, text) == 0)
			return true;
	}
	return false;
}

static void attributes_take(struct write *w, const char *list)
{
	json_t *attributes = json_loads(list, 0, NULL), *value, *attribute;
	const char *key;
	void *next;
	size_t i;

	if (!attributes)
		fatal("the list of attributes is no JSON");
	json_object_foreach_safe(w->sealed, next, key, value)
	{
		if (strncmp(key, KEY_PREFIX, strlen(KEY_PREFIX)) == 0 &&
			!key_known(attributes, key))
			json_object_del(w->sealed, key);
	}
	json_array_foreach(attributes, i, attribute) attribute_take(w, attribute);
	json_decref(attributes);
}

/* --- the attributes themselves ---------------------------------------------------------------- */

static const struct field attribute_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "attr_name", "t.name", FT_TEXT, F_WRITE | F_REQUIRED | F_UNIQUE | F_ORDER,
		OP_EQ | OP_CONTAINS, 50 },
	/* fixed: the values are of it */
	{ "attr_type", "t.type", FT_TEXT, F_WRITE | F_FIXED, OP_EQ,
		.choices = "text|number|date|boolean", .null_as = "'text'" },
	{ 0 },
};

static const char *const attribute_search[] = { "t.name", NULL };

/* Members that bodies of employees have anyway. */
static bool name_is_taken(const char *name)
{
	static const char *const others[] = { "company", "self_password", "flow_role", "employees",
		"areas", NULL };

	for (const struct field *f = employees.fields; f->json; f++)
		if (strcmp(f->json, name) == 0)
			return true;
	for (int i = 0; others[i]; i++)
		if (strcmp(others[i], name) == 0)
			return true;
	return false;
}

static void attribute_check(struct write *w, const struct rows *current, int column)
{
	const char *name = write_text(w, "attr_name");

	if (!name)
		return;
	if (name_is_taken(name))
		errors_add(w->errors, "attr_name", "Employees have a member of this name.");
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || strchr("[]\x7f", *c)) {
			errors_add(w->errors, "attr_name", "Enter a valid value.");
			return;
		}
}

const struct resource custom_attributes = {
	.name = "custom attribute",
	.table = "custom_attribute",
	.fields = attribute_fields,
	.search = attribute_search,
	.check = attribute_check,
};

/* [{"id":1,"name":"Locker","type":"text"},...] */
const struct more_members custom_members = {
	"(select coalesce(json_agg(json_build_object('id', ca.id, 'name', ca.name, 'type', ca.type)"
	" order by ca.id), '[]')::text from custom_attribute ca)",
	attributes_write, attributes_name, attributes_value, attributes_take
};
