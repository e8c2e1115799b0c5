/* Templates and photos: what terminals say of people so that other terminals are given it. All of it is
 * looked at here; a record that fails is refused whole, and what was known before stays. */
#include <stdint.h>
#include <string.h>

#include "content.h"
#include "fatal.h"
#include "means.h"
#include "record_whole.h"
#include "records_private.h"

enum { MOST_VERSION = 999, MOST_PHOTO_TYPE = 10 };

/* Members of templates that are numbers (adms-push 2.2, 2.5). What cannot be read is not as good as 0. */
static const struct member {
	enum record_kind kind; /* RECORD_OTHER: all */
	const char *key;
	int at, otherwise, most;
	bool needed;
} members[] = {
	{ RECORD_OTHER, "Valid", T_VALID, 1, 3 }, /* 3: duress */
	{ RECORD_FP, "FID", T_NO, 0, INT32_MAX, true },
	{ RECORD_FACE, "FID", T_INDEX, 0, INT32_MAX, true },
	{ RECORD_FVEIN, "FID", T_NO, 0, INT32_MAX, true },
	{ RECORD_FVEIN, "Index", T_INDEX, 0, INT32_MAX },
	{ RECORD_BIODATA, "Type", T_TYPE, 0, INT32_MAX },
	{ RECORD_BIODATA, "No", T_NO, 0, INT32_MAX },
	{ RECORD_BIODATA, "Index", T_INDEX, 0, INT32_MAX },
	{ RECORD_BIODATA, "Format", T_FORMAT, 0, INT32_MAX },
	{ RECORD_BIODATA, "Duress", T_DURESS, 0, 1 },
};

/* Access control calls a FID FingerID, and a TMP Template. */
static struct span member_get(const struct record *r, const char *key)
{
	struct span value = record_get(r, key);
	if (!value.text && strcmp(key, "FID") == 0)
		value = record_get(r, "FingerID");
	if (!value.text && strcmp(key, "TMP") == 0)
		value = record_get(r, "Template");
	return value;
}

/* NULL, or why it cannot be used. */
static const char *member_read(
	struct arena *a, const struct record *r, const struct member *m, int32_t *out)
{
	struct span value = span_trim(member_get(r, m->key));
	int64_t n = m->otherwise;
	if (!value.len && m->needed)
		return arena_printf(a, "no %s", m->key);
	if (value.len && !record_number(value, INT32_MIN, INT32_MAX, &n))
		return arena_printf(a, "%s is no number", m->key);
	if (n > m->most)
		return arena_printf(a, "%s is out of range", m->key);
	*out = (int32_t)n;
	return NULL;
}

/* What the kind itself says. Type as BIODATA's. */
static void template_begin(int32_t *n, const struct terminal *t, const struct record *r)
{
	switch (r->kind) {
	case RECORD_FP:
		n[T_TYPE] = 1;
		n[T_MAJOR] = t->fp_version > 0 ? t->fp_version : 0;
		return;
	case RECORD_FACE:
		n[T_TYPE] = 2;
		n[T_MAJOR] = t->face_version > 0 ? t->face_version : 0;
		return;
	case RECORD_FVEIN:
		n[T_TYPE] = 7;
		return;
	default:
		n[T_MAJOR] = records_int(r, "MajorVer", 0);
		n[T_MINOR] = records_int(r, "MinorVer", 0);
	}
}

/* NULL, or why no terminal has this one: each is a row, so there must not be any number of them. */
static const char *template_read(
	struct arena *a, const struct terminal *t, const struct record *r, int32_t *n)
{
	template_begin(n, t, r);
	for (size_t i = 0; i < LEN(members); i++) {
		const struct member *m = &members[i];
		const char *reason = m->kind == r->kind || m->kind == RECORD_OTHER
					     ? member_read(a, r, m, &n[m->at])
					     : NULL;
		if (reason)
			return reason;
	}
	if (r->kind == RECORD_FP)
		n[T_DURESS] = n[T_VALID] == 3;
	if (n[T_VALID] < 0 || n[T_FORMAT] < 0 || n[T_DURESS] < 0)
		return "a number below 0";
	if (n[T_MAJOR] < 0 || n[T_MAJOR] > MOST_VERSION || n[T_MINOR] < 0)
		return "no such version of a template";
	return content_place_problem(n[T_TYPE], n[T_NO], n[T_INDEX]);
}

static const char *kind_word(enum record_kind kind)
{
	static const char *const words[] = { [RECORD_FP] = "FP",
		[RECORD_FACE] = "FACE",
		[RECORD_FVEIN] = "FVEIN",
		[RECORD_BIODATA] = "BIODATA",
		[RECORD_USERPIC] = "USERPIC",
		[RECORD_BIOPHOTO] = "BIOPHOTO" };
	return words[kind];
}

/* Of whom and what: the same content again is no change (template_before). */
static void row_hash_content(struct records *rs, struct record_row *row, struct span content)
{
	unsigned char digest[SEAL_KEY_SIZE];
	struct str s = str_new(rs->arena);
	seal_sha256(content.text, content.len, digest);
	str_addn(&s, row->pin, strlen(row->pin) + 1);
	str_addf(&s, "%d %d ", (int)row->numbers[T_VALID], (int)row->numbers[T_DURESS]);
	str_addn(&s, (const char *)digest, sizeof(digest));
	seal_hmac(rs->adms->o.lookup_key, s.text, s.len, row->hash);
}

/* What is to be given to terminals: base64 whole, and as long as Size says. */
struct given {
	struct span content;
	const char *size; /* NULL: none */
};

typedef const char *given_check(
	struct arena *, const char *text, size_t n, const char *size, size_t size_n);

static const char *given_read(struct records *rs, const struct terminal *t, const struct record *r,
	struct span content, given_check *check, struct given *out)
{
	struct span size = record_joined(rs->arena, record_get(r, "Size"));
	out->content = record_joined(rs->arena, content);
	out->size = size.len ? records_text(rs, t, size) : NULL;
	return check(rs->arena, out->content.text, out->content.len, size.text, size.len);
}

const char *records_template(struct records *rs, const struct terminal *t, const struct record *r)
{
	const char *reason;
	const char *pin = records_pin(rs, t, r, &reason);
	struct span tmp = member_get(r, "TMP");
	struct given given;
	if (!pin)
		return reason;
	if (span_trim(tmp).len == 0)
		return "no template";
	int32_t numbers[RECORDS_NUMBERS] = { 0 };
	reason = template_read(rs->arena, t, r, numbers);
	if (!reason)
		reason = given_read(rs, t, r, tmp, content_template_problem, &given);
	if (reason)
		return reason;
	struct record_row *row = records_add(rs, RECORDS_TEMPLATE, t, kind_word(r->kind));
	row->pin = pin;
	row->texts[0] = given.size;
	memcpy(row->numbers, numbers, sizeof(numbers));
	row_hash_content(rs, row, given.content);
	records_seal(rs, row, "template.sealed", given.content);
	return NULL;
}

static const struct member photo_type = { RECORD_BIOPHOTO, "Type", 0, 9, MOST_PHOTO_TYPE };

const char *records_photo(struct records *rs, const struct terminal *t, const struct record *r)
{
	const char *reason;
	const char *pin = records_pin(rs, t, r, &reason);
	struct span content = record_get(r, "Content");
	struct given given;
	int32_t type = 0;
	if (!pin)
		return reason;
	if (span_trim(content).len == 0)
		return "no photo";
	if (r->kind == RECORD_BIOPHOTO &&
		(member_read(rs->arena, r, &photo_type, &type) || type < 0))
		return "no such type of photo";
	reason = given_read(rs, t, r, content, content_picture_problem, &given);
	if (reason)
		return reason;
	struct record_row *row = records_add(rs, RECORDS_PHOTO, t, kind_word(r->kind));
	row->pin = pin;
	row->numbers[0] = type;
	row->texts[0] = records_text(rs, t, record_joined(rs->arena, record_get(r, "FileName")));
	row->texts[1] = given.size;
	row_hash_content(rs, row, given.content);
	records_seal(rs, row, "photo.sealed", given.content);
	return NULL;
}
