/* Tables of fields as JSON schemas. */
#include <string.h>

#include "fatal.h"
#include "openapi.h"

static const char time_pattern[] = "^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$";
static const char card_pattern[] = "^[ \\t]*([0-9]*|\\[([0-9A-Fa-f][0-9A-Fa-f])*\\])[ \\t]*$";
/* what is taken, see moment.h */
static const char time_given[] = "^\\d{4}-\\d\\d-\\d\\d([ Tt]\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?"
				 "( ?([Zz]|[+-]\\d\\d(:?\\d\\d)?)| \\d\\d(:?\\d\\d)?)?)?$";
static const char day_example[] = "2026-05-04", time_example[] = "2026-05-04 08:30:00";

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		fatal("out of memory for a schema");
}

static void set_text(json_t *object, const char *key, const char *text)
{
	set(object, key, json_string(text));
}

static json_t *typed(const char *type)
{
	json_t *schema = json_object();
	set_text(schema, "type", type);
	return schema;
}

/* "integer" -> ["integer","null"] */
static void allow_null(json_t *schema)
{
	json_t *type = json_object_get(schema, "type"), *choices = json_object_get(schema, "enum");

	if (json_is_string(type))
		set(schema, "type", json_pack("[Os]", type, "null"));
	if (choices)
		json_array_append_new(choices, json_null());
}

static json_t *choice(const struct field *f, const char *text, size_t n)
{
	char *word = strndup(text, n);
	int64_t number = 0;
	json_t *value;

	if (!word)
		fatal("out of memory for a schema");
	if (f->type == FT_INT && str_to_int(word, INT64_MIN, INT64_MAX, &number))
		value = json_integer(number);
	else
		value = json_string(word);
	free(word);
	return value;
}

static void set_choices(json_t *schema, const struct field *f)
{
	json_t *list;

	if (!f->choices)
		return;
	list = json_array();
	for (const char *c = f->choices; *c;) {
		size_t n = strcspn(c, "|");
		json_array_append_new(list, choice(f, c, n));
		c += n + (c[n] == '|');
	}
	set(schema, "enum", list);
}

/* --- rows ------------------------------------------------------------------------------------ */

static bool never_null(const struct field *f)
{
	return f->flags & (F_REQUIRED | F_NOT_NULL) || strcmp(f->json, "id") == 0 ||
	       f->type == FT_BOOL || f->type == FT_FLAG || f->type == FT_OBJECT ||
	       f->type == FT_REFS || (f->null_as && !(f->flags & F_SECRET));
}

static json_t *value_schema(const struct field *f)
{
	json_t *schema;

	switch (f->type) {
	case FT_INT:
		return typed("integer");
	case FT_FLAG:
		return json_pack("{s:s,s:[ii]}", "type", "integer", "enum", 0, 1);
	case FT_BOOL:
		return typed("boolean");
	case FT_DOUBLE:
		return typed("number");
	case FT_DATE:
		return json_pack("{s:s,s:s}", "type", "string", "format", "date");
	case FT_TIME:
		return json_pack("{s:s,s:s}", "type", "string", "pattern", time_pattern);
	case FT_REF:
	case FT_OBJECT:
		return f->members ? openapi_row(f->members, false) : typed("integer");
	case FT_REFS:
		schema = typed("array");
		set(schema, "items", typed("object"));
		return schema;
	case FT_LIST:
		return json_pack("{s:s,s:{s:s}}", "type", "array", "items", "type",
			f->table ? "integer" : "string");
	case FT_TEXT:
	case FT_EMAIL:
	case FT_CARD:
		schema = typed("string");
		return schema;
	case FT_JSON:
		break;
	}
	return json_object();
}

json_t *openapi_row(const struct field *fields, bool open)
{
	json_t *schema = typed("object"), *properties = json_object(), *required = json_array();

	for (const struct field *f = fields; f->json; f++) {
		if (f->flags & F_HIDDEN)
			continue;
		json_t *value = value_schema(f);
		if (!(f->flags & F_WRITE))
			set_choices(value, f);
		if (!never_null(f))
			allow_null(value);
		set(properties, f->json, value);
		json_array_append_new(required, json_string(f->json));
	}
	set(schema, "properties", properties);
	set(schema, "required", required);
	if (!open)
		set(schema, "additionalProperties", json_false());
	return schema;
}

/* --- bodies ---------------------------------------------------------------------------------- */

static void set_range(json_t *schema, const struct field *f)
{
	bool any = f->low == 0 && f->high == 0;

	if (f->choices)
		return;
	set(schema, "minimum", json_integer(any ? INT32_MIN : f->low));
	set(schema, "maximum", json_integer(any ? INT32_MAX : f->high));
}

static json_t *ids_schema(const char *table)
{
	json_t *schema = json_pack(
		"{s:s,s:{s:s},s:i}", "type", "array", "items", "type", "integer", "minItems", 1);

	if (table)
		set_text(schema, "x-references", table);
	return schema;
}

static json_t *member_schema(const struct field *f)
{
	bool required = f->flags & (F_REQUIRED | F_NOT_NULL);
	json_t *schema;

	if (f->type == FT_REFS)
		return ids_schema(f->table);
	if (f->type == FT_REF || f->type == FT_FLAG)
		schema = f->type == FT_REF ? typed("integer")
					   : json_pack("{s:[ss]}", "type", "boolean", "integer");
	else
		schema = value_schema(f);
	if (f->type == FT_REF || (f->type == FT_LIST && f->table))
		set_text(schema, "x-references", f->table);
	if (f->type == FT_INT)
		set_range(schema, f);
	if (f->type == FT_EMAIL)
		set_text(schema, "format", "email");
	if (f->type == FT_CARD)
		set_text(schema, "pattern", card_pattern);
	if (f->type == FT_TIME)
		set_text(schema, "pattern", time_given);
	if ((f->type == FT_TEXT || f->type == FT_EMAIL || f->type == FT_CARD) && f->max)
		set(schema, "maxLength", json_integer(f->max));
	if ((f->type == FT_TEXT || f->type == FT_EMAIL) && required)
		set(schema, "minLength", json_integer(1));
	set_choices(schema, f);
	if (!required && f->type == FT_FLAG)
		set(schema, "type", json_pack("[sss]", "boolean", "integer", "null"));
	else if (!required)
		allow_null(schema);
	if (f->flags & F_UNIQUE)
		set(schema, "x-unique", json_true());
	if (f->flags & F_HIDDEN)
		set(schema, "writeOnly", json_true());
	return schema;
}

static bool is_written(const struct field *f, bool partial)
{
	return f->flags & F_WRITE && !(partial && f->flags & F_FIXED);
}

json_t *openapi_body(const struct field *fields, bool partial, bool strict, const char *ids)
{
	json_t *schema = typed("object"), *properties = json_object(), *required = json_array();

	if (ids) {
		set(properties, ids, ids_schema(NULL));
		json_array_append_new(required, json_string(ids));
	}
	for (const struct field *f = fields; f->json; f++) {
		if (!is_written(f, partial))
			continue;
		set(properties, f->json, member_schema(f));
		if (f->flags & F_REQUIRED && !partial)
			json_array_append_new(required, json_string(f->json));
	}
	set(schema, "properties", properties);
	if (json_array_size(required) > 0)
		set(schema, "required", required);
	else
		json_decref(required);
	if (strict)
		set(schema, "additionalProperties", json_false());
	return schema;
}

/* --- examples -------------------------------------------------------------------------------- */

static json_t *example_int(const struct field *f)
{
	int64_t number = f->low > 1 ? f->low : 1;

	if (f->example)
		str_to_int(f->example, INT64_MIN, INT64_MAX, &number);
	return json_integer(number);
}

static json_t *member_example(const struct field *f)
{
	if (f->choices)
		return choice(f, f->choices, strcspn(f->choices, "|"));
	switch (f->type) {
	case FT_INT:
	case FT_REF:
		return example_int(f);
	case FT_BOOL:
	case FT_FLAG:
		return json_true();
	case FT_REFS:
		return json_pack("[i]", 1);
	case FT_LIST:
		return f->table ? json_pack("[i]", 1) : json_pack("[s]", f->example);
	case FT_DATE:
		return json_string(f->example ? f->example : day_example);
	case FT_TIME:
		return json_string(f->example ? f->example : time_example);
	case FT_EMAIL:
		return json_string(f->example ? f->example : "ann@example.com");
	case FT_CARD:
		return json_string(f->example ? f->example : "7654321");
	default:
		return json_string(f->example ? f->example : "A1");
	}
}

json_t *openapi_body_example(const struct field *fields, bool partial, const char *ids)
{
	json_t *body = json_object();

	if (ids)
		set(body, ids, json_pack("[i]", 1));
	for (const struct field *f = fields; f->json; f++)
		if (is_written(f, partial) && (f->flags & F_REQUIRED || f->example))
			set(body, f->json, member_example(f));
	return body;
}

json_t *openapi_param(enum filter_kind kind, json_t **example)
{
	*example = NULL;
	switch (kind) {
	case FILTER_INT:
		*example = json_integer(1);
		return typed("integer");
	case FILTER_IDS:
		*example = json_string("1,2");
		return json_pack(
			"{s:s,s:s}", "type", "string", "description", "ids, separated by commas");
	case FILTER_BOOL:
		*example = json_true();
		return typed("boolean");
	case FILTER_DATE:
		*example = json_string(day_example);
		return json_pack("{s:s,s:s}", "type", "string", "format", "date");
	case FILTER_TIME:
		*example = json_string(time_example);
		return json_pack("{s:s,s:s}", "type", "string", "description",
			"YYYY-MM-DD HH:MM:SS, also with a zone (Z, +05:30), or a date for its midnight");
	case FILTER_CONTAINS:
		return json_pack("{s:s,s:s}", "type", "string", "description",
			"a part of the text, in any case");
	case FILTER_TEXT:
	case FILTER_END:
		break;
	}
	return typed("string");
}
