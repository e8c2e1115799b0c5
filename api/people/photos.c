/*
 * Pictures of employees, and comparison photos that wait for approval. Both are sealed at rest;
 * each has a path that wants a login. What is stored here goes to the terminals that can take it,
 * like what terminals upload (migrations/functions/templates.sql).
 */
#include "photos.h"

#include <string.h>

#include "about.h"
#include "auth.h"
#include "body.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "log.h"
#include "picture.h"
#include "resource_private.h"
#include "scope.h"

/* A sealed value and what goes with it. */
struct sealed {
	unsigned char row_key[SEAL_ROW_KEY_SIZE];
	unsigned char hash[SEAL_KEY_SIZE];
	const unsigned char *bytes;
	size_t n;
	const char *pin;
};

/* The photo of a PIN as base64, sealed for the table photo. The hash is that of the same photo from
 * a terminal (adms/keep/records.c): who sends back what it was given changes nothing. */
static void photo_seal(struct req *r, const char *pin, const struct picture *p, struct sealed *out)
{
	const struct api_options *o = &api_of(r)->options;
	struct arena *a = req_arena(r);
	unsigned char digest[SEAL_KEY_SIZE];
	struct str said = str_new(a);
	size_t n;
	const char *text = picture_text(a, p, &n);

	seal_sha256(text, n, digest);
	str_addn(&said, pin, strlen(pin) + 1);
	str_addf(&said, "%d %d ", 0, 0);
	str_addn(&said, (const char *)digest, sizeof(digest));
	seal_hmac(o->secrets->lookup, said.text, said.len, out->hash);
	seal_random(out->row_key, sizeof(out->row_key));
	out->bytes = seal_close(o->seal, a, "photo.sealed", out->row_key, text, n, &out->n);
	out->pin = pin;
}

/* Opens columns 0 and 1 of the first row; NULL: not there, or logged. */
static const char *sealed_read(struct req *r, const struct rows *rows, const char *place, size_t *n)
{
	const char *plain = NULL;

	if (rows_count(rows) == 0 || rows_null(rows, 0, 0))
		return NULL;
	if (rows_len(rows, 0, 0) == SEAL_ROW_KEY_SIZE)
		plain = seal_open(api_of(r)->options.seal, req_arena(r), place,
			(const unsigned char *)rows_text(rows, 0, 0), rows_text(rows, 0, 1),
			rows_len(rows, 0, 1), n);
	if (!plain)
		log_error("sealed_record_unreadable", "place", place, NULL);
	return plain;
}

/* The picture behind base64 text. A terminal may have sent anything. */
static void base64_reply(struct req *r, const char *text)
{
	struct picture p;

	if (picture_decode(req_arena(r), text, &p))
		picture_reply(r, p.bytes, p.n);
	else
		error_not_found(r);
}

/* --- pictures of employees -------------------------------------------------------------------- */

static req_step photo_found, photo_wanted, photo_stored, photo_removed;

static const char photo_sql[] =
	"select p.row_key, p.sealed from employee e join photo p on p.pin_id = e.pin_id"
	" where p.form = 'USERPIC' and ";

void photo_reply_of(struct req *r, int32_t employee)
{
	struct sql *sql = sql_new(req_arena(r));

	sql_add(sql, photo_sql);
	sql_arg(sql, "e.id = $$::int", db_int(req_arena(r), employee));
	sql_run(sql, r, photo_found);
}

void photo_read(struct req *r, const struct rows *rows)
{
	int32_t id;

	if (resource_id(r, &id))
		photo_reply_of(r, id);
}

/* /auth_files/photo/<emp_code>.jpg */
void photo_read_named(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	const char *name = req_arg(r, "name");
	size_t n = strlen(name);

	if (n < 5 || strcmp(name + n - 4, ".jpg") != 0) {
		error_not_found(r);
		return;
	}
	sql_add(sql, photo_sql);
	sql_arg(sql, "e.emp_code = $$::text", db_text(arena_memdup(req_arena(r), name, n - 4)));
	scope_add(sql, r, "employee", "e");
	sql_run(sql, r, photo_found);
}

static void photo_found(struct req *r, const struct rows *rows)
{
	size_t n = 0;
	const char *text = sealed_read(r, rows, "photo.sealed", &n);

	if (text)
		base64_reply(r, text);
	else
		error_not_found(r);
}

struct upload {
	int32_t id; /* of the employee */
	struct picture picture;
	struct sealed sealed;
};

/* False: replied. */
static bool upload_read(struct req *r, struct upload *u, const char *member)
{
	if (!picture_of(r, member, &u->picture))
		return false;
	const char *problem = picture_problem(&u->picture);
	if (problem)
		error_field(r, member, problem);
	return !problem;
}

/* PUT or POST employees/{id}/photo/ */
void photo_write(struct req *r, const struct rows *rows)
{
	struct upload *u = arena_alloc(req_arena(r), sizeof(*u));

	req_set_data(r, u);
	if (!resource_id(r, &u->id) || !upload_read(r, u, "photo"))
		return;
	const struct db_arg args[] = { db_int(req_arena(r), u->id) };
	req_query(r, photo_wanted, "select emp_code from employee where id = $1::int", LEN(args),
		args);
}

static void photo_wanted(struct req *r, const struct rows *rows)
{
	struct upload *u = req_data(r);
	struct arena *a = req_arena(r);

	if (rows_count(rows) == 0) {
		error_not_found(r);
		return;
	}
	photo_seal(r, rows_text(rows, 0, 0), &u->picture, &u->sealed);
	const struct sealed *s = &u->sealed;
	const struct db_arg args[] = { db_int(a, u->id), db_text(s->pin),
		db_bytes(s->row_key, sizeof(s->row_key)), db_bytes(s->bytes, s->n),
		db_bytes(s->hash, sizeof(s->hash)) };
	req_query(r, photo_stored,
		"select employee_photo_store($1::int, $2::text, $3::bytea, $4::bytea, $5::bytea)",
		LEN(args), args);
}

static void photo_stored(struct req *r, const struct rows *rows)
{
	json_t *reply;

	if (rows_null(rows, 0, 0)) {
		error_not_found(r);
		return;
	}
	reply = errors_new(req_arena(r));
	json_object_set_new(reply, "photo", json_string(rows_text(rows, 0, 0)));
	reply_json(r, 200, reply);
}

void photo_delete(struct req *r, const struct rows *rows)
{
	int32_t id;

	if (!resource_id(r, &id))
		return;
	const struct db_arg args[] = { db_int(req_arena(r), id),
		db_int(req_arena(r), api_of(r)->options.config->command_expiry),
		db_int(req_arena(r), auth_account(r)->id) };
	req_query(r, photo_removed,
		"select employee_photo_remove($1::int, make_interval(secs => $2::int8), $3::int)",
		LEN(args), args);
}

static void photo_removed(struct req *r, const struct rows *rows)
{
	if (rows_bool(rows, 0, 0))
		req_empty(r, 204);
	else
		error_not_found(r);
}

/* --- comparison photos ------------------------------------------------------------------------ */

static const struct field photo_employee[] = {
	{ "id", "e.id", FT_INT },
	{ "emp_code", "e.emp_code", FT_TEXT },
	{ "first_name", "e.first_name", FT_TEXT },
	{ "last_name", "e.last_name", FT_TEXT },
	{ 0 },
};

static const struct field bio_photo_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "employee", NULL, FT_REF, F_WRITE | F_REQUIRED | F_FIXED, OP_EQ, .column = "employee_id",
		.table = "employee", .members = photo_employee },
	{ "emp_code", "e.emp_code", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "first_name", "e.first_name", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "last_name", "e.last_name", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "enroll_sn", "e.enroll_sn", FT_TEXT, 0, OP_EQ },
	{ "register_photo", "'/iclock/api/biophotos/' || t.id || '/photo/'", FT_TEXT },
	{ "register_time", "t.register_time", FT_TIME, F_ORDER },
	{ "approval_photo",
		"case when t.approval_state = 1 then '/iclock/api/biophotos/' || t.id || '/photo/'"
		" else '' end",
		FT_TEXT },
	{ "approval_state", "t.approval_state", FT_INT, F_ORDER, OP_EQ },
	{ "approval_time", "t.approval_time", FT_TIME, F_ORDER },
	{ "remark", "t.remark", FT_TEXT, F_WRITE, 0, 200, .null_as = "''" },
	{ 0 },
};

static const struct filter bio_photo_filters[] = {
	{ "employees", FILTER_IDS, "t.employee_id = any($$)" },
	{ "start_time", FILTER_TIME, "t.register_time >= $$" },
	{ "end_time", FILTER_TIME, "t.register_time < $$ + interval '1 second'" },
	{ 0 },
};

static const char *const bio_photo_search[] = { "e.emp_code", "e.first_name", "e.last_name", NULL };

#define BIO_PHOTO_FROM "bio_photo t join employee e on e.id = t.employee_id"

const struct resource bio_photos = {
	.name = "biophoto",
	.table = "bio_photo",
	.from = BIO_PHOTO_FROM,
	.count_from = BIO_PHOTO_FROM,
	.fields = bio_photo_fields,
	.filters = bio_photo_filters,
	.search = bio_photo_search,
};

static req_step bio_photo_checked, bio_photo_stored, bio_photo_shown, bio_photo_found,
	bio_photo_judged;

struct registration {
	struct picture picture;
	struct write write;
};

/* POST biophotos/: employee, register_photo (a file, or base64), remark. */
void bio_photo_create(struct req *r, const struct rows *rows)
{
	struct registration *g = arena_alloc(req_arena(r), sizeof(*g));
	struct write *w = &g->write;
	struct sql *sql = sql_new(req_arena(r));

	if (!api_of(r)->options.config->store_biometrics) {
		error_detail(r, 403, "Not while the setting store_biometrics is off.");
		return;
	}
	if (!picture_of(r, "register_photo", &g->picture))
		return;
	req_set_data(r, g);
	*w = (struct write){ .req = r, .arena = req_arena(r), .res = &bio_photos, .create = true };
	w->body = g->picture.members;
	write_prepare(w);
	const char *problem = picture_problem(&g->picture);
	if (problem)
		errors_add(w->errors, "register_photo", "%s", problem);
	sql_add(sql, "select true");
	write_checks_add(w, sql);
	sql_run(sql, r, bio_photo_checked);
}

static void bio_photo_checked(struct req *r, const struct rows *rows)
{
	struct registration *g = req_data(r);
	struct write *w = &g->write;
	struct arena *a = req_arena(r);
	unsigned char *row_key = arena_alloc(a, SEAL_ROW_KEY_SIZE);
	const char *remark = write_text(w, "remark");
	size_t n;

	write_checks_tell(w, rows);
	if (errors_reply(r, w->errors))
		return;
	seal_random(row_key, SEAL_ROW_KEY_SIZE);
	const unsigned char *sealed = seal_close(api_of(r)->options.seal, a, "bio_photo.sealed",
		row_key, g->picture.bytes, g->picture.n, &n);
	const struct db_arg args[] = { db_text(write_text(w, "employee")),
		db_int(a, (int64_t)g->picture.n), db_bytes(row_key, SEAL_ROW_KEY_SIZE),
		db_bytes(sealed, n), db_text(remark ? remark : "") };
	req_query(r, bio_photo_stored,
		"insert into bio_photo (employee_id, size, row_key, sealed, remark)"
		" values ($1::int, $2::int, $3::bytea, $4::bytea, $5::text) returning id",
		LEN(args), args);
}

static void bio_photo_stored(struct req *r, const struct rows *rows)
{
	resource_query_one(r, &bio_photos, (int32_t)rows_int(rows, 0, 0), bio_photo_shown);
}

static void bio_photo_shown(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, &bio_photos, 201, rows);
}

static void bio_photo_query(struct req *r, req_step *next)
{
	int32_t id;

	if (!resource_id(r, &id))
		return;
	const struct db_arg args[] = { db_int(req_arena(r), id) };
	const struct db_statement find = {
		"select t.row_key, t.sealed, e.emp_code from bio_photo t"
		" join employee e on e.id = t.employee_id where t.id = $1::int",
		args, LEN(args)
	};
	req_query_with(r, next, &(struct req_query_options){ .binary = true }, &find, 1);
}

static void bio_photo_picture_found(struct req *r, const struct rows *rows)
{
	size_t n = 0;
	const char *bytes = sealed_read(r, rows, "bio_photo.sealed", &n);

	if (bytes)
		picture_reply(r, bytes, n);
	else
		error_not_found(r);
}

void bio_photo_picture(struct req *r, const struct rows *rows)
{
	bio_photo_query(r, bio_photo_picture_found);
}

static const struct field judge_fields[] = {
	{ "remark", "t.remark", FT_TEXT, F_WRITE, 0, 200, .null_as = "''" },
	{ 0 },
};

static const struct resource judgement = { .name = "biophoto", .fields = judge_fields };

struct judgement {
	int32_t id;
	struct sealed sealed;
	struct picture picture;
	struct write write;
};

void bio_photo_judge(struct req *r, const struct rows *rows)
{
	struct judgement *j = arena_alloc(req_arena(r), sizeof(*j));
	struct write *w = &j->write;

	*w = (struct write){ .req = r, .arena = req_arena(r), .res = &judgement };
	w->body = body_read(r);
	if (!w->body)
		return;
	write_prepare(w);
	if (errors_reply(r, w->errors))
		return;
	req_set_data(r, j);
	bio_photo_query(r, bio_photo_found);
}

static void bio_photo_found(struct req *r, const struct rows *rows)
{
	struct judgement *j = req_data(r);
	struct arena *a = req_arena(r);
	bool approve = strcmp(req_route(r)->spec, "approve") == 0;
	size_t n = 0;
	const char *bytes = sealed_read(r, rows, "bio_photo.sealed", &n);

	if (!bytes) {
		error_not_found(r);
		return;
	}
	j->picture = (struct picture){ (const unsigned char *)bytes, n, NULL };
	photo_seal(r, rows_text(rows, 0, 2), &j->picture, &j->sealed);
	const struct sealed *s = &j->sealed;
	resource_id(r, &j->id);
	const struct db_arg args[] = { db_int(a, j->id), db_bool(approve),
		db_int(a, auth_account(r)->id), db_text(write_text(&j->write, "remark")),
		db_text(s->pin), db_bytes(s->row_key, sizeof(s->row_key)), db_bytes(s->bytes, s->n),
		db_bytes(s->hash, sizeof(s->hash)) };
	req_query(r, bio_photo_judged,
		"select bio_photo_judge($1::int, $2::boolean, $3::int, $4::text, $5::text, $6::bytea,"
		" $7::bytea, $8::bytea)",
		LEN(args), args);
}

static void bio_photo_read_shown(struct req *r, const struct rows *rows)
{
	resource_reply_one(r, &bio_photos, 200, rows);
}

static void bio_photo_judged(struct req *r, const struct rows *rows)
{
	const struct judgement *j = req_data(r);

	if (rows_null(rows, 0, 0))
		error_not_found(r);
	else if (!rows_bool(rows, 0, 0))
		error_detail(r, 400, "This photo is approved already.");
	else
		resource_query_one(r, &bio_photos, j->id, bio_photo_read_shown);
}

/* --- for the documentation -------------------------------------------------------------------- */

#define PICTURE_EXAMPLE "/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==" /* the frame of a JPEG */

void photo_about(const struct route *route, struct arena *a, struct about *about)
{
	static const struct field body[] = {
		{ "photo", NULL, FT_TEXT, F_WRITE | F_REQUIRED, .example = PICTURE_EXAMPLE },
		{ 0 },
	};
	static const struct field reply[] = { { "photo", NULL, FT_TEXT, F_NOT_NULL }, { 0 } };

	about->summary = "A picture: the bytes themselves, a file of a form, or base64";
	about->reply = ABOUT_ROW;
	about->shape = reply;
	about->body = body;
}

void bio_photo_about(const struct route *route, struct arena *a, struct about *about)
{
	static const struct field body[] = {
		{ "employee", NULL, FT_REF, F_WRITE | F_REQUIRED, .table = "employee" },
		{ "register_photo", NULL, FT_TEXT, F_WRITE | F_REQUIRED,
			.example = PICTURE_EXAMPLE },
		{ "remark", NULL, FT_TEXT, F_WRITE, .max = 200 },
		{ 0 },
	};
	bool creates = route->handler == bio_photo_create;

	about->summary = creates ? "A photo to be approved" : "Judge a photo";
	about->status = creates ? 201 : 200;
	about->reply = ABOUT_ROW;
	about->shape = bio_photo_fields;
	about->body = creates ? body : judge_fields;
	about->partial = !creates;
}
