/* GET photo/<token>.jpg: photos that commands name by address. */
#include "photo.h"

#include <openssl/evp.h>
#include <string.h>

#include "broken.h"
#include "clock.h"
#include "commands.h"
#include "content.h"
#include "fatal.h"
#include "means.h"

#define HASH_DIGITS (2 * SEAL_KEY_SIZE)

static req_step photo_found;

static void token_hash(const struct adms *adms, struct arena *a, int64_t photo, int64_t terminal,
	int64_t expires, unsigned char out[SEAL_KEY_SIZE])
{
	const char *said = arena_printf(a, "photo address %lld %lld %lld", (long long)photo,
		(long long)terminal, (long long)expires);
	seal_hmac(adms->o.lookup_key, said, strlen(said), out);
}

const char *photo_url(const struct adms *adms, struct arena *a, int64_t photo, int terminal)
{
	unsigned char hash[SEAL_KEY_SIZE];
	char hex[HASH_DIGITS + 1];
	int64_t expires = clock_now() / 1000000 + PHOTO_SECONDS;
	token_hash(adms, a, photo, terminal, expires, hash);
	str_hex(hash, sizeof(hash), hex);
	return arena_printf(a, "iclock/photo/%lld-%d-%lld-%s.jpg", (long long)photo, terminal,
		(long long)expires, hex);
}

/* A number and the dash behind it. */
static bool token_number(const char **at, int64_t *out)
{
	size_t n = strspn(*at, "0123456789");
	if (n == 0 || (*at)[n] != '-' || !str_to_intn(*at, n, 0, INT64_MAX, out))
		return false;
	*at += n + 1;
	return true;
}

bool photo_token_read(const char *name, struct photo_token *out)
{
	const char *at = name;
	if (!token_number(&at, &out->photo) || !token_number(&at, &out->terminal) ||
		!token_number(&at, &out->expires) || out->terminal > INT32_MAX)
		return false;
	out->hash = at;
	return strspn(at, "0123456789abcdef") == HASH_DIGITS &&
	       strcmp(at + HASH_DIGITS, ".jpg") == 0;
}

bool photo_token_good(const struct adms *adms, struct arena *a, const struct photo_token *t)
{
	unsigned char hash[SEAL_KEY_SIZE];
	char hex[HASH_DIGITS + 1];
	token_hash(adms, a, t->photo, t->terminal, t->expires, hash);
	str_hex(hash, sizeof(hash), hex);
	return seal_same(hex, t->hash, HASH_DIGITS) && t->expires >= clock_now() / 1000000;
}

static void photo_missing(struct req *r)
{
	req_text(r, 404, "ERROR: not found");
}

void photo_fetch(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct adms *adms = req_ctx(r);
	struct photo_token t;
	req_hide_path(r);
	if (!photo_token_read(strrchr(req_path(r), '/') + 1, &t) ||
		!photo_token_good(adms, a, &t)) {
		photo_missing(r);
		return;
	}
	const struct db_arg args[] = { db_int(a, t.photo), db_int(a, t.terminal) };
	const struct db_statement find = {
		"select p.row_key, p.sealed, p.size, p.id, p.version from photo p, terminal t "
		"where p.id = $1::bigint and t.id = $2::int and t.approved and p.problem is null",
		args, LEN(args)
	};
	const struct req_query_options options = { .binary = true, .try = true, .reads = true };
	req_query_with(r, photo_found, &options, &find, 1);
}

/* The picture of a photo's text. */
static unsigned char *photo_decode(struct arena *a, struct span text, size_t *n)
{
	unsigned char *bytes = arena_alloc(a, text.len / 4 * 3 + 4);
	if (text.len > INT32_MAX ||
		EVP_DecodeBlock(bytes, (const unsigned char *)text.text, (int)text.len) < 0)
		return NULL;
	*n = content_bytes(text.text, text.len);
	return bytes;
}

enum { COL_ROW_KEY, COL_SEALED, COL_SIZE, COL_ID, COL_VERSION };

/* Its text; absent where there is none that may be given to anybody. */
static struct span photo_text(struct req *r, const struct rows *rows)
{
	struct adms *adms = req_ctx(r);
	struct span text = { 0 };
	/* a failure of the database too: whatever came with 200 would be taken for the photo */
	if (req_error(r) || rows_count(rows) != 1 ||
		rows_len(rows, 0, COL_ROW_KEY) != SEAL_ROW_KEY_SIZE)
		return text;
	text.text = seal_open(adms->o.seal, req_arena(r), "photo.sealed",
		(const unsigned char *)rows_text(rows, 0, COL_ROW_KEY),
		rows_text(rows, 0, COL_SEALED), rows_len(rows, 0, COL_SEALED), &text.len);
	const char *problem =
		text.text ? content_picture_problem(req_arena(r), text.text, text.len,
				    rows_text(rows, 0, COL_SIZE), rows_len(rows, 0, COL_SIZE))
			  : NULL;
	if (!problem)
		return text;
	broken_tell_photo(adms, rows_int(rows, 0, COL_ID), rows_int(rows, 0, COL_VERSION), problem);
	return (struct span){ 0 };
}

static void photo_found(struct req *r, const struct rows *rows)
{
	size_t n = 0;
	struct span text = photo_text(r, rows);
	unsigned char *bytes = text.text ? photo_decode(req_arena(r), text, &n) : NULL;
	if (!bytes) {
		photo_missing(r);
		return;
	}
	req_reply(r, 200, "image/jpeg", bytes, n);
}
