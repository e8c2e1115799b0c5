/* Bodies of failed requests, and the table from SQLSTATE to HTTP. */
#include "errors.h"

#include <stdio.h>
#include <string.h>

#include "context.h"
#include "fatal.h"
#include "log.h"
#include "out.h"
#include "pin.h"

static const char type_json[] = "application/json";

static void tree_write(struct out *o, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		json_open(o, '{');
		json_object_foreach((json_t *)value, key, member)
		{
			json_key(o, key);
			tree_write(o, member);
		}
		json_close(o, '}');
		break;
	case JSON_ARRAY:
		json_open(o, '[');
		json_array_foreach(value, i, member) tree_write(o, member);
		json_close(o, ']');
		break;
	case JSON_STRING:
		json_textn(o, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		json_int(o, json_integer_value(value));
		break;
	case JSON_REAL:
		json_double(o, json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		json_bool(o, json_is_true(value));
		break;
	case JSON_NULL:
		json_none(o);
		break;
	}
}

void reply_json(struct req *r, int status, const json_t *tree)
{
	struct out o;

	out_init(&o);
	tree_write(&o, tree);
	req_reply(r, status, type_json, o.bytes, o.len);
	out_free(&o);
}

void reply_done(struct req *r)
{
	static const char done[] = "{\"code\":0,\"msg\":\"\",\"data\":[]}";
	req_reply(r, 200, type_json, done, sizeof(done) - 1);
}

void error_detail(struct req *r, int status, const char *fmt, ...)
{
	struct out o;
	va_list args;

	va_start(args, fmt);
	const char *text = arena_vprintf(req_arena(r), fmt, args);
	va_end(args);
	out_init(&o);
	json_open(&o, '{');
	json_key(&o, "detail");
	json_text(&o, text);
	json_close(&o, '}');
	req_reply(r, status, type_json, o.bytes, o.len);
	out_free(&o);
}

void error_not_found(struct req *r)
{
	error_detail(r, 404, "Not found.");
}

static void tree_release(void *tree)
{
	json_decref(tree);
}

json_t *errors_new(struct arena *a)
{
	json_t *errors = json_object();
	if (!errors)
		fatal("out of memory for a JSON object");
	arena_defer(a, tree_release, errors);
	return errors;
}

void errors_add(json_t *errors, const char *field, const char *fmt, ...)
{
	char text[512];
	va_list args;
	json_t *list = json_object_get(errors, field);

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!list) {
		list = json_array();
		json_object_set_new(errors, field, list);
	}
	json_t *message = json_string(text);
	if (!message) { /* cut inside a character */
		size_t n = strlen(text);
		while (n > 0 && !str_is_utf8(text, n))
			n--;
		message = json_stringn(text, n);
	}
	json_array_append_new(list, message);
}

void errors_add_pin(json_t *errors, const char *field, const char *code)
{
	const char *reason = pin_check(code, strlen(code));

	if (reason && strcmp(reason, "PIN too long") == 0)
		errors_add(errors, field, "Ensure this field has no more than %d bytes.", PIN_MAX);
	else if (reason && strcmp(reason, "control character in PIN") == 0)
		errors_add(errors, field, "Control characters are not allowed.");
	else if (reason)
		errors_add(errors, field, "No terminal can have this code: %s.", reason);
}

bool errors_reply(struct req *r, const json_t *errors)
{
	if (json_object_size(errors) == 0)
		return false;
	reply_json(r, 400, errors);
	return true;
}

void error_field(struct req *r, const char *field, const char *message)
{
	json_t *errors = errors_new(req_arena(r));
	errors_add(errors, field, "%s", message);
	reply_json(r, 400, errors);
}

/* --- found by the server itself ------------------------------------------------------------- */

/* Below these a program asks, elsewhere a person. */
static const char *const json_prefixes[] = { "/personnel/api/", "/iclock/api/", "/att/api/",
	"/base/api/", "/staff/api/", "/mobile/api/", "/meeting/api/", "/payroll/api/",
	"/staff-api-token-", "/staff-jwt-api-token-", "/api-token-", "/jwt-api-token-" };

static bool path_is_json(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < LEN(json_prefixes); i++) {
		size_t n = strlen(json_prefixes[i]);
		if (strncmp(path, json_prefixes[i], n) == 0 ||
			(len == n - 1 && strncmp(path, json_prefixes[i], len) == 0))
			return true;
	}
	return false;
}

static void html_not_found(struct req *r)
{
	static const char page[] =
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<title>Page not found</title></head>\n"
		"<body><h1>Page not found</h1></body></html>\n";
	req_add_header(r, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
	req_reply(r, 404, "text/html; charset=utf-8", page, sizeof(page) - 1);
}

void api_refused(struct req *r, int status, const char *reason, int allowed)
{
	switch (status) {
	case 404:
		if (path_is_json(req_path(r)))
			error_not_found(r);
		else
			html_not_found(r);
		return;
	case 405:
		req_add_header(r, "Allow", route_allow(req_arena(r), allowed));
		error_detail(r, 405, "Method \"%s\" not allowed.", req_method_name(r));
		return;
	case 413:
		error_detail(r, 413, "Request body is too large.");
		return;
	case 500:
		error_detail(r, 500, "Internal server error.");
		return;
	case 503:
		req_add_header(r, "Retry-After", "5");
		error_detail(r, 503, "Service temporarily unavailable, try again later.");
		return;
	}
	error_detail(r, status, "%s", reason ? reason : "Bad request.");
}

/* --- statements that failed ----------------------------------------------------------------- */

/* Constraints are called <table>_<member>_key and <table>_<member>_fkey; what these speak of is called
 * otherwise over REST. */
static const struct {
	const char *constraint, *field, *name; /* NULL: as the table is */
} words[] = {
	{ "employee_pin_key", "emp_code", NULL },
	{ "account_name_key", "username", "user" },
	{ "account_group_name_key", "name", "group" },
	{ "custom_attribute_name_key", "attr_name", NULL },
};

/* Of several members together. */
static const struct {
	const char *constraint, *members;
} sets_of[] = {
	{ "manual_log_key", "employee, punch_time" },
};

/* The member that a constraint speaks of, and what its rows are called; false when its name does not
 * tell. */
static bool constraint_field(
	const struct db_error *e, const char *ending, char field[64], char name[64])
{
	const char *table = e->table ? e->table : "",
		   *constraint = e->constraint ? e->constraint : "";
	size_t n = strlen(table), len = strlen(constraint), tail = strlen(ending);

	if (len >= 64 || len <= n + 1 + tail || strncmp(constraint, table, n) != 0 ||
		constraint[n] != '_' || strcmp(constraint + len - tail, ending) != 0)
		return false;
	snprintf(name, 64, "%s", table);
	for (char *p = name; (p = strchr(p, '_')) != NULL;)
		*p = ' ';
	snprintf(field, 64, "%.*s", (int)(len - tail - n - 1), constraint + n + 1);
	for (size_t i = 0; i < LEN(words); i++)
		if (strcmp(constraint, words[i].constraint) == 0) {
			snprintf(field, 64, "%s", words[i].field);
			if (words[i].name)
				snprintf(name, 64, "%s", words[i].name);
		}
	return true;
}

static void duplicate_failed(struct req *r, const struct db_error *e)
{
	char field[64], name[64], text[200];

	for (size_t i = 0; e->constraint && i < LEN(sets_of); i++)
		if (strcmp(e->constraint, sets_of[i].constraint) == 0) {
			snprintf(text, sizeof(text), "The fields %s must make a unique set.",
				sets_of[i].members);
			error_field(r, "non_field_errors", text);
			return;
		}
	if (!constraint_field(e, "_key", field, name)) {
		error_field(r, "non_field_errors", "This object already exists.");
		return;
	}
	snprintf(text, sizeof(text), "%s with this %s already exists.", name, field);
	error_field(r, field, text);
}

/* The database's detail says: Key (column)=(99) is not present ... */
static void reference_failed(struct req *r, const struct db_error *e)
{
	char field[64], name[64], text[200];

	if (req_method(r) == DELETE) {
		error_detail(r, 400, "Cannot be deleted: it is still in use.");
		return;
	}
	if (!constraint_field(e, "_fkey", field, name)) {
		error_field(r, "non_field_errors", "Object does not exist.");
		return;
	}
	const char *value = e->detail ? strstr(e->detail, ")=(") : NULL;
	int n = value ? (int)strcspn(value + 3, ")") : 0;
	snprintf(text, sizeof(text), "Invalid pk \"%.*s\" - object does not exist.", n,
		value ? value + 3 : "");
	error_field(r, field, text);
}

bool scope_refused(const struct db_error *e)
{
	return strcmp(e->state, "23L01") == 0;
}

bool api_answers(const struct db_error *e)
{
	return strcmp(e->state, "23505") == 0 || strcmp(e->state, "23503") == 0 ||
	       (strncmp(e->state, "22", 2) == 0 && e->constraint && *e->constraint) ||
	       scope_refused(e);
}

void api_failed(struct req *r, const struct db_error *e)
{
	static const char *const unavailable[] = { "08", "40", "53", "55", "57", "58" };

	if (strcmp(e->state, "23505") == 0) {
		duplicate_failed(r, e);
		return;
	}
	if (scope_refused(e)) {
		error_detail(r, 400, SCOPE_REFUSAL);
		return;
	}
	if (strcmp(e->state, "23503") == 0) {
		reference_failed(r, e);
		return;
	}
	if (strncmp(e->state, "22", 2) == 0) {
		if (e->constraint && *e->constraint) /* our own functions name the member so */
			error_field(r, e->constraint, "Enter a valid value.");
		else
			error_detail(r, 400, "Invalid value.");
		return;
	}
	for (size_t i = 0; i < LEN(unavailable); i++)
		if (strncmp(e->state, unavailable[i], 2) == 0) {
			api_refused(r, 503, NULL, 0);
			return;
		}
	api_refused(r, 500, NULL, 0);
}
