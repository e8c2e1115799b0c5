/* Records and pictures that have a place of their own beside templates and user photos. */
#include <stdio.h>

#include "attphoto.h"
#include "fatal.h"
#include "means.h"
#include "records_private.h"

#define MAX_CODE 32
#define MAX_WORD 200

/* A member as text of at most max bytes; "" when it has none, or one that cannot be decoded: the
 * line, which is kept, has it. */
static const char *member(struct records *rs, const struct terminal *t, const struct record *r,
	const char *key, size_t max)
{
	const char *text = records_text(rs, t, record_get(r, key));
	return text ? arena_memdup(rs->arena, text, text_cut_bytes(text, max)) : "";
}

/* The PIN, when the record has one that can be used. */
static const char *pin_if_any(struct records *rs, const struct terminal *t, const struct record *r)
{
	const char *reason;
	return records_pin(rs, t, r, &reason);
}

bool records_id_card(struct records *rs, const struct terminal *t, const struct record *r)
{
	static const char *const keys[] = { "IDNum", "SNNum", "DNNum", "PIN", "Name" };
	bool known = false;
	for (size_t i = 0; i < LEN(keys); i++)
		known |= record_get(r, keys[i]).text != NULL;
	if (!known)
		return false;
	struct record_row *row = records_add_once(rs, RECORDS_ID_CARD, t, "IDCARD", r->line);
	if (!row)
		return true;
	row->pin = pin_if_any(rs, t, r);
	records_seal(rs, row, "id_card.sealed", r->line);
	return true;
}

/* The id is only meant where the report is about a command. */
bool records_error(struct records *rs, const struct terminal *t, const struct record *r)
{
	int64_t id;
	const char *code = member(rs, t, r, "ErrCode", MAX_CODE);
	if (!*code)
		return false;
	struct record_row *row = records_add_once(rs, RECORDS_ERROR, t, "ERRORLOG", r->line);
	if (!row)
		return true;
	row->texts[0] = code;
	row->texts[1] = member(rs, t, r, "ErrMsg", MAX_WORD);
	row->texts[2] = member(rs, t, r, "DataOrigin", MAX_CODE);
	if (span_is(record_get(r, "DataOrigin"), "cmd") &&
		record_get_number(r, "CmdId", 1, 9999999999, &id))
		row->texts[3] = arena_printf(rs->arena, "%lld", (long long)id);
	records_seal(rs, row, "error_log.sealed", r->line);
	return true;
}

/* "PIN=<number> CODE= NAME="; the older form has no number. */
bool records_work_code(struct records *rs, const struct terminal *t, const struct record *r)
{
	const char *code = member(rs, t, r, "CODE", MAX_CODE);
	if (!*code)
		return false;
	struct record_row *row = records_add(rs, RECORDS_WORK_CODE, t, "WORKCODE");
	row->texts[0] = code;
	row->texts[1] = member(rs, t, r, "NAME", MAX_WORD);
	row->texts[2] = member(rs, t, r, "PIN", MAX_CODE);
	return true;
}

bool records_message(struct records *rs, const struct terminal *t, const struct record *r)
{
	const char *uid = member(rs, t, r, "UID", MAX_CODE);
	if (!*uid)
		return false;
	struct record_row *row = records_add(rs, RECORDS_MESSAGE, t, "SMS");
	row->texts[0] = uid;
	row->numbers[0] = records_int(r, "TAG", -1);
	row->numbers[1] = records_int(r, "MIN", -1);
	if (!record_time(record_get(r, "StartTime"), &row->wall))
		row->wall = RECORDS_NO_WALL;
	struct span text = record_get(r, "MSG");
	records_seal(rs, row, "terminal_message.sealed", text.text ? text : span_of(""));
	return true;
}

/* ---- pictures ---- */

static const char *records_punch_photo(struct records *rs, const struct terminal *t,
	const struct attphoto_name *name, struct span picture)
{
	const char *pin = NULL, *reason;
	if (name->pin.text) {
		pin = text_pin(rs->arena, name->pin, &t->encoding, &reason);
		if (!pin)
			return reason;
	}
	struct str content = str_new(rs->arena);
	if (name->whole.len)
		str_addn(&content, name->whole.text, name->whole.len);
	str_addc(&content, '\n');
	str_addn(&content, picture.text, picture.len);
	struct span plain = { content.text, content.len };
	struct record_row *row = records_add_once(rs, RECORDS_PUNCH_PHOTO, t, "ATTPHOTO", plain);
	if (!row)
		return NULL;
	row->pin = pin;
	if (name->has_time)
		row->wall = name->wall;
	row->texts[0] = attphoto_kind_word(name->kind);
	row->numbers[0] = (int32_t)picture.len;
	records_seal(rs, row, "punch_photo.sealed", plain);
	return NULL;
}

/* The name stands in the text before the picture, in the request, or in both. */
static void photo_name(const struct terminal *t, const struct attphoto *photo, const char *asked,
	struct attphoto_name *name)
{
	bool person_id = t->dialect.quirks & DIALECT_PERSON_ID;
	attphoto_name(photo->name, person_id, name);
	if (asked && !name->has_time)
		attphoto_name(span_of(asked), person_id, name);
}

/* False: there is no picture. */
static bool photo_read(struct arena *a, struct span body, struct attphoto *photo)
{
	size_t n;
	if (attphoto_read(body.text, body.len, photo))
		return false;
	if (!photo->base64)
		return true;
	unsigned char *bytes = arena_alloc(a, photo->picture.len / 4 * 3 + 3);
	bool good = attphoto_decode(photo->picture, bytes, &n);
	photo->picture = (struct span){ (const char *)bytes, good ? n : 0 };
	return good;
}

const char *records_photo_upload(
	struct records *rs, const struct terminal *t, struct span body, const char *asked)
{
	struct attphoto photo;
	struct attphoto_name name;
	if (!photo_read(rs->arena, body, &photo))
		return "no photo";
	photo_name(t, &photo, asked, &name);
	return records_punch_photo(rs, t, &name, photo.picture);
}

/* The same image of another person or finger is another. */
void records_fp_image(struct records *rs, const struct terminal *t, const char *pin, int finger,
	struct span picture)
{
	char place[64];
	pin = records_usable_pin(rs, t, pin);
	snprintf(place, sizeof(place), "FPIMAGE %d %s", finger, pin ? pin : "");
	struct record_row *row =
		records_add_once(rs, RECORDS_FP_IMAGE, t, arena_strdup(rs->arena, place), picture);
	if (!row)
		return;
	row->pin = pin;
	row->numbers[0] = finger;
	records_seal(rs, row, "fp_image.sealed", picture);
}
