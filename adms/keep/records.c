#include "records.h"

#include <string.h>

#include "fatal.h"
#include "map.h"
#include "means.h"
#include "records_private.h"

struct records records_new(struct adms *adms, struct arena *a)
{
	return (struct records){ .adms = adms, .arena = a };
}

/* A keyed hash of who sent what: the same content of the same terminal is one row. */
static void content_hash(struct records *rs, const struct terminal *t, const char *table,
	struct span content, unsigned char out[SEAL_KEY_SIZE])
{
	unsigned char digest[SEAL_KEY_SIZE]; /* photos are large: not copied for this */
	struct str s = str_new(rs->arena);
	seal_sha256(content.text, content.len, digest);
	str_addn(&s, t->sn, strlen(t->sn) + 1);
	str_addn(&s, table, strlen(table) + 1);
	str_addn(&s, (const char *)digest, sizeof(digest));
	seal_hmac(rs->adms->o.lookup_key, s.text, s.len, out);
}

struct record_row *records_add(
	struct records *rs, enum records_kind kind, const struct terminal *t, const char *table)
{
	struct record_row *row = arena_alloc(rs->arena, sizeof(*row));
	struct record_list *list = &rs->lists[kind];
	row->terminal = t;
	row->table = table;
	row->count = 1;
	row->wall = RECORDS_NO_WALL;
	if (list->last)
		list->last->next = row;
	else
		list->first = row;
	list->last = row;
	list->n++;
	return row;
}

void records_seal(struct records *rs, struct record_row *row, const char *place, struct span plain)
{
	seal_random(row->row_key, sizeof(row->row_key));
	row->sealed = seal_close(rs->adms->o.seal, rs->arena, place, row->row_key, plain.text,
		plain.len, &row->sealed_n);
}

struct record_row *records_add_once(struct records *rs, enum records_kind kind,
	const struct terminal *t, const char *table, struct span content)
{
	unsigned char hash[SEAL_KEY_SIZE];
	content_hash(rs, t, table, content, hash);
	if (!rs->seen) {
		rs->seen = map_new();
		arena_defer(rs->arena, (void (*)(void *))map_free, rs->seen);
	}
	struct record_row *row = (struct record_row *)map_get(rs->seen, hash, sizeof(hash));
	if (row) {
		row->count++;
		return NULL;
	}
	row = records_add(rs, kind, t, table);
	memcpy(row->hash, hash, sizeof(hash));
	map_put(rs->seen, hash, sizeof(hash), (uintptr_t)row);
	return row;
}

void records_reject(struct records *rs, const struct terminal *t, const char *table,
	struct span line, const char *reason)
{
	struct record_row *row = records_add_once(rs, RECORDS_REJECT, t, table, line);
	if (!row)
		return;
	row->texts[0] = reason;
	records_seal(rs, row, "reject.sealed", line);
}

const char *records_usable_pin(struct records *rs, const struct terminal *t, const char *pin)
{
	const char *reason;
	return text_pin(rs->arena, span_of(pin), &t->encoding, &reason);
}

void records_raw(struct records *rs, const struct terminal *t, const char *table, const char *pin,
	struct span content, int lines)
{
	struct record_row *row = records_add_once(rs, RECORDS_RAW, t, table, content);
	if (!row)
		return;
	row->pin = records_usable_pin(rs, t, pin);
	row->numbers[0] = lines;
	records_seal(rs, row, "raw_upload.sealed", content);
}

const unsigned char *records_file(
	struct records *rs, const struct terminal *t, const char *table, struct span content)
{
	unsigned char *hash = arena_alloc(rs->arena, SEAL_KEY_SIZE);
	content_hash(rs, t, table, content, hash);
	records_raw(rs, t, table, NULL, content, 1);
	return hash;
}

const char *records_text(struct records *rs, const struct terminal *t, struct span s)
{
	return s.text ? text_decode(rs->arena, s, &t->encoding) : NULL;
}

const char *records_objects(struct arena *a, const struct terminal *t, const struct oplog_line *o)
{
	struct str objects = str_new(a);
	for (int i = 0; i < OPLOG_OBJECTS && o->objects[i].text; i++) {
		const char *object = text_decode(a, o->objects[i], &t->encoding);
		if (i > 0)
			str_addc(&objects, '\t');
		str_add(&objects, object ? object : "");
	}
	return str_text(&objects);
}

const unsigned char *records_oplog(
	struct records *rs, const struct terminal *t, const struct oplog_line *o)
{
	struct record_row *row = records_add_once(rs, RECORDS_OPLOG, t, "OPLOG", o->line);
	if (!row)
		return NULL;
	row->raw = o->line;
	row->numbers[0] = o->code;
	row->texts[0] = records_text(rs, t, o->actor);
	if (o->has_wall)
		row->wall = o->wall;
	row->texts[1] = records_objects(rs->arena, t, o);
	return row->hash;
}

const char *records_pin(
	struct records *rs, const struct terminal *t, const struct record *r, const char **reason)
{
	return text_pin(rs->arena, record_get(r, "PIN"), &t->encoding, reason);
}

int32_t records_int(const struct record *r, const char *key, int32_t otherwise)
{
	int64_t n;
	return record_get_number(r, key, INT32_MIN, INT32_MAX, &n) ? (int32_t)n : otherwise;
}

/* ---- columns ---- */

/* What a parameter is made from. */
enum column {
	C_SN,
	C_TERMINAL,
	C_TABLE,
	C_PIN,
	C_RAW,
	C_ROW_KEY,
	C_SEALED,
	C_HASH,
	C_COUNT,
	C_WALL,
	C_TEXT,
	C_NUMBER = C_TEXT + RECORDS_TEXTS,
	C_END = C_NUMBER + RECORDS_NUMBERS
};

static const void *row_bytes(const struct record_row *row, enum column c, size_t *n)
{
	switch (c) {
	case C_RAW:
		*n = row->raw.len;
		return row->raw.text;
	case C_ROW_KEY:
		*n = sizeof(row->row_key);
		return row->row_key;
	case C_SEALED:
		*n = row->sealed_n;
		return row->sealed;
	default:
		*n = sizeof(row->hash);
		return row->hash;
	}
}

static struct db_arg bytes_column(struct arena *a, const struct record_list *l, enum column c)
{
	const void **bytes = arena_array(a, (size_t)l->n, sizeof(*bytes));
	size_t *lens = arena_array(a, (size_t)l->n, sizeof(*lens));
	int i = 0;
	for (const struct record_row *row = l->first; row; row = row->next, i++)
		bytes[i] = row_bytes(row, c, &lens[i]);
	return db_bytes_array(a, bytes, lens, l->n);
}

static const char *row_word(const struct record_row *row, enum column c)
{
	switch (c) {
	case C_SN:
		return row->terminal->sn;
	case C_TABLE:
		return row->table;
	case C_PIN:
		return row->pin;
	default:
		return row->texts[c - C_TEXT];
	}
}

static struct db_arg text_column(struct arena *a, const struct record_list *l, enum column c)
{
	const char **texts = arena_array(a, (size_t)l->n, sizeof(*texts));
	int i = 0;
	for (const struct record_row *row = l->first; row; row = row->next)
		texts[i++] = row_word(row, c);
	return db_text_array(a, texts, l->n);
}

static struct db_arg number_column(struct arena *a, const struct record_list *l, enum column c)
{
	int32_t *numbers = arena_array(a, (size_t)l->n, sizeof(*numbers));
	int i = 0;
	for (const struct record_row *row = l->first; row; row = row->next)
		numbers[i++] = c == C_TERMINAL ? row->terminal->id
			       : c == C_COUNT  ? row->count
					       : row->numbers[c - C_NUMBER];
	return db_int4_array(a, numbers, NULL, l->n);
}

static struct db_arg wall_column(struct arena *a, const struct record_list *l)
{
	int64_t *walls = arena_array(a, (size_t)l->n, sizeof(*walls));
	bool *missing = arena_array(a, (size_t)l->n, sizeof(*missing));
	int i = 0;
	for (const struct record_row *row = l->first; row; row = row->next, i++) {
		missing[i] = row->wall == RECORDS_NO_WALL;
		walls[i] = missing[i] ? 0 : row->wall;
	}
	return db_time_array(a, walls, missing, l->n);
}

static struct db_arg column_arg(struct arena *a, const struct record_list *l, enum column c)
{
	if (c == C_RAW || c == C_ROW_KEY || c == C_SEALED || c == C_HASH)
		return bytes_column(a, l, c);
	if (c == C_WALL)
		return wall_column(a, l);
	if (c == C_TERMINAL || c == C_COUNT || c >= C_NUMBER)
		return number_column(a, l, c);
	return text_column(a, l, c);
}

#define MAX_COLUMNS 15

static const struct {
	const char *sql;
	unsigned char columns[MAX_COLUMNS + 1]; /* ends with C_END */
} keepers[RECORDS_STATEMENTS] = {
	[RECORDS_REJECT] = { "select reject_keep($1::text[], $2::int[], $3::text[], $4::text[], "
			     "$5::bytea[], $6::bytea[], $7::bytea[], $8::int[])",
		{ C_SN, C_TERMINAL, C_TABLE, C_TEXT, C_ROW_KEY, C_SEALED, C_HASH, C_COUNT,
			C_END } },
	[RECORDS_OPLOG] = { "select oplog_keep($1::text[], $2::int[], $3::int[], $4::text[], "
			    "$5::timestamp[], $6::text[], $7::bytea[], $8::bytea[], $9::int[])",
		{ C_SN, C_TERMINAL, C_NUMBER, C_TEXT, C_WALL, C_TEXT + 1, C_RAW, C_HASH, C_COUNT,
			C_END } },
	[RECORDS_RAW] = { "select raw_keep($1::text[], $2::int[], $3::text[], $4::text[], "
			  "$5::int[], $6::bytea[], $7::bytea[], $8::bytea[], $9::int[])",
		{ C_SN, C_TERMINAL, C_TABLE, C_PIN, C_NUMBER, C_ROW_KEY, C_SEALED, C_HASH, C_COUNT,
			C_END } },
	[RECORDS_TEMPLATE] = { "select template_said($1::text[], $2::text[], $3::int[], $4::int[], "
			       "$5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[], $11::text[], "
			       "$12::text[], $13::bytea[], $14::bytea[], $15::bytea[])",
		{ C_PIN, C_TABLE, C_NUMBER + T_TYPE, C_NUMBER + T_NO, C_NUMBER + T_INDEX,
			C_NUMBER + T_MAJOR, C_NUMBER + T_MINOR, C_NUMBER + T_FORMAT,
			C_NUMBER + T_VALID, C_NUMBER + T_DURESS, C_TEXT, C_SN, C_ROW_KEY, C_SEALED,
			C_HASH, C_END } },
	[RECORDS_PHOTO] = { "select photo_said($1::text[], $2::text[], $3::int[], $4::text[], "
			    "$5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::bytea[])",
		{ C_PIN, C_TABLE, C_NUMBER, C_TEXT, C_TEXT + 1, C_SN, C_ROW_KEY, C_SEALED, C_HASH,
			C_END } },
	[RECORDS_PUNCH_PHOTO] = { "select punch_photo_keep($1::text[], $2::int[], $3::text[], "
				  "$4::timestamp[], $5::text[], $6::int[], $7::bytea[], "
				  "$8::bytea[], $9::bytea[], $10::int[])",
		{ C_SN, C_TERMINAL, C_PIN, C_WALL, C_TEXT, C_NUMBER, C_ROW_KEY, C_SEALED, C_HASH,
			C_COUNT, C_END } },
	[RECORDS_FP_IMAGE] = { "select fp_image_said($1::text[], $2::int[], $3::text[], $4::int[], "
			       "$5::bytea[], $6::bytea[], $7::bytea[], $8::int[])",
		{ C_SN, C_TERMINAL, C_PIN, C_NUMBER, C_ROW_KEY, C_SEALED, C_HASH, C_COUNT,
			C_END } },
	[RECORDS_ID_CARD] = { "select id_card_said($1::text[], $2::int[], $3::text[], $4::bytea[], "
			      "$5::bytea[], $6::bytea[], $7::int[])",
		{ C_SN, C_TERMINAL, C_PIN, C_ROW_KEY, C_SEALED, C_HASH, C_COUNT, C_END } },
	[RECORDS_ERROR] = { "select error_log_keep($1::text[], $2::int[], $3::text[], $4::text[], "
			    "$5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::bytea[], "
			    "$10::int[])",
		{ C_SN, C_TERMINAL, C_TEXT, C_TEXT + 1, C_TEXT + 2, C_TEXT + 3, C_ROW_KEY, C_SEALED,
			C_HASH, C_COUNT, C_END } },
	[RECORDS_WORK_CODE] = { "select work_code_keep($1::int[], $2::text[], $3::text[], "
				"$4::text[])",
		{ C_TERMINAL, C_TEXT, C_TEXT + 1, C_TEXT + 2, C_END } },
	[RECORDS_MESSAGE] = { "select message_keep($1::int[], $2::text[], $3::int[], $4::int[], "
			      "$5::timestamp[], $6::bytea[], $7::bytea[])",
		{ C_TERMINAL, C_TEXT, C_NUMBER, C_NUMBER + 1, C_WALL, C_ROW_KEY, C_SEALED, C_END } }
};

bool records_once(const struct records *rs)
{
	static const enum records_kind kinds[] = { RECORDS_OPLOG, RECORDS_RAW, RECORDS_PUNCH_PHOTO,
		RECORDS_FP_IMAGE, RECORDS_ID_CARD, RECORDS_ERROR };
	for (size_t i = 0; i < LEN(kinds); i++)
		if (rs->lists[kinds[i]].n > 0)
			return true;
	return false;
}

int records_statements(struct records *rs, struct db_statement *out)
{
	int n = 0;
	for (int kind = 0; kind < RECORDS_STATEMENTS; kind++) {
		const struct record_list *l = &rs->lists[kind];
		if (l->n == 0)
			continue;
		struct db_arg *args = arena_array(rs->arena, MAX_COLUMNS, sizeof(*args));
		int nargs = 0;
		for (; keepers[kind].columns[nargs] != C_END; nargs++)
			args[nargs] = column_arg(rs->arena, l, keepers[kind].columns[nargs]);
		out[n++] = (struct db_statement){ keepers[kind].sql, args, nargs };
	}
	return n;
}
