/* Pictures in request bodies. */
#include "picture.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "body.h"
#include "errors.h"
#include "form.h"

static bool type_begins(const char *type, const char *wanted)
{
	return type && strncasecmp(type, wanted, strlen(wanted)) == 0;
}

bool picture_decode(struct arena *a, const char *text, struct picture *out)
{
	const char *comma = type_begins(text, "data:") ? strchr(text, ',') : NULL;
	char *clean = arena_alloc(a, strlen(text) + 4);
	size_t n = 0;

	for (const char *c = comma ? comma + 1 : text; *c; c++)
		if (!strchr(" \t\r\n", *c))
			clean[n++] = *c;
	while (n > 0 && clean[n - 1] == '=')
		n--;
	size_t whole = (n + 3) / 4 * 4, padding = whole - n;
	if (n == 0 || padding > 2 || n > INT32_MAX / 2 || memchr(clean, '=', n))
		return false;
	memset(clean + n, '=', padding);
	unsigned char *bytes = arena_alloc(a, whole / 4 * 3 + 1);
	int len = EVP_DecodeBlock(bytes, (unsigned char *)clean, (int)whole);
	if (len < 0)
		return false;
	out->bytes = bytes;
	out->n = (size_t)len - padding;
	return true;
}

static const char *member_read(struct arena *a, const char *member, struct picture *out)
{
	const json_t *value = json_object_get(out->members, member);

	if (!value || json_is_null(value))
		return NULL;
	if (!json_is_string(value) || !picture_decode(a, json_string_value(value), out))
		return "Upload a valid image, as a file or as base64.";
	return NULL;
}

const char *picture_read(struct arena *a, const char *type, const char *body, size_t n,
	const char *member, struct picture *out, int *status)
{
	char reason[160];
	bool list;

	*out = (struct picture){ 0 };
	*status = 400;
	if (type_begins(type, "image/")) {
		*out = (struct picture){ (const unsigned char *)body, n, json_object() };
		if (n == 0)
			out->bytes = NULL;
		return NULL;
	}
	if (type_begins(type, "multipart/form-data")) {
		struct form_file file;
		out->members = form_with_file(type, body, n, &file);
		if (out->members && file.bytes) {
			out->bytes = (const unsigned char *)file.bytes;
			out->n = file.n;
			return NULL;
		}
	} else {
		out->members = body_parse(type, body, n, status, reason, &list);
		if (!out->members)
			return arena_strdup(a, reason);
	}
	const char *problem =
		out->members ? member_read(a, member, out) : "Malformed or oversized form.";
	if (problem) {
		json_decref(out->members);
		*out = (struct picture){ 0 };
	}
	return problem;
}

const char *picture_problem(const struct picture *p)
{
	if (!p->bytes)
		return "This field is required.";
	if (p->n > PICTURE_MAX)
		return "The picture is larger than 1 MiB.";
	if (p->n < 4 || memcmp(p->bytes, "\xff\xd8\xff", 3) != 0)
		return "Upload a valid image. Terminals take JPEG only.";
	return NULL;
}

char *picture_text(struct arena *a, const struct picture *p, size_t *n)
{
	char *text = arena_alloc(a, 4 * (p->n / 3 + 1) + 1);

	*n = (size_t)EVP_EncodeBlock((unsigned char *)text, p->bytes, (int)p->n);
	return text;
}

static void tree_release(void *tree)
{
	json_decref(tree);
}

bool picture_of(struct req *r, const char *member, struct picture *out)
{
	size_t n;
	int status;
	const char *body = req_body(r, &n);
	const char *problem = picture_read(
		req_arena(r), req_header(r, "Content-Type"), body, n, member, out, &status);

	if (problem && status == 400 && strncmp(problem, "Upload", 6) == 0)
		error_field(r, member, problem);
	else if (problem)
		error_detail(r, status, "%s", problem);
	else
		arena_defer(req_arena(r), tree_release, out->members);
	return !problem;
}

void picture_reply(struct req *r, const void *bytes, size_t n)
{
	bool jpeg = n >= 2 && memcmp(bytes, "\xff\xd8", 2) == 0;

	req_add_header(r, "X-Content-Type-Options", "nosniff");
	req_add_header(r, "Cache-Control", "private, no-store");
	req_reply(r, 200, jpeg ? "image/jpeg" : "application/octet-stream", bytes, n);
}
