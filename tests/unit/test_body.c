/* Bodies of every kind -> one JSON object. */
#include "body.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "json_check.h"

static const char type_json[] = "application/json;charset=UTF-8";
static const char type_form[] = "application/x-www-form-urlencoded";

static json_t *parse(const char *type, const char *text, int *status, char reason[160], bool *list)
{
	return body_parse(type, text, strlen(text), status, reason, list);
}

/* The body as compact JSON equals expected. */
static void check(const char *type, const char *text, const char *expected)
{
	char reason[160];
	int status = 0;
	bool list;
	json_t *body = parse(type, text, &status, reason, &list);

	assert(body);
	char *dump = json_dumps(body, JSON_COMPACT);
	assert(strcmp(dump, expected) == 0);
	free(dump);
	json_decref(body);
}

static void check_bad(const char *type, const char *text, int expected, const char *why)
{
	char reason[160] = "";
	int status = 0;
	bool list;

	assert(!parse(type, text, &status, reason, &list));
	assert(status == expected);
	assert(strcmp(reason, why) == 0);
}

static void test_json(void)
{
	check(type_json, "{\"a\":1,\"b\":[\"x\"],\"a\":2}", "{\"a\":2,\"b\":[\"x\"]}");
	check(type_json, "\xef\xbb\xbf{}", "{}");
	check(NULL, " {\"a\":\"\xc3\xa4\"}", "{\"a\":\"\xc3\xa4\"}");
	check(type_json, "", "{}");
	check_bad(type_json, "[1]", 400, "Invalid data. Expected a dictionary, but got list.");
	check_bad(type_json, "\"x\"", 400, "Invalid data. Expected a dictionary, but got str.");
	check_bad(type_json, "null", 400, "Invalid data. Expected a dictionary, but got NoneType.");
	check_bad("text/plain", "x", 415, "Unsupported media type \"text/plain\" in request.");
	check_bad("application/jsonx", "{}", 415,
		"Unsupported media type \"application/jsonx\" in request.");
}

static void check_error(const char *text, const char *why)
{
	char reason[120];

	assert(!json_check(text, strlen(text), reason));
	assert(strcmp(reason, why) == 0);
}

/* As Python's json module says it. */
static void test_json_errors(void)
{
	char deep[200], reason[120];

	check_error("x", "Expecting value: line 1 column 1 (char 0)");
	check_error(" ", "Expecting value: line 1 column 2 (char 1)");
	check_error(
		"{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)");
	check_error("{\"a\"}", "Expecting ':' delimiter: line 1 column 5 (char 4)");
	check_error("{\"a\":}", "Expecting value: line 1 column 6 (char 5)");
	check_error("{\"a\":1 \"b\"}", "Expecting ',' delimiter: line 1 column 8 (char 7)");
	check_error("{}\n{}", "Extra data: line 2 column 1 (char 3)");
	check_error("[\"\xc3\xa4\", x]", "Expecting value: line 1 column 7 (char 6)");
	check_error("\"abc", "Unterminated string starting at: line 1 column 1 (char 0)");
	check_error("\"a\\", "Unterminated string starting at: line 1 column 1 (char 0)");
	check_error("\"a\nb\"", "Invalid control character at: line 1 column 3 (char 2)");
	check_error("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)");
	check_error("\"\\u12g4\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)");
	check_error("01", "Extra data: line 1 column 2 (char 1)");
	check_error("1.", "Extra data: line 1 column 2 (char 1)");
	check_error("-", "Expecting value: line 1 column 1 (char 0)");
	check_error("NaN", "Expecting value: line 1 column 1 (char 0)");
	assert(json_check("-0.5e+3", 7, reason) && json_check(" [1 , {\"a\":null}] ", 17, reason));
	memset(deep, '[', sizeof(deep));
	assert(!json_check(deep, sizeof(deep), reason));
	memset(deep + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	assert(json_check(deep, 2 * JSON_MAX_DEPTH, reason));
}

static void test_forms(void)
{
	check(type_form, "a=1&b=x+y%2B&&c=&d",
		"{\"a\":\"1\",\"b\":\"x y+\",\"c\":\"\",\"d\":\"\"}");
	check(type_form, "area=1&area=2", "{\"area\":[\"1\",\"2\"]}");
	check(type_form, "area[]=1", "{\"area\":[\"1\"]}");
	check(type_form, "area%5B0%5D=1&area%5B1%5D=2", "{\"area\":[\"1\",\"2\"]}");
	check(type_form, "o[x]=1&o[y]=2&o[]=3", "{\"o\":[{\"x\":\"1\",\"y\":\"2\"},\"3\"]}");
	check(type_form, "o=1&o[x]=2", "{\"o\":\"1\"}");
	check(type_form, "a=%ff%c3%a4", "{\"a\":\"\xef\xbf\xbd\xc3\xa4\"}");
	check(type_form, "[x]=1&=2", "{\"[x]\":\"1\",\"\":\"2\"}");
	check(NULL, "username=u", "{\"username\":\"u\"}");
}

static void test_multipart(void)
{
	static const char type[] = "multipart/form-data; boundary=\"XX\"";

	check(type,
		"preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n"
		"--XX\r\ncontent-disposition: form-data; name=\"area[0]\"\r\n"
		"Content-Type: text/plain\r\n\r\n2\r\n"
		"--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nfile\r\n"
		"--XX--\r\n",
		"{\"a\":\"one\",\"area\":[\"2\"]}");
	check_bad(type, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none", 400,
		"Malformed or oversized form.");
	check_bad("multipart/form-data", "--XX--", 400, "Malformed or oversized form.");
}

static void check_ids(const char *json, const char *expected, const char *message)
{
	struct arena *a = arena_new();
	json_t *body = json_loads(json, 0, NULL), *errors = errors_new(a);
	struct str text = str_new(a);
	int32_t *ids;
	bool present;
	int n;

	assert(body);
	body_ids(a, body, "x", true, errors, &ids, &n, &present);
	for (int i = 0; i < n; i++)
		str_addf(&text, "%s%d", i ? "," : "", ids[i]);
	assert(strcmp(str_text(&text), expected) == 0);
	const char *got = json_string_value(json_array_get(json_object_get(errors, "x"), 0));
	assert(message ? got && strcmp(got, message) == 0 : !got);
	json_decref(body);
	arena_free(a);
}

static void test_id_lists(void)
{
	check_ids("{\"x\":[3,1,3]}", "1,3", NULL);
	check_ids("{\"x\":[\"1\",\" 2 \"]}", "1,2", NULL);
	check_ids("{\"x\":\"2,1\"}", "1,2", NULL);
	check_ids("{\"x\":7}", "7", NULL);
	check_ids("{\"x\":[{\"id\":4}]}", "4", NULL);
	check_ids("{}", "", "This field is required.");
	check_ids("{\"x\":null}", "", "This field may not be null.");
	check_ids("{\"x\":[]}", "", "This list may not be empty.");
	check_ids("{\"x\":\"\"}", "", "This list may not be empty.");
	check_ids("{\"x\":true}", "", "Expected a list of items but got type \"bool\".");
	check_ids("{\"x\":[\"a\"]}", "", "Incorrect type. Expected pk value, received str.");
	check_ids("{\"x\":[\"-\"]}", "", "Incorrect type. Expected pk value, received str.");
	check_ids("{\"x\":[1.5]}", "", "Incorrect type. Expected pk value, received float.");
	check_ids(
		"{\"x\":[99999999999]}", "", "Invalid pk \"99999999999\" - object does not exist.");
	check_ids("{\"x\":\"99999999999\"}", "",
		"Invalid pk \"99999999999\" - object does not exist.");
}

static void test_values(void)
{
	struct arena *a = arena_new();
	json_t *list =
		json_loads("[\" a \",5,1.5,true,\"12\",3.0,\"YES\",\"off\",2,\"x\",0,1]", 0, NULL);
	int64_t n;
	bool yes;

	assert(strcmp(body_text(a, json_array_get(list, 0)), "a") == 0);
	assert(strcmp(body_text(a, json_array_get(list, 1)), "5") == 0);
	assert(strcmp(body_text(a, json_array_get(list, 2)), "1.5") == 0);
	assert(!body_text(a, json_array_get(list, 3)));
	assert(body_int(json_array_get(list, 4), &n) && n == 12);
	assert(body_int(json_array_get(list, 5), &n) && n == 3);
	assert(!body_int(json_array_get(list, 2), &n) && !body_int(json_array_get(list, 3), &n));
	assert(body_bool(json_array_get(list, 6), &yes) && yes);
	assert(body_bool(json_array_get(list, 7), &yes) && !yes);
	assert(!body_bool(json_array_get(list, 8), &yes) &&
		!body_bool(json_array_get(list, 9), &yes));
	assert(body_bool(json_array_get(list, 10), &yes) && !yes);
	assert(body_bool(json_array_get(list, 11), &yes) && yes);
	json_decref(list);
	arena_free(a);
}

int main(void)
{
	test_json();
	test_json_errors();
	test_forms();
	test_multipart();
	test_id_lists();
	test_values();
	return 0;
}
