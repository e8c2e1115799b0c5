/* application/x-www-form-urlencoded and multipart/form-data. */
#include "form.h"

#include <string.h>
#include <strings.h>

#include "arena.h"
#include "parse.h"
#include "str.h"

enum { PAIRS_MAX = 200000 };

/* Text for JSON: bytes that are no UTF-8, and NULs, become U+FFFD. */
static json_t *text_json(struct arena *a, const char *text, size_t n)
{
	static const char replacement[] = "\xef\xbf\xbd";
	struct str clean = str_new(a);

	if (str_is_utf8(text, n))
		return json_stringn(text, n);
	while (n > 0) {
		size_t len = 1;
		while (len < 4 && len < n && ((unsigned char)text[len] & 0xc0) == 0x80)
			len++;
		if (str_is_utf8(text, len)) {
			str_addn(&clean, text, len);
		} else {
			str_add(&clean, replacement);
			len = 1;
		}
		text += len;
		n -= len;
	}
	return json_stringn(str_text(&clean), clean.len);
}

/* Under a name that has a value already: both become a list. */
static void value_append(json_t *object, const char *name, json_t *value, bool as_list)
{
	json_t *old = json_object_get(object, name);

	if (!old && !as_list) {
		json_object_set_new(object, name, value);
		return;
	}
	if (!json_is_array(old)) {
		json_t *list = json_array();
		if (old)
			json_array_append(list, old);
		json_object_set_new(object, name, list);
		old = list;
	}
	json_array_append_new(old, value);
}

/* name, name[], name[0] or name[member] */
static void pair_add(struct arena *a, json_t *object, const char *name, size_t name_n,
	const char *value, size_t value_n)
{
	json_t *text = text_json(a, value, value_n);
	json_t *key = text_json(a, name, name_n);
	const char *whole = json_string_value(key);
	const char *open = strchr(whole, '[');
	size_t len = strlen(whole);

	if (!open || open == whole || whole[len - 1] != ']') {
		value_append(object, whole, text, false);
	} else {
		const char *stem = arena_memdup(a, whole, (size_t)(open - whole));
		const char *inner =
			arena_memdup(a, open + 1, (size_t)(whole + len - 1 - (open + 1)));
		json_t *members = json_object_get(object, stem);
		if (strspn(inner, "0123456789") == strlen(inner)) {
			value_append(object, stem, text, true);
		} else if (!members || json_is_object(members)) {
			if (!members) {
				members = json_object();
				json_object_set_new(object, stem, members);
			}
			json_object_set_new(members, inner, text);
		} else {
			json_decref(text); /* both a value and an object: the first one counts */
		}
	}
	json_decref(key);
}

json_t *form_urlencoded(const char *bytes, size_t n)
{
	const char *end = bytes + n;
	json_t *object = json_object();
	struct arena *a = arena_new();
	int pairs = 0;

	while (bytes < end) {
		const char *amp = memchr(bytes, '&', (size_t)(end - bytes));
		size_t len = (size_t)((amp ? amp : end) - bytes);
		const char *equals = memchr(bytes, '=', len);
		size_t name_n = equals ? (size_t)(equals - bytes) : len;
		size_t value_n = equals ? len - name_n - 1 : 0;
		if (len > 0 && ++pairs <= PAIRS_MAX) {
			char *name = arena_alloc(a, name_n + 1),
			     *value = arena_alloc(a, value_n + 1);
			name_n = parse_decode(bytes, name_n, true, name);
			value_n = parse_decode(equals ? equals + 1 : "", value_n, true, value);
			pair_add(a, object, name, name_n, value, value_n);
		}
		bytes += len + 1;
	}
	arena_free(a);
	if (pairs <= PAIRS_MAX)
		return object;
	json_decref(object);
	return NULL;
}

/* --- multipart ------------------------------------------------------------------------------ */

/* A parameter of a header value: name=token or name="quoted"; NULL when it is not there. */
static char *header_param(struct arena *a, const char *header, const char *name)
{
	size_t n = strlen(name);

	while ((header = strchr(header, ';'))) {
		header += 1 + strspn(header + 1, " \t");
		if (strncasecmp(header, name, n) != 0 || header[n] != '=')
			continue;
		header += n + 1;
		if (*header != '"')
			return arena_memdup(a, header, strcspn(header, "; \t\r\n"));
		struct str value = str_new(a);
		for (header++; *header && *header != '"'; header++) {
			if (*header == '\\' && header[1])
				header++;
			str_addc(&value, *header);
		}
		return arena_memdup(a, str_text(&value), value.len);
	}
	return NULL;
}

/* One part without its delimiters: headers, blank line, value. Files are passed over, but for the
 * first. */
static void part_add(
	struct arena *a, json_t *object, const char *part, size_t n, struct form_file *file)
{
	const char *blank = memmem(part, n, "\r\n\r\n", 4);
	char *name = NULL;

	if (!blank)
		return;
	for (const char *line = part; line < blank;) {
		const char *end = memmem(line, (size_t)(blank + 2 - line), "\r\n", 2);
		char *text = arena_memdup(a, line, (size_t)(end - line));
		if (strncasecmp(text, "Content-Disposition:", 20) == 0) {
			name = header_param(a, text, "name");
			if (header_param(a, text, "filename")) {
				if (!file->bytes)
					*file = (struct form_file){ blank + 4,
						(size_t)(part + n - (blank + 4)) };
				return;
			}
		}
		line = end + 2;
	}
	if (name)
		pair_add(
			a, object, name, strlen(name), blank + 4, (size_t)(part + n - (blank + 4)));
}

static bool parts_add(struct arena *a, json_t *object, const char *boundary, const char *bytes,
	size_t n, struct form_file *file)
{
	char *mark = arena_printf(a, "--%s", boundary);
	size_t mark_n = strlen(mark);
	const char *end = bytes + n, *at = memmem(bytes, n, mark, mark_n);

	for (int parts = 0; at && parts < PAIRS_MAX; parts++) {
		at += mark_n;
		if (end - at >= 2 && memcmp(at, "--", 2) == 0)
			return true;
		const char *line = memmem(at, (size_t)(end - at), "\r\n", 2);
		if (!line)
			return false;
		line += 2;
		const char *next = memmem(line, (size_t)(end - line), mark, mark_n);
		if (!next || next - line < 2)
			return false;
		/* the line end before a delimiter belongs to it */
		part_add(a, object, line, (size_t)(next - 2 - line), file);
		at = next;
	}
	return false;
}

json_t *form_with_file(const char *type, const char *bytes, size_t n, struct form_file *file)
{
	struct arena *a = arena_new();
	json_t *object = json_object();
	const char *boundary = header_param(a, type, "boundary");

	*file = (struct form_file){ 0 };
	if (!boundary || !*boundary || strlen(boundary) > 200 ||
		!parts_add(a, object, boundary, bytes, n, file)) {
		json_decref(object);
		object = NULL;
	}
	arena_free(a);
	return object;
}

json_t *form_multipart(const char *type, const char *bytes, size_t n)
{
	struct form_file file;

	return form_with_file(type, bytes, n, &file);
}

bool form_first_file(const char *type, const char *bytes, size_t n, struct form_file *file)
{
	json_decref(form_with_file(type, bytes, n, file));
	return file->bytes != NULL;
}
