/* Uploads that are one thing: punch photos, images of fingers, and what nobody understands. */
#include "biometric.h"
#include "record.h"
#include "records.h"
#include "upload.h"
#include "upload_private.h"

const struct db_statement upload_fresh_statement = { "select upload_fresh_count()", NULL, 0 };

static req_step upload_built, records_kept;

/* build(upload) collects records and ends with upload_encode(), or says that the upload is unfit; on
 * a thread where there is much to hash and to seal. */
static void upload_build(struct req *r, void (*build)(void *))
{
	struct upload *u = upload_of(r);
	u->terminal = upload_terminal(r);
	u->unfit = false;
	u->statements = arena_array(upload_piece(r), UPLOAD_STATEMENTS, sizeof(*u->statements));
	upload_work(r, build, upload_built);
}

static struct records upload_records_new(const struct upload *u)
{
	return records_new(contact_of(u->req)->adms, u->piece);
}

static void upload_encode(struct upload *u, struct records *records)
{
	u->nstatements = records_statements(records, u->statements);
}

/* What was collected and the stamp, in one transaction; then the reply. */
static void upload_built(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	const struct req_query_options options = { .try = true,
		.deadline_ms = upload_deadline_ms(u) };
	int n = u->nstatements;
	if (u->unfit) {
		upload_raw(r, NULL);
		return;
	}
	n += upload_stamp_statement(r, &u->statements[n]);
	u->statements[n++] = upload_fresh_statement;
	req_query_with(r, records_kept, &options, u->statements, n);
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

static void raw_build(void *arg)
{
	struct upload *u = arg;
	struct req *r = u->req;
	struct records records = upload_records_new(u);
	struct str content = str_new(u->piece);
	str_add(&content, req_target(r));
	str_addc(&content, '\n');
	str_addn(&content, u->body, u->len);
	records_raw(&records, u->terminal, u->table, req_param(r, "PIN"),
		(struct span){ content.text, content.len }, u->lines);
	u->counts.raw = u->lines;
	upload_encode(u, &records);
}

void upload_raw(struct req *r, const struct rows *rows)
{
	if (upload_is_dropped(r))
		return;
	if (upload_of(r)->len == 0)
		upload_reply(r);
	else
		upload_build(r, raw_build);
}

static void photo_build(void *arg)
{
	struct upload *u = arg;
	struct records records = upload_records_new(u);
	u->unfit = records_photo_upload(&records, u->terminal, (struct span){ u->body, u->len },
			   req_param(u->req, "PIN")) != NULL;
	if (!u->unfit)
		upload_encode(u, &records);
}

/* POST cdata with table=ATTPHOTO, or POST fdata. What is no photo is kept raw. */
void upload_attphoto(struct req *r, const struct rows *rows)
{
	upload_of(r)->lines = 1;
	if (!upload_is_dropped(r))
		upload_build(r, photo_build);
}

static void image_build(void *arg)
{
	struct upload *u = arg;
	struct records records = upload_records_new(u);
	const char *finger = req_param(u->req, "FID");
	int64_t n;
	records_fp_image(&records, u->terminal, req_param(u->req, "PIN"),
		finger && str_to_int(finger, 0, 9, &n) ? (int)n : -1,
		(struct span){ u->body, u->len });
	upload_encode(u, &records);
}

/* POST cdata with FPImage=: the body is the image. A wrong answer makes the enrolment at the
 * terminal fail (adms-push 2.7). */
void upload_fpimage(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	u->lines = 1;
	if (upload_is_dropped(r))
		return;
	if (u->len == 0)
		upload_reply(r);
	else
		upload_build(r, image_build);
}
