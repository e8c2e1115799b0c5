/*
 * User pictures by file name from a zip: <emp_code>.jpg each. The archive is read by a thread;
 * pictures are sealed and stored as those that terminals send, and go to the terminals from there.
 */
#include <openssl/evp.h>
#include <string.h>

#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "import.h"
#include "import_file.h"
#include "scope.h"
#include "unzip.h"

enum {
	PHOTO_MOST = 1 << 20, /* bytes of one: more than terminals show */
	UNPACKED_MOST = 128 << 20,
	PHOTOS_MOST = 5000,
	DEADLINE_MS = 600000
};

struct photo {
	const char *file;
	const char *code;
	const char *problem;
	char *content; /* base64, as terminals write it */
	size_t len;
	unsigned char *bytes;
	size_t size, got;
};

struct photo_import {
	struct req *req;
	struct import_file file;
	const char *problem;
	struct photo *photos;
	int n;
	int at;
	struct db_statement *statements;
	int nstatements;
};

static req_step archive_read, people_found, photos_go_on, photo_stored, photos_stored;

/* --- on the thread ---------------------------------------------------------------------------- */

static bool photo_take(void *arg, const char *bytes, size_t n)
{
	struct photo *p = arg;

	if (n > p->size - p->got)
		return false;
	memcpy(p->bytes + p->got, bytes, n);
	p->got += n;
	return true;
}

/* "1001.jpg" -> "1001"; NULL: no such name. */
static const char *name_code(struct arena *a, const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name || dot - name > 20 || strpbrk(name, "/\\") ||
		(!str_same_word(dot, ".jpg") && !str_same_word(dot, ".jpeg")))
		return NULL;
	return arena_memdup(a, name, (size_t)(dot - name));
}

static const char *photo_read(struct arena *a, struct unzip *zip, int64_t entry, struct photo *p)
{
	const char *why;
	int64_t size = unzip_size(zip, entry, &why);

	if (size < 0)
		return why;
	if (size > PHOTO_MOST)
		return "The picture is larger than 1 MiB.";
	p->size = (size_t)size;
	p->bytes = arena_alloc(a, p->size + 1);
	if (!unzip_read(zip, entry, photo_take, p, &why))
		return why;
	if (p->got < 4 || memcmp(p->bytes, "\xff\xd8\xff", 3) != 0)
		return "The file is no JPEG picture.";
	p->content = arena_alloc(a, (p->got + 2) / 3 * 4 + 1);
	p->len = (size_t)EVP_EncodeBlock((unsigned char *)p->content, p->bytes, (int)p->got);
	return NULL;
}

static void entry_read(struct photo_import *im, struct unzip *zip, int64_t entry)
{
	struct arena *a = req_arena(im->req);
	const char *name = unzip_name(zip, entry);
	size_t n = name ? strlen(name) : 0;
	struct photo *p = &im->photos[im->n];

	if (n > 0 && name[n - 1] == '/') /* a directory: its files are told */
		return;
	p->file = name && n <= 200 ? arena_strdup(a, name) : "";
	p->code = name ? name_code(a, name) : NULL;
	if (!p->code)
		p->problem = "The name must be <emp_code>.jpg, without a directory.";
	else
		p->problem = photo_read(a, zip, entry, p);
	im->n++;
}

static void archive_parse(void *arg)
{
	struct photo_import *im = arg;
	struct unzip *zip = unzip_open(im->file.bytes, im->file.n, UNPACKED_MOST, &im->problem);

	if (!zip)
		return;
	if (unzip_count(zip) > PHOTOS_MOST) {
		im->problem = "More than 5000 pictures.";
	} else {
		im->photos = arena_array(
			req_arena(im->req), (size_t)unzip_count(zip) + 1, sizeof(*im->photos));
		for (int64_t i = 0; i < unzip_count(zip); i++)
			entry_read(im, zip, i);
	}
	unzip_close(zip);
}

/* --- on the loop ------------------------------------------------------------------------------ */

void import_photos(struct req *r, const struct rows *rows)
{
	struct photo_import *im = arena_alloc(req_arena(r), sizeof(*im));

	im->req = r;
	if (!import_file_read(r, &im->file))
		return;
	req_set_data(r, im);
	req_offload_to(r, api_of(r)->files, archive_parse, im, archive_read);
}

static void archive_read(struct req *r, const struct rows *rows)
{
	struct photo_import *im = req_data(r);
	struct arena *a = req_arena(r);

	if (im->problem) {
		error_field(r, "file", im->problem);
		return;
	}
	const char **codes = arena_array(a, (size_t)im->n + 1, sizeof(*codes));
	for (int i = 0; i < im->n; i++)
		codes[i] = im->photos[i].code ? im->photos[i].code : "";
	im->file.rows = im->n;
	im->statements = arena_array(a, (size_t)im->n + 1, sizeof(*im->statements));
	struct sql *sql = sql_new(a);
	sql_arg(sql,
		"select e.id is not null, f.id is not null,"
		" row_number() over (partition by k.code order by k.nr)"
		" from unnest($$::text[]) with ordinality k (code, nr)"
		" left join employee e on e.emp_code = k.code",
		db_text_array(a, codes, im->n));
	scope_add(sql, r, "employee", "e");
	sql_add(sql, " left join photo f on f.pin_id = e.pin_id and f.form = 'USERPIC'"
		     " and f.bio_type = 0 order by k.nr");
	sql_run(sql, r, people_found);
}

static void photo_refuse(struct photo_import *im, int i)
{
	json_t *errors = errors_new(req_arena(im->req));

	errors_add(errors, "file", "%s", im->photos[i].problem);
	import_file_refuse(&im->file, i + 1, "file", im->photos[i].file, errors);
}

static void people_found(struct req *r, const struct rows *rows)
{
	struct photo_import *im = req_data(r);

	for (int i = 0; i < im->n && i < rows_count(rows); i++) {
		struct photo *p = &im->photos[i];
		if (!p->problem && !rows_bool(rows, i, 0))
			p->problem = "There is no such employee.";
		else if (!p->problem && rows_int(rows, i, 2) > 1)
			p->problem = "An entry before is of the same employee.";
		else if (!p->problem && rows_bool(rows, i, 1) && !im->file.update)
			p->problem = "The employee has a picture already.";
		if (p->problem)
			photo_refuse(im, i);
		else if (rows_bool(rows, i, 1))
			im->file.updated++;
		else
			im->file.created++;
	}
	if (im->file.dry_run || import_file_fails(&im->file))
		import_file_reply(r, &im->file);
	else
		photos_go_on(r, NULL);
}

/* Of whom and what, as for pictures of terminals: the same again is no change. */
static unsigned char *photo_hash(struct req *r, const struct photo *p)
{
	unsigned char digest[SEAL_KEY_SIZE], *hash = arena_alloc(req_arena(r), SEAL_KEY_SIZE);
	struct str s = str_new(req_arena(r));

	seal_sha256(p->content, p->len, digest);
	str_addn(&s, p->code, strlen(p->code) + 1);
	str_add(&s, "0 0 ");
	str_addn(&s, digest, sizeof(digest));
	seal_hmac(api_of(r)->options.secrets->lookup, str_text(&s), s.len, hash);
	return hash;
}

static void photo_seal(struct req *r, const struct photo *p, struct db_statement *out)
{
	struct arena *a = req_arena(r);
	struct db_arg *args = arena_array(a, 6, sizeof(*args));
	unsigned char *row_key = arena_alloc(a, SEAL_ROW_KEY_SIZE);
	size_t n;

	seal_random(row_key, SEAL_ROW_KEY_SIZE);
	const unsigned char *sealed = seal_close(
		api_of(r)->options.seal, a, "photo.sealed", row_key, p->content, p->len, &n);
	args[0] = db_text(p->code);
	args[1] = db_text(arena_printf(a, "%s.jpg", p->code));
	args[2] = db_int(a, (int64_t)p->len);
	args[3] = db_bytes(row_key, SEAL_ROW_KEY_SIZE);
	args[4] = db_bytes(sealed, n);
	args[5] = db_bytes(photo_hash(r, p), SEAL_KEY_SIZE);
	*out = (struct db_statement){
		"select photo_keep(array[$1::text], array['USERPIC'], array[0], array[$2::text],"
		" array[$3::text], array[''], array[$4::bytea], array[$5::bytea],"
		" array[$6::bytea])",
		args, 6
	};
}

/* One is sealed in each turn of the loop. */
static void photos_go_on(struct req *r, const struct rows *rows)
{
	struct photo_import *im = req_data(r);

	while (im->at < im->n && im->photos[im->at].problem)
		im->at++;
	if (im->at == im->n && im->nstatements > 0) {
		req_query_with(r, photos_stored,
			&(struct req_query_options){ .deadline_ms = DEADLINE_MS }, im->statements,
			im->nstatements);
	} else if (im->at == im->n) {
		import_file_reply(r, &im->file);
	} else if (im->file.good) {
		struct db_statement one;
		photo_seal(r, &im->photos[im->at++], &one);
		req_query_with(r, photo_stored, &(struct req_query_options){ 0 }, &one, 1);
	} else {
		photo_seal(r, &im->photos[im->at++], &im->statements[im->nstatements++]);
		req_query(r, photos_go_on, "select", 0, NULL);
	}
}

static void photo_stored(struct req *r, const struct rows *rows)
{
	photos_go_on(r, NULL);
}

static void photos_stored(struct req *r, const struct rows *rows)
{
	struct photo_import *im = req_data(r);

	import_file_reply(r, &im->file);
}
