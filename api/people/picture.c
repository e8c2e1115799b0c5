/* Pictures in request bodies. */
#include "picture.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "body.h"
#include "content.h"
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

static const char *member_read(struct arena *a, const json_t *value, struct picture *out)
{
	if (!value)
		return NULL;
	if (json_is_null(value))
		return "This field may not be null.";
	if (!json_is_string(value))
		return "Not a valid string.";
	const char *text = json_string_value(value);
	if (!text[strspn(text, " \t\r\n")])
		return "This field may not be blank.";
	if (!picture_decode(a, text, out))
		return "Upload a valid image, as a file or as base64.";
	return NULL;
}

/* The members of a body that is not the picture itself; a file among them is the picture. */
static struct picture_error members_read(
	struct arena *a, const char *type, const char *body, size_t n, struct picture *out)
{
	struct picture_error error = { .status = 400 };
	struct form_file file;
	char reason[160];
	bool list;

	if (type_begins(type, "multipart/form-data")) {
		out->members = form_with_file(type, body, n, &file);
		if (!out->members)
			error.text = "Malformed or oversized form.";
		out->bytes = out->members ? (const unsigned char *)file.bytes : NULL;
		out->n = out->bytes ? file.n : 0;
		return error;
	}
	out->members = body_parse(type, body, n, &error.status, reason, &list);
	if (!out->members) {
		error.text = arena_strdup(a, reason);
		error.member = list ? "non_field_errors" : NULL;
	}
	return error;
}

struct picture_error picture_read(struct arena *a, const char *type, const char *body, size_t n,
	const char *member, struct picture *out)
{
	*out = (struct picture){ 0 };
	if (type_begins(type, "image/")) {
		*out = (struct picture){ n ? (const unsigned char *)body : NULL, n, json_object() };
		return (struct picture_error){ 0 };
	}
	struct picture_error error = members_read(a, type, body, n, out);
	if (error.text || out->bytes)
		return error;
	error.text = member_read(a, json_object_get(out->members, member), out);
	if (error.text) {
		error.member = member;
		json_decref(out->members);
		*out = (struct picture){ 0 };
	}
	return error;
}

const char *picture_problem(const struct picture *p)
{
	if (!p->bytes)
		return "This field is required.";
	if (p->n > PICTURE_MAX)
		return "The picture is larger than 1 MiB.";
	if (!content_is_jpeg(p->bytes, p->n))
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
	const char *body = req_body(r, &n);
	struct picture_error error =
		picture_read(req_arena(r), req_header(r, "Content-Type"), body, n, member, out);

	if (error.member)
		error_field(r, error.member, error.text);
	else if (error.text)
		error_detail(r, error.status, "%s", error.text);
	else
		arena_defer(req_arena(r), tree_release, out->members);
	return !error.text;
}

void picture_reply(struct req *r, const void *bytes, size_t n)
{
	bool jpeg = n >= 2 && memcmp(bytes, "\xff\xd8", 2) == 0;

	req_reply(r, 200, jpeg ? "image/jpeg" : "application/octet-stream", bytes, n);
}
