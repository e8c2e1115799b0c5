/*
 * User pictures by file name from a zip: <emp_code>.jpg each. The archive is read by threads, twice:
 * first all is looked at, then one picture after the other is unpacked, sealed and stored as those
 * that terminals send, and goes to the terminals from there. Never are there two of them unpacked.
 */
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "content.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "import.h"
#include "import_file.h"
#include "pin.h"
#include "scope.h"
#include "unzip.h"

enum {
	PHOTO_MOST = 1 << 20, /* bytes of one: more than terminals show */
	UNPACKED_LEAST = 8 << 20,
	UNPACKED_RATIO = 4, /* JPEG hardly packs any more */
	PHOTOS_MOST = 5000,
	DEADLINE_MS = 600000
};

struct photo {
	const char *file;
	const char *code;
	const char *problem;
	int64_t entry; /* of the archive */
};

struct photo_import {
	struct req *req;
	struct import_file file;
	const char *problem;
	struct unzip *zip;
	struct photo *photos;
	int n;
	int at;
	unsigned char *bytes; /* the one at work: room for PHOTO_MOST */
	size_t size, got;
	struct arena *turn; /* what is made of it, until it is stored */
	struct db_statement *statements;
	int nstatements;
};

static req_step archive_read, people_found, photos_go_on, photo_prepared, photos_stored;

/* --- on the thread ---------------------------------------------------------------------------- */

static bool photo_take(void *arg, const char *bytes, size_t n)
{
	struct photo_import *im = arg;

	if (n > im->size - im->got)
		return false;
	memcpy(im->bytes + im->got, bytes, n);
	im->got += n;
	return true;
}

/* "1001.jpg" -> "1001"; NULL: no such name. */
static const char *name_code(struct arena *a, const char *name)
{
	const char *dot = strrchr(name, '.'), *end = dot;

	if (!dot || strpbrk(name, "/\\") ||
		(!str_same_word(dot, ".jpg") && !str_same_word(dot, ".jpeg")))
		return NULL;
	while (name < end && *name == ' ')
		name++;
	while (end > name && end[-1] == ' ')
		end--;
	if (end == name || end - name > PIN_MAX)
		return NULL;
	return arena_memdup(a, name, (size_t)(end - name));
}

/* To im->bytes. NULL, or what is wrong with it. */
static const char *photo_read(struct photo_import *im, int64_t entry)
{
	const char *why;
	int64_t size = unzip_size(im->zip, entry, &why);

	if (size < 0)
		return why;
	if (size > PHOTO_MOST)
		return "The picture is larger than 1 MiB.";
	im->size = (size_t)size;
	im->got = 0;
	if (!unzip_read(im->zip, entry, photo_take, im, &why))
		return why;
	if (!content_is_jpeg(im->bytes, im->got))
		return "The file is no JPEG picture.";
	return NULL;
}

/* What operating systems put beside the files that are meant. */
static bool name_is_junk(const char *name)
{
	static const char *const words[] = { "__macosx", "thumbs.db", "ehthumbs.db",
		"ehthumbs_vista.db", "desktop.ini", "$recycle.bin", "system volume information",
		"lost+found" };

	while (*name) {
		size_t n = strcspn(name, "/\\");
		if (n > 1 && *name == '.' && !(n == 2 && name[1] == '.'))
			return true;
		for (size_t i = 0; i < LEN(words); i++)
			if (n == strlen(words[i]) && strncasecmp(name, words[i], n) == 0)
				return true;
		name += n + (name[n] != '\0');
	}
	return false;
}

static void entry_read(struct photo_import *im, int64_t entry)
{
	struct arena *a = req_arena(im->req);
	const char *name = unzip_name(im->zip, entry);
	size_t n = name ? strlen(name) : 0;
	struct photo *p = &im->photos[im->n];

	if (n > 0 && strchr("/\\", name[n - 1])) /* a directory: its files are told */
		return;
	if (name && name_is_junk(name))
		return;
	p->entry = entry;
	p->file = name && n <= 200 ? arena_strdup(a, name) : "";
	p->code = name ? name_code(a, name) : NULL;
	if (!p->code)
		p->problem = "The name must be <emp_code>.jpg, without a directory.";
	else
		p->problem = photo_read(im, entry);
	im->n++;
}

static void archive_end(void *arg)
{
	struct photo_import *im = arg;

	unzip_close(im->zip);
	arena_free(im->turn);
	im->zip = NULL;
	im->turn = NULL;
}

/* All that it unpacks to: the sizes it says are believed only as far as they are few. */
static bool archive_open(struct photo_import *im)
{
	uint64_t most = (uint64_t)im->file.n * UNPACKED_RATIO;

	im->zip = unzip_open(im->file.bytes, im->file.n,
		most > UNPACKED_LEAST ? most : UNPACKED_LEAST, &im->problem);
	return im->zip != NULL;
}

static void archive_parse(void *arg)
{
	struct photo_import *im = arg;
	struct arena *a = req_arena(im->req);

	if (!archive_open(im))
		return;
	im->bytes = arena_alloc(a, PHOTO_MOST);
	im->photos = arena_array(a, (size_t)unzip_count(im->zip) + 1, sizeof(*im->photos));
	for (int64_t i = 0; i < unzip_count(im->zip) && im->n <= PHOTOS_MOST; i++)
		entry_read(im, i);
	if (im->n > PHOTOS_MOST)
		im->problem = "More than 5000 pictures.";
	archive_end(im);
	archive_open(im); /* anew, for what it may unpack to once more */
}

/* Of whom and what, as for pictures of terminals: the same again is no change. */
static unsigned char *photo_hash(
	struct photo_import *im, const struct photo *p, const char *text, size_t n)
{
	unsigned char digest[SEAL_KEY_SIZE], *hash = arena_alloc(im->turn, SEAL_KEY_SIZE);
	struct str s = str_new(im->turn);

	seal_sha256(text, n, digest);
	str_addn(&s, p->code, strlen(p->code) + 1);
	str_add(&s, "0 0 ");
	str_addn(&s, digest, sizeof(digest));
	seal_hmac(api_of(im->req)->options.secrets->lookup, str_text(&s), s.len, hash);
	return hash;
}

/* As base64, the way terminals write it; what is kept of it goes to im->turn. */
static void photo_seal(struct photo_import *im, const struct photo *p, struct db_statement *out)
{
	struct arena *a = im->turn, *scratch = arena_new();
	struct db_arg *args = arena_array(a, 6, sizeof(*args));
	unsigned char *row_key = arena_alloc(a, SEAL_ROW_KEY_SIZE);
	char *text = arena_alloc(scratch, (im->got + 2) / 3 * 4 + 1);
	size_t len = (size_t)EVP_EncodeBlock((unsigned char *)text, im->bytes, (int)im->got), n;

	seal_random(row_key, SEAL_ROW_KEY_SIZE);
	const unsigned char *sealed = seal_close(
		api_of(im->req)->options.seal, a, "photo.sealed", row_key, text, len, &n);
	args[0] = db_text(p->code);
	args[1] = db_text(arena_printf(a, "%s.jpg", p->code));
	args[2] = db_int(a, (int64_t)len);
	args[3] = db_bytes(row_key, SEAL_ROW_KEY_SIZE);
	args[4] = db_bytes(sealed, n);
	args[5] = db_bytes(photo_hash(im, p, text, len), SEAL_KEY_SIZE);
	arena_free(scratch);
	*out = (struct db_statement){
		"select photo_keep(array[$1::text], array['USERPIC'], array[0], array[$2::text],"
		" array[$3::text], array[''], array[$4::bytea], array[$5::bytea],"
		" array[$6::bytea])",
		args, 6
	};
}

/* The next picture. What is stored with all others stays until then, one alone until the next. */
static void photo_prepare(void *arg)
{
	struct photo_import *im = arg;
	const struct photo *p = &im->photos[im->at++];

	if (im->file.good) {
		arena_free(im->turn);
		im->turn = NULL;
		im->nstatements = 0;
	}
	if (!im->turn)
		im->turn = arena_new();
	im->problem = photo_read(im, p->entry);
	if (!im->problem)
		photo_seal(im, p, &im->statements[im->nstatements++]);
}

/* --- on the loop ------------------------------------------------------------------------------ */

void import_photos(struct req *r, const struct rows *rows)
{
	struct photo_import *im = arena_alloc(req_arena(r), sizeof(*im));

	im->req = r;
	if (!import_file_read(r, &im->file))
		return;
	req_set_data(r, im);
	arena_defer(req_arena(r), archive_end, im);
	req_offload(r, api_of(r)->files, archive_parse, im, archive_read);
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

static void photos_go_on(struct req *r, const struct rows *rows)
{
	struct photo_import *im = req_data(r);

	while (im->at < im->n && im->photos[im->at].problem)
		im->at++;
	if (im->at < im->n)
		req_offload(r, api_of(r)->files, photo_prepare, im, photo_prepared);
	else if (im->nstatements > 0 && !im->file.good)
		req_query_with(r, photos_stored,
			&(struct req_query_options){ .deadline_ms = DEADLINE_MS }, im->statements,
			im->nstatements);
	else
		import_file_reply(r, &im->file);
}

static void photo_prepared(struct req *r, const struct rows *rows)
{
	struct photo_import *im = req_data(r);

	if (im->problem) /* it was good a moment ago */
		error_field(r, "file", im->problem);
	else if (im->file.good)
		req_query_with(
			r, photos_go_on, &(struct req_query_options){ 0 }, im->statements, 1);
	else
		photos_go_on(r, NULL);
}

static void photos_stored(struct req *r, const struct rows *rows)
{
	struct photo_import *im = req_data(r);

	import_file_reply(r, &im->file);
}
