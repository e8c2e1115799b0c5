/* Uploads that are one thing: punch photos, images of fingers, and what nobody understands. */
#include "attphoto.h"
#include "biometric.h"
#include "record.h"
#include "records.h"
#include "upload_private.h"

const struct db_statement upload_fresh_statement = { "select upload_fresh_count()", NULL, 0 };

static req_step records_kept;

/* What was collected and the stamp, in one transaction; then the reply. */
static void upload_keep(struct req *r, struct records *records)
{
	struct db_statement statements[RECORDS_STATEMENTS + 2];
	int n = records_statements(records, statements);
	n += upload_stamp_statement(r, &statements[n]);
	statements[n++] = upload_fresh_statement;
	req_query_with(r, records_kept, &(struct req_query_options){ .try = true }, statements, n);
}

static void records_kept(struct req *r, const struct rows *rows)
{
	if (req_error(r)) {
		upload_tell_failure(r, upload_of(r)->lines);
		upload_fail(r, "database");
		return;
	}
	upload_of(r)->counts.stored = rows_int(rows, 0, 0);
	upload_kept(r, NULL);
}

/* True for what store_biometrics does not keep: acknowledged, with its stamp, so that the terminal
 * does not send it for ever. */
static bool upload_is_dropped(struct req *r)
{
	struct db_statement stamp;
	if (contact_of(r)->adms->o.config->store_biometrics ||
		!biometric_table(upload_of(r)->table))
		return false;
	if (upload_stamp_statement(r, &stamp) == 0)
		upload_reply(r);
	else
		req_query_with(r, upload_kept, &(struct req_query_options){ 0 }, &stamp, 1);
	return true;
}

void upload_raw(struct req *r, const struct rows *rows)
{
	const struct upload *u = upload_of(r);
	struct records records = records_new(contact_of(r)->adms, req_arena(r));
	struct str content = str_new(req_arena(r));
	if (upload_is_dropped(r))
		return;
	if (u->len == 0) {
		upload_reply(r);
		return;
	}
	str_add(&content, req_target(r));
	str_addc(&content, '\n');
	str_addn(&content, u->body, u->len);
	records_raw(&records, contact_of(r)->terminal, u->table, req_param(r, "PIN"),
		(struct span){ content.text, content.len }, u->lines);
	upload_keep(r, &records);
}

/* The name stands in the text before the picture, in the request, or in both. */
static void photo_name(struct req *r, const struct attphoto *photo, struct attphoto_name *name)
{
	const char *asked = req_param(r, "PIN");
	bool person_id = contact_of(r)->terminal->dialect.quirks & DIALECT_PERSON_ID;
	attphoto_name(photo->name, person_id, name);
	if (asked && !name->has_time)
		attphoto_name(span_of(asked), person_id, name);
}

/* POST cdata with table=ATTPHOTO, or POST fdata. What is no photo is kept raw. */
void upload_attphoto(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct upload *u = upload_of(r);
	struct contact *c = contact_of(r);
	struct records records = records_new(c->adms, a);
	struct attphoto photo;
	struct attphoto_name name;
	u->lines = 1;
	if (upload_is_dropped(r))
		return;
	if (attphoto_read(u->body, u->len, &photo)) {
		upload_raw(r, NULL);
		return;
	}
	if (photo.base64) {
		unsigned char *bytes = arena_alloc(a, photo.picture.len / 4 * 3 + 3);
		size_t n;
		if (!attphoto_decode(photo.picture, bytes, &n)) {
			upload_raw(r, NULL);
			return;
		}
		photo.picture = (struct span){ (const char *)bytes, n };
	}
	photo_name(r, &photo, &name);
	if (records_punch_photo(&records, c->terminal, &name, photo.picture))
		upload_raw(r, NULL);
	else
		upload_keep(r, &records);
}

/* POST cdata with FPImage=: the body is the image. A wrong answer makes the enrolment at the
 * terminal fail (adms-push 2.7). */
void upload_fpimage(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	struct contact *c = contact_of(r);
	struct records records = records_new(c->adms, req_arena(r));
	const char *finger = req_param(r, "FID");
	int64_t n;
	u->lines = 1;
	if (upload_is_dropped(r))
		return;
	if (u->len == 0) {
		upload_reply(r);
		return;
	}
	records_fp_image(&records, c->terminal, req_param(r, "PIN"),
		finger && str_to_int(finger, 0, 9, &n) ? (int)n : -1,
		(struct span){ u->body, u->len });
	upload_keep(r, &records);
}
