/*
 * Keeping aside. Of records only those lines that are held; of a punch photo the name that the
 * request gives it, LF, and the body.
 */
#include "held.h"

#include <string.h>

#include "attphoto.h"
#include "contact.h"
#include "fatal.h"
#include "held_lines.h"
#include "upload_private.h"

static req_step keeping_made, upload_held;

struct keeping {
	const char *content;
	size_t len;
	int lines; /* of it; 0: nothing of this upload is held */
	bool biometric;
	bool whole; /* the terminal is approved, and waits for what is released before */
	unsigned char row_key[SEAL_ROW_KEY_SIZE], hash[SEAL_KEY_SIZE];
	unsigned char *sealed;
	size_t n;
};

/* Nothing but pictures, so that no other bytes take their room. */
static bool body_is_photo(struct span body)
{
	static const char jpeg[] = "\xff\xd8", base64[] = "/9j";
	struct attphoto photo;
	if (attphoto_read(body.text, body.len, &photo))
		return false;
	const char *magic = photo.base64 ? base64 : jpeg;
	struct span picture = photo.base64 ? span_trim(photo.picture) : photo.picture;
	return picture.len > strlen(magic) && memcmp(picture.text, magic, strlen(magic)) == 0;
}

static void keeping_photo(struct upload *u, struct keeping *k)
{
	const char *name = req_param(u->req, "PIN");
	struct str content = str_new(u->piece);
	bool kept = contact_of(u->req)->adms->o.config->store_biometrics;
	k->lines = kept && body_is_photo((struct span){ u->body, u->len });
	if (k->lines == 0)
		return;
	if (name && !strchr(name, '\n'))
		str_add(&content, name);
	str_addc(&content, '\n');
	str_addn(&content, u->body, u->len);
	k->content = content.text;
	k->len = content.len;
	k->biometric = true;
}

/* The body is the request's own. */
static void keeping_records(struct upload *u, struct keeping *k)
{
	unsigned flags = contact_of(u->req)->adms->o.config->store_biometrics ? HELD_BIOMETRICS : 0;
	flags |= k->whole ? HELD_ALL : 0;
	flags |= u->mixed ? HELD_MIXED : 0;
	k->lines = (int)held_comb_lines((char *)u->body, &k->len, u->of, flags, &k->biometric);
}

static void keeping_content(struct upload *u, struct keeping *k)
{
	k->content = u->body;
	k->len = u->len;
	k->lines = u->lines;
	if (u->handler == upload_attphoto)
		keeping_photo(u, k);
	else if (u->handler == upload_records)
		keeping_records(u, k);
}

/* Of ATTLOG the content alone. */
static void keeping_hash(const struct upload *u, struct keeping *k)
{
	const unsigned char *key = contact_of(u->req)->adms->o.lookup_key;
	unsigned char digest[SEAL_KEY_SIZE];
	struct str s = str_new(u->piece);
	if (strcmp(u->of, "ATTLOG") == 0) {
		seal_hmac(key, k->content, k->len, k->hash);
		return;
	}
	seal_sha256(k->content, k->len, digest);
	str_addn(&s, u->of, strlen(u->of) + 1);
	str_addn(&s, (const char *)digest, sizeof(digest));
	seal_hmac(key, s.text, s.len, k->hash);
}

static void keeping_make(void *arg)
{
	struct upload *u = arg;
	struct keeping *k = u->keeping;
	keeping_content(u, k);
	if (k->lines == 0)
		return;
	keeping_hash(u, k);
	seal_random(k->row_key, sizeof(k->row_key));
	k->sealed = seal_close(contact_of(u->req)->adms->o.seal, u->piece, "held_upload.sealed",
		k->row_key, k->content, k->len, &k->n);
}

void held_upload(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	if (u->handler == upload_attphoto)
		u->lines = 1;
	if (u->len == 0 || u->lines == 0) {
		upload_answer(r);
		return;
	}
	u->keeping = arena_alloc(upload_piece(r), sizeof(*u->keeping));
	u->keeping->whole = contact_of(r)->terminal->approved;
	upload_work(r, keeping_make, keeping_made);
}

static void keeping_made(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	const struct upload *u = upload_of(r);
	const struct keeping *k = u->keeping;
	if (k->lines == 0) {
		(k->whole ? u->handler : upload_ignored)(r, NULL);
		return;
	}
	const struct db_arg args[] = { db_int(a, contact_of(r)->terminal->id), db_text(u->of),
		db_int(a, k->lines), db_int(a, (int64_t)k->len),
		db_bytes(k->row_key, sizeof(k->row_key)), db_bytes(k->sealed, k->n),
		db_bytes(k->hash, sizeof(k->hash)), db_bool(k->biometric),
		db_bool(k->lines < u->lines) };
	const struct db_statement keep = { "select held_keep($1::int, $2::text, $3::int, $4::int, "
					   "$5::bytea, $6::bytea, $7::bytea, $8::boolean, "
					   "$9::boolean)",
		args, LEN(args) };
	req_query_with(r, upload_held,
		&(struct req_query_options){ .deadline_ms = upload_deadline_ms(u) }, &keep, 1);
}

static void upload_held(struct req *r, const struct rows *rows)
{
	if (rows_bool(rows, 0, 0))
		upload_answer(r);
	else
		held_no_room(r);
}

void held_no_room(struct req *r)
{
	bool approved = contact_of(r)->terminal->approved; /* then there will be, soon */
	req_text(r, 200, "ERROR: %s", approved ? "busy" : "not authorised");
}
