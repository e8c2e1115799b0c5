/*
 * GET /personnel/api/employees/{id}/export/: all that is held of one person, as one JSON document:
 * a list per kind, each row as it is stored, sealed values opened, pictures in base64. Streamed, so
 * that only some rows are in memory at a time.
 */
#include <openssl/evp.h>
#include <string.h>

#include "auditlogs.h"
#include "context.h"
#include "erase.h"
#include "errors.h"
#include "fatal.h"
#include "log.h"
#include "resource_private.h"

enum sealed_kind {
	SEALED_NONE,
	SEALED_RECORD, /* a JSON object */
	SEALED_TEXT, /* or base64, where it is no text */
	SEALED_BYTES
};

#define CLAIM(place) "person_claim t where t.pin_id = $2 and t.place = '" place "'", place

/* $1 is the employee, $2 the PIN. */
static const struct section {
	const char *name;
	const char *from; /* calls the row "t", with an id */
	const char *place;
	enum sealed_kind kind;
	int piece; /* rows in memory at once */
} sections[] = {
	{ "employee", "employee t where t.id = $1", "employee.sealed", SEALED_RECORD, 1 },
	{ "department",
		"department t where t.id = (select department_id from employee where id = $1)",
		NULL, SEALED_NONE, 1 },
	{ "position", "position t where t.id = (select position_id from employee where id = $1)",
		NULL, SEALED_NONE, 1 },
	{ "areas",
		"area t where t.id in (select area_id from employee_area where employee_id = $1)",
		NULL, SEALED_NONE, 500 },
	{ "attribute_names", "custom_attribute t where $1 > 0", NULL, SEALED_NONE, 500 },
	{ "resignation", "resign t where t.employee_id = $1", NULL, SEALED_NONE, 1 },
	{ "staff_login",
		"(select employee_id as id, tokens_from from staff_login where employee_id = $1) t"
		" where true",
		NULL, SEALED_NONE, 1 },
	{ "messages", "private_message t where t.employee_id = $1", "private_message.sealed",
		SEALED_RECORD, 500 },
	{ "manual_logs", "manual_log t where t.employee_id = $1", NULL, SEALED_NONE, 500 },
	{ "leaves", "att_leave t where t.employee_id = $1", NULL, SEALED_NONE, 500 },
	{ "punches",
		"(select p.id, n.code as emp_code, p.punch_time, p.upload_time, p.tz_offset,"
		" p.punch_state, p.verify_type, p.is_mask, p.temperature, p.work_code,"
		" encode(p.rest, 'base64') as rest, o.sn, o.alias, o.area_alias from punch p"
		" join punch_origin o on o.id = p.origin_id join pin n on n.id = p.pin_id"
		" where p.pin_id = $2) t where true",
		NULL, SEALED_NONE, 1000 },
	{ "moved_punches", "punch_shift_row t where t.pin_id = $2", NULL, SEALED_NONE, 500 },
	{ "punch_variants", "punch_variant t where t.pin_id = $2", NULL, SEALED_NONE, 500 },
	{ "templates", "template t where t.pin_id = $2", "template.sealed", SEALED_TEXT, 50 },
	{ "photos", "photo t where t.pin_id = $2", "photo.sealed", SEALED_TEXT, 5 },
	{ "comparison_photos", "bio_photo t where t.employee_id = $1", "bio_photo.sealed",
		SEALED_BYTES, 5 },
	{ "punch_photos", "punch_photo t where t.pin_id = $2", "punch_photo.sealed", SEALED_BYTES,
		5 },
	{ "fingerprint_images", "fp_image t where t.pin_id = $2", "fp_image.sealed", SEALED_BYTES,
		5 },
	{ "id_cards", "id_card t where t.pin_id = $2", "id_card.sealed", SEALED_TEXT, 50 },
	{ "raw_uploads", "raw_upload t where t.pin_id = $2", "raw_upload.sealed", SEALED_TEXT, 5 },
	/* what waits, sealed as where it would go */
	{ "claims", CLAIM("person_claim.sealed"), SEALED_TEXT, 50 },
	{ "claimed_templates", CLAIM("template.sealed"), SEALED_TEXT, 50 },
	{ "claimed_photos", CLAIM("photo.sealed"), SEALED_TEXT, 5 },
	{ "claimed_fingerprint_images", CLAIM("fp_image.sealed"), SEALED_BYTES, 5 },
	{ "claimed_id_cards", CLAIM("id_card.sealed"), SEALED_TEXT, 50 },
	{ "terminals",
		"(select p.row_id as id, d.sn, d.alias, p.wanted, p.user_there, p.sent_at,"
		" p.said_name as name_there from"
		" terminal_person p join terminal d on d.id = p.terminal_id where p.pin_id = $2) t"
		" where true",
		NULL, SEALED_NONE, 500 },
};

struct handing {
	int32_t id;
	int64_t pin;
	size_t at; /* in sections */
	int64_t after;
	bool begun, open; /* the document, the list of the section */
	bool comma; /* of the writer, over pieces */
};

static req_step holder_found, export_more, export_piece;

void person_export(struct req *r, const struct rows *rows)
{
	struct handing *h = arena_alloc(req_arena(r), sizeof(*h));

	if (!resource_id(r, &h->id))
		return;
	req_set_data(r, h);
	struct sql *sql = sql_new(req_arena(r));
	sql_arg(sql,
		"select pin_id, audit_note('export', 'employee', id, null) from employee"
		" where id = $$::int",
		db_int(req_arena(r), h->id));
	sql_run(sql, r, holder_found);
}

static void holder_found(struct req *r, const struct rows *rows)
{
	struct handing *h = req_data(r);

	if (rows_count(rows) == 0) {
		error_not_found(r);
		return;
	}
	h->pin = rows_int(rows, 0, 0);
	req_add_header(r, "Content-Disposition",
		arena_printf(
			req_arena(r), "attachment; filename=\"employee-%d.json\"", (int)h->id));
	req_stream(r, 200, "application/json", export_more);
}

/* --- one row -------------------------------------------------------------------------------- */

static void base64_write(struct out *o, struct arena *a, const char *bytes, size_t n)
{
	char *text = arena_alloc(a, n / 3 * 4 + 5);

	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes, (int)n);
	json_key(o, "base64");
	json_text(o, text);
}

static void sealed_write(
	struct out *o, struct req *r, const struct section *s, const struct rows *rows, int i)
{
	struct arena *scratch = arena_new();
	char *plain = NULL;
	size_t n = 0;

	if (rows_len(rows, i, 2) == SEAL_ROW_KEY_SIZE)
		plain = seal_open(api_of(r)->options.seal, scratch, s->place,
			(const void *)rows_text(rows, i, 2), rows_text(rows, i, 3),
			rows_len(rows, i, 3), &n);
	if (!plain) {
		log_error("sealed_record_unreadable", "place", s->place, NULL);
		json_key(o, "text");
		json_none(o);
	} else if (s->kind == SEALED_RECORD) {
		json_key(o, "record");
		json_raw(o, plain);
	} else if (s->kind == SEALED_TEXT && str_is_utf8(plain, n)) {
		json_key(o, "text");
		json_textn(o, plain, n);
	} else {
		base64_write(o, scratch, plain, n);
	}
	if (plain)
		explicit_bzero(plain, n);
	arena_free(scratch);
}

static void row_write(
	struct out *o, struct req *r, const struct section *s, const struct rows *rows, int i)
{
	json_open(o, '{');
	json_key(o, "row");
	json_raw(o, rows_text(rows, i, 1));
	if (s->kind != SEALED_NONE)
		sealed_write(o, r, s, rows, i);
	json_close(o, '}');
}

/* --- pieces --------------------------------------------------------------------------------- */

static void section_ask(struct req *r, struct handing *h, const struct section *s)
{
	struct arena *a = req_arena(r);
	struct sql *sql = sql_new(a);

	sql_param(sql, db_int(a, h->id));
	sql_param(sql, db_int(a, h->pin));
	sql_addf(sql,
		"with who as (select $1::int, $2::int) select t.id::bigint, (to_jsonb(t) -"
		" array['row_key', 'sealed', 'content_hash', 'card_hash', 'email_hash', 'version',"
		" 'pin_id'])::text, %s from %s",
		s->place ? "t.row_key, t.sealed" : "null::bytea, null::bytea", s->from);
	sql_arg(sql, " and t.id > $$::bigint order by t.id", db_int(a, h->after));
	sql_arg(sql, " limit $$::int", db_int(a, s->piece));
	sql_run(sql, r, export_piece);
}

static void export_more(struct req *r, const struct rows *rows)
{
	struct handing *h = req_data(r);
	struct out *o = req_stream_out(r);

	o->comma = h->comma;
	if (!h->begun)
		json_open(o, '{');
	h->begun = true;
	if (h->at == LEN(sections)) {
		json_close(o, '}');
		req_stream_end(r);
		return;
	}
	if (!h->open) {
		json_key(o, sections[h->at].name);
		json_open(o, '[');
	}
	h->open = true;
	h->comma = o->comma;
	section_ask(r, h, &sections[h->at]);
}

static void export_piece(struct req *r, const struct rows *rows)
{
	struct handing *h = req_data(r);
	struct out *o = req_stream_out(r);
	const struct section *s = &sections[h->at];
	int n = rows_count(rows);

	o->comma = h->comma;
	for (int i = 0; i < n; i++) {
		row_write(o, r, s, rows, i);
		h->after = rows_int(rows, i, 0);
	}
	if (n < s->piece) {
		json_close(o, ']');
		h->open = false;
		h->after = 0;
		h->at++;
	}
	h->comma = o->comma;
	req_stream_flush(r);
}
