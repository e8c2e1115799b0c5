/*
 * Templates and photos from before their contents were looked at (base/content.h). What fails is sent
 * to nobody any more, and its terminal is asked for it (migrations/functions/contents.sql). What cannot
 * be opened is passed: it cannot be sent, either.
 */
#include <string.h>

#include "content.h"
#include "fatal.h"
#include "str.h"
#include "walk.h"

typedef const char *content_check(
	struct arena *, const char *text, size_t n, const char *size, size_t size_n);

/* What fails of a batch. */
struct findings {
	int n;
	int64_t *ids, *versions;
	const char **problems;
	const void **row_keys, **sealed, **hashes; /* of claims, sealed as rejects */
	size_t *key_lens, *sealed_lens, *hash_lens;
};

static struct findings findings_new(struct arena *a, const struct rows *rows)
{
	size_t n = (size_t)rows_count(rows) + 1;
	return (struct findings){ .ids = arena_array(a, n, sizeof(int64_t)),
		.versions = arena_array(a, n, sizeof(int64_t)),
		.problems = arena_array(a, n, sizeof(char *)),
		.row_keys = arena_array(a, n, sizeof(void *)),
		.sealed = arena_array(a, n, sizeof(void *)),
		.hashes = arena_array(a, n, sizeof(void *)),
		.key_lens = arena_array(a, n, sizeof(size_t)),
		.sealed_lens = arena_array(a, n, sizeof(size_t)),
		.hash_lens = arena_array(a, n, sizeof(size_t)) };
}

enum {
	COL_ID,
	COL_VERSION,
	COL_SIZE,
	COL_ROW_KEY,
	COL_SEALED,
	COL_TYPE,
	COL_NO,
	COL_INDEX,
	COL_PLACE = COL_VERSION
};

/* NULL, or why the value of a row is none; *plain stays on the arena. */
static const char *row_problem(const struct walk_tools *tools, struct arena *a,
	const struct rows *rows, int i, const char *place, content_check *check, const char **plain,
	size_t *n)
{
	*plain = rows_len(rows, i, COL_ROW_KEY) == SEAL_ROW_KEY_SIZE
			 ? seal_open(tools->seal, a, place,
				   (const unsigned char *)rows_text(rows, i, COL_ROW_KEY),
				   rows_text(rows, i, COL_SEALED), rows_len(rows, i, COL_SEALED), n)
			 : NULL;
	const char *where =
		rows_columns(rows) > COL_INDEX
			? content_place_problem((int)rows_int(rows, i, COL_TYPE),
				  (int)rows_int(rows, i, COL_NO), (int)rows_int(rows, i, COL_INDEX))
			: NULL;
	if (where || !*plain)
		return where;
	return check(a, *plain, *n, rows_text(rows, i, COL_SIZE), rows_len(rows, i, COL_SIZE));
}

static int values_judge(const struct walk_tools *tools, struct arena *a, const struct rows *rows,
	const char *place, content_check *check, const char *sql, struct db_statement *out)
{
	struct findings f = findings_new(a, rows);
	struct db_arg *args = arena_array(a, 4, sizeof(*args));
	const char *plain;
	size_t n;
	for (int i = 0; i < rows_count(rows); i++) {
		f.problems[f.n] = row_problem(tools, a, rows, i, place, check, &plain, &n);
		if (!f.problems[f.n])
			continue;
		f.ids[f.n] = rows_int(rows, i, COL_ID);
		f.versions[f.n++] = rows_int(rows, i, COL_VERSION);
	}
	args[0] = db_int8_array(a, f.ids, NULL, f.n);
	args[1] = db_int8_array(a, f.versions, NULL, f.n);
	args[2] = db_text_array(a, f.problems, f.n);
	args[3] = db_bool(tools->config->store_biometrics);
	*out = (struct db_statement){ sql, args, 4 };
	return f.n > 0;
}

static int templates_judge(const struct walk_tools *tools, struct arena *a, const struct rows *rows,
	struct db_statement *out)
{
	return values_judge(tools, a, rows, "template.sealed", content_template_problem,
		"select template_broken($1::bigint[], $2::bigint[], $3::text[], $4::bool)", out);
}

static int photos_judge(const struct walk_tools *tools, struct arena *a, const struct rows *rows,
	struct db_statement *out)
{
	return values_judge(tools, a, rows, "photo.sealed", content_picture_problem,
		"select photo_broken($1::bigint[], $2::bigint[], $3::text[], $4::bool)", out);
}

/* As a reject, sealed as one, under a hash of its own. */
static void claim_reject(const struct walk_tools *tools, struct arena *a, struct findings *f,
	int64_t id, const char *plain, size_t n)
{
	unsigned char *row_key = arena_alloc(a, SEAL_ROW_KEY_SIZE),
		      *hash = arena_alloc(a, SEAL_KEY_SIZE);
	const char *name = arena_printf(a, "claim %lld", (long long)id);
	seal_random(row_key, SEAL_ROW_KEY_SIZE);
	seal_hmac(tools->lookup_key, name, strlen(name), hash);
	f->ids[f->n] = id;
	f->row_keys[f->n] = row_key;
	f->key_lens[f->n] = SEAL_ROW_KEY_SIZE;
	f->sealed[f->n] = seal_close(
		tools->seal, a, "reject.sealed", row_key, plain, n, &f->sealed_lens[f->n]);
	f->hashes[f->n] = hash;
	f->hash_lens[f->n] = SEAL_KEY_SIZE;
	f->n++;
}

static int claims_judge(const struct walk_tools *tools, struct arena *a, const struct rows *rows,
	struct db_statement *out)
{
	struct findings f = findings_new(a, rows);
	struct db_arg *args = arena_array(a, 5, sizeof(*args));
	const char *plain;
	size_t n;
	for (int i = 0; i < rows_count(rows); i++) {
		const char *place = rows_text(rows, i, COL_PLACE);
		content_check *check =
			strcmp(place, "template.sealed") == 0 ? content_template_problem
			: strcmp(place, "photo.sealed") == 0  ? content_picture_problem
							      : NULL;
		if (!check)
			continue;
		f.problems[f.n] = row_problem(tools, a, rows, i, place, check, &plain, &n);
		if (f.problems[f.n])
			claim_reject(tools, a, &f, rows_int(rows, i, COL_ID), plain, n);
	}
	args[0] = db_int8_array(a, f.ids, NULL, f.n);
	args[1] = db_text_array(a, f.problems, f.n);
	args[2] = db_bytes_array(a, f.row_keys, f.key_lens, f.n);
	args[3] = db_bytes_array(a, f.sealed, f.sealed_lens, f.n);
	args[4] = db_bytes_array(a, f.hashes, f.hash_lens, f.n);
	*out = (struct db_statement){ "select claim_broken($1::bigint[], $2::text[], $3::bytea[], "
				      "$4::bytea[], $5::bytea[])",
		args, 5 };
	return f.n > 0;
}

const struct walk walk_templates = { "templates",
	"select id, version, size, row_key, sealed, bio_type, bio_no, bio_index"
	" from template_some($1::bigint)",
	templates_judge },
		  walk_photos = { "photos",
			  "select id, version, size, row_key, sealed from photo_some($1::bigint)",
			  photos_judge },
		  walk_claims = { "claims",
			  "select id, place, size, row_key, sealed from claim_some($1::bigint)",
			  claims_judge };
