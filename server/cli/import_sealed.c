/*
 * What is personal is sealed before it reaches a statement, exactly as REST and terminals have it:
 * people's records as JSON, templates and pictures as base64 with a keyed hash of their content, so
 * that a terminal which says the same again changes nothing.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "card.h"
#include "content.h"
#include "fatal.h"
#include "import.h"
#include "seal.h"

enum { MAX_PICTURE = 8 << 20, MAX_PARTS = 32 };

/* One sealed value of a row: several where a template comes in parts. */
struct sealed {
	int32_t n, index; /* of the row; bio_index, -1 as the row says */
	unsigned char row_key[SEAL_ROW_KEY_SIZE];
	unsigned char *text;
	size_t len;
	unsigned char hash[SEAL_KEY_SIZE], *card;
	const unsigned char *email;
};

static void arg_add(struct import_rows *r, struct db_arg arg)
{
	r->args[r->nargs++] = arg;
}

enum part { ROW_KEY, SEALED, HASH, CARD, EMAIL };

static struct db_arg part_arg(struct arena *a, const struct sealed *s, int n, enum part part)
{
	const void **bytes = arena_array(a, (size_t)n + 1, sizeof(*bytes));
	size_t *lens = arena_array(a, (size_t)n + 1, sizeof(*lens));
	for (int i = 0; i < n; i++) {
		const void *of[] = { [ROW_KEY] = s[i].row_key,
			[SEALED] = s[i].text,
			[HASH] = s[i].hash,
			[CARD] = s[i].card,
			[EMAIL] = s[i].email };
		bytes[i] = of[part];
		lens[i] = part == ROW_KEY  ? sizeof(s[i].row_key)
			  : part == SEALED ? s[i].len
					   : SEAL_KEY_SIZE;
	}
	return db_bytes_array(a, bytes, lens, n);
}

static void value_seal(const struct import *im, struct arena *a, struct sealed *s,
	const char *place, const char *plain, size_t n)
{
	seal_random(s->row_key, sizeof(s->row_key));
	s->text = seal_close(im->cli->start.seal, a, place, s->row_key, plain, n, &s->len);
}

/* ---- people ---- */

/* "": none, or told as no number. */
static const char *card_clean(struct import_rows *r, int i)
{
	char card[CARD_SIZE];
	const char *text = import_cell(r, i, "card_no");
	if (!card_read(span_of(text), card))
		import_misfit(r, i, "card_no is no card number (decimal digits): left out");
	return arena_strdup(r->arena, card);
}

static void person_seal(const struct import *im, struct import_rows *r, int i, struct sealed *s)
{
	json_t *person = json_object();
	const struct import_column *c = r->table->columns;
	const char *card = card_clean(r, i), *email = import_cell(r, i, "email");
	for (; c->name; c++) {
		const char *value =
			strcmp(c->name, "card_no") == 0 ? card : import_cell(r, i, c->name);
		if (!(c->flags & IC_SECRET) || !value || !*value)
			continue;
		if (strcmp(c->name, "self_password") == 0)
			continue; /* a hash of another kind: of no use here */
		json_object_set_new(person, c->name, json_string(value));
	}
	char *plain = json_dumps(person, JSON_COMPACT | JSON_SORT_KEYS);
	if (!plain)
		fatal("a person cannot be written as JSON");
	value_seal(im, r->arena, s, "employee.sealed", plain, strlen(plain));
	OPENSSL_cleanse(plain, strlen(plain));
	free(plain);
	json_decref(person);
	if (*card) {
		s->card = arena_alloc(r->arena, SEAL_KEY_SIZE);
		card_hash(im->cli->start.secrets.lookup, card, s->card);
	}
	if (email && *email)
		s->email = seal_email(r->arena, im->cli->start.secrets.lookup, email);
}

bool import_people_seal(struct import *im, struct import_rows *r)
{
	struct sealed *all = arena_array(r->arena, (size_t)r->n + 1, sizeof(*all));
	for (int k = 0; k < r->n; k++) {
		const char *password = import_cell(r, r->places[k], "self_password");
		if (password && *password)
			import_misfit(r, r->places[k],
				"self-service password left out: it is a hash of another kind, set a new"
				" one");
		person_seal(im, r, r->places[k], &all[k]);
	}
	static const enum part parts[] = { ROW_KEY, SEALED, CARD, EMAIL };
	for (size_t p = 0; p < LEN(parts); p++)
		arg_add(r, part_arg(r->arena, all, r->n, parts[p]));
	return true;
}

/* ---- whose ---- */

/* The codes of the rows' employees, by place among those that fit; NULL where there is none. */
static const char **codes_read(struct import *im, struct import_rows *r)
{
	const char **ids = arena_array(r->arena, (size_t)r->n + 1, sizeof(*ids));
	const char **codes = arena_array(r->arena, (size_t)r->n + 1, sizeof(*codes));
	for (int k = 0; k < r->n; k++)
		ids[k] = import_cell(r, r->places[k], "employee_id");
	const struct db_arg arg = db_text_array(r->arena, ids, r->n);
	struct rows *rows = sync_query(im->cli->start.sync,
		"select e.emp_code from unnest($1::text[]) with ordinality n (id, ord)"
		" left join employee e on e.id = n.id::int order by n.ord",
		&arg, 1, false, &im->cli->failed);
	if (!rows)
		return NULL;
	for (int k = 0; k < r->n; k++)
		if (!rows_null(rows, k, 0))
			codes[k] = arena_strdup(r->arena, rows_text(rows, k, 0));
	rows_free(rows);
	return codes;
}

/* As adms/keep/records.c has it: of whom, valid and duress, and the content. */
static void content_hash(const struct import *im, struct arena *a, struct sealed *s,
	const char *code, const char *valid, const char *duress, const char *text, size_t n)
{
	unsigned char digest[SEAL_KEY_SIZE];
	struct str said = str_new(a);
	seal_sha256(text, n, digest);
	str_addn(&said, code, strlen(code) + 1);
	str_addf(&said, "%s %s ", valid, duress);
	str_addn(&said, (const char *)digest, sizeof(digest));
	seal_hmac(im->cli->start.secrets.lookup, said.text, said.len, s->hash);
}

/* ---- templates ---- */

struct gathered {
	struct sealed *all;
	int n, room;
};

static struct sealed *sealed_add(struct arena *a, struct gathered *g)
{
	if (g->n == g->room) {
		int room = g->room ? g->room * 2 : 128;
		struct sealed *all = arena_array(a, (size_t)room, sizeof(*all));
		if (g->n)
			memcpy(all, g->all, (size_t)g->n * sizeof(*all));
		g->all = all;
		g->room = room;
	}
	return &g->all[g->n++];
}

/* Without the line ends that some tools put in, and in the usual alphabet, which terminals know. */
static const char *base64_clean(struct arena *a, const char *text)
{
	char *clean = arena_alloc(a, strlen(text) + 1), *to = clean;
	for (; *text; text++)
		if (!isspace((unsigned char)*text))
			*to++ = *text == '-' ? '+' : *text == '_' ? '/' : *text;
	return clean;
}

/* A number that the row may leave out; import_check() has looked at it. */
static int or_zero(const char *text)
{
	int64_t n;
	return text && str_to_int(text, 0, INT32_MAX, &n) ? (int)n : 0;
}

/* NULL, or why no terminal should be given it. */
static const char *template_problem(
	const struct import_rows *r, int i, const char *clean, int index)
{
	const char *problem = content_place_problem(or_zero(import_cell(r, i, "bio_type")),
		or_zero(import_cell(r, i, "bio_no")),
		index < 0 ? or_zero(import_cell(r, i, "bio_index")) : index);
	if (problem)
		return problem;
	return content_is_base64(clean, strlen(clean)) ? NULL : "the template is no base64";
}

static const char *or_word(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

static void template_add(struct import *im, struct import_rows *r, struct gathered *g, int k,
	const char *code, const char *text, int index)
{
	int i = r->places[k];
	const char *clean = base64_clean(r->arena, text);
	const char *problem = template_problem(r, i, clean, index);
	if (problem) {
		import_misfit(r, i, problem);
		return;
	}
	struct sealed *s = sealed_add(r->arena, g);
	*s = (struct sealed){ .n = k + 1, .index = index };
	value_seal(im, r->arena, s, "template.sealed", clean, strlen(clean));
	content_hash(im, r->arena, s, code, or_word(import_cell(r, i, "valid"), "1"),
		or_word(import_cell(r, i, "duress"), "0"), clean, strlen(clean));
}

/* {"0":"...","1":"..."}: the parts of a face, by their index. */
static void template_parts(struct import *im, struct import_rows *r, struct gathered *g, int k,
	const char *code, const char *text)
{
	json_t *parts = json_loads(text, 0, NULL), *part;
	const char *key;
	int64_t index;
	if (!json_is_object(parts) || json_object_size(parts) == 0 ||
		json_object_size(parts) > MAX_PARTS) {
		import_misfit(r, r->places[k], "the template is neither base64 nor parts of it");
		json_decref(parts);
		return;
	}
	json_object_foreach(parts, key, part)
	{
		if (json_is_string(part) && str_to_int(key, 0, 255, &index))
			template_add(im, r, g, k, code, json_string_value(part), (int)index);
		else
			import_misfit(r, r->places[k], "a part of the template is no base64");
	}
	json_decref(parts);
}

bool import_templates_seal(struct import *im, struct import_rows *r)
{
	struct gathered g = { 0 };
	const char **codes = codes_read(im, r);
	if (!codes)
		return false;
	for (int k = 0; k < r->n; k++) {
		const char *text = import_cell(r, r->places[k], "bio_tmp");
		if (!codes[k])
			import_misfit(r, r->places[k], "its employee was not imported");
		else if (*text == '{')
			template_parts(im, r, &g, k, codes[k], text);
		else
			template_add(im, r, &g, k, codes[k], text, -1);
	}
	int32_t *numbers = arena_array(r->arena, (size_t)g.n + 1, sizeof(*numbers));
	int32_t *indexes = arena_array(r->arena, (size_t)g.n + 1, sizeof(*indexes));
	for (int i = 0; i < g.n; i++) {
		numbers[i] = g.all[i].n;
		indexes[i] = g.all[i].index;
	}
	arg_add(r, db_int4_array(r->arena, numbers, NULL, g.n));
	arg_add(r, db_int4_array(r->arena, indexes, NULL, g.n));
	arg_add(r, part_arg(r->arena, g.all, g.n, ROW_KEY));
	arg_add(r, part_arg(r->arena, g.all, g.n, SEALED));
	arg_add(r, part_arg(r->arena, g.all, g.n, HASH));
	return true;
}

/* ---- pictures ---- */

static bool path_is_inside(const char *path)
{
	for (const char *p = path; p; p = strchr(p, '/')) {
		p += strspn(p, "/");
		if (strncmp(p, "..", 2) == 0 && (!p[2] || p[2] == '/'))
			return false;
		if (!*p)
			break;
	}
	return true;
}

/* The path is as ZKBio Time's server saw it: its first directories need not be ours. */
static int picture_open(int files, const char *path)
{
	while (path) {
		path += strspn(path, "/");
		int fd = *path ? openat(files, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
		if (fd >= 0)
			return fd;
		path = strchr(path, '/');
	}
	return -1;
}

/* Base64 of the file; NULL with a reason. */
static const char *picture_read(struct arena *a, int files, const char *path, const char **reason)
{
	struct stat st;
	int fd = path_is_inside(path) ? picture_open(files, path) : -1;
	unsigned char *bytes = NULL;
	size_t n = 0;
	*reason = "its file is not in the directory";
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*reason = "its file is empty or too large";
		if (st.st_size > 0 && st.st_size <= MAX_PICTURE) {
			bytes = arena_alloc(a, (size_t)st.st_size);
			for (ssize_t got = 1; n < (size_t)st.st_size && got > 0;
				n += got > 0 ? (size_t)got : 0)
				got = read(fd, bytes + n, (size_t)st.st_size - n);
			*reason = "its file is no JPEG";
		}
	}
	if (fd >= 0)
		close(fd);
	if (!content_is_jpeg(bytes, n))
		return NULL;
	char *text = arena_alloc(a, (n + 2) / 3 * 4 + 1);
	EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
	explicit_bzero(bytes, n);
	return text;
}

static void picture_add(struct import *im, struct import_rows *r, struct gathered *g, int k,
	const char *code, const char *path)
{
	const char *reason;
	const char *text = picture_read(r->arena, im->files, path, &reason);
	if (!text) {
		import_misfit(r, r->places[k], reason);
		return;
	}
	struct sealed *s = sealed_add(r->arena, g);
	*s = (struct sealed){ .n = k + 1 };
	value_seal(im, r->arena, s, "photo.sealed", text, strlen(text));
	content_hash(im, r->arena, s, code, "0", "0", text, strlen(text));
}

static void pictures_args(struct import_rows *r, const struct gathered *g)
{
	int32_t *numbers = arena_array(r->arena, (size_t)g->n + 1, sizeof(*numbers));
	for (int i = 0; i < g->n; i++)
		numbers[i] = g->all[i].n;
	arg_add(r, db_int4_array(r->arena, numbers, NULL, g->n));
	arg_add(r, part_arg(r->arena, g->all, g->n, ROW_KEY));
	arg_add(r, part_arg(r->arena, g->all, g->n, SEALED));
	arg_add(r, part_arg(r->arena, g->all, g->n, HASH));
}

bool import_biophotos_seal(struct import *im, struct import_rows *r)
{
	struct gathered g = { 0 };
	const char **codes = codes_read(im, r);
	if (!codes)
		return false;
	for (int k = 0; k < r->n; k++) {
		int i = r->places[k];
		const char *path = import_cell(r, i, "approval_photo");
		const char *state = or_word(import_cell(r, i, "approval_state"), "1");
		if (!path || !*path)
			path = import_cell(r, i, "register_photo");
		if (!codes[k])
			import_misfit(r, i, "its employee was not imported");
		else if (strcmp(state, "1") != 0)
			import_misfit(r, i, "the photo was not approved");
		else if (path && *path)
			picture_add(im, r, &g, k, codes[k], path);
	}
	pictures_args(r, &g);
	return true;
}

bool import_pictures_seal(struct import *im, struct import_rows *r)
{
	struct gathered g = { 0 };
	for (int k = 0; k < r->n; k++) {
		const char *path = import_cell(r, r->places[k], "photo");
		if (path && *path)
			picture_add(im, r, &g, k, import_cell(r, r->places[k], "emp_code"), path);
	}
	pictures_args(r, &g);
	return true;
}
