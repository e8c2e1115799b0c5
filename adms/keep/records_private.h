/* What records.c, record_given.c and record_places.c share: rows on their way to statements. */
#ifndef RECORDS_PRIVATE_H
#define RECORDS_PRIVATE_H

#include "records.h"
#include "seal.h"

/* Of templates, in this order. */
enum { T_TYPE, T_NO, T_INDEX, T_MAJOR, T_MINOR, T_FORMAT, T_VALID, T_DURESS, RECORDS_NUMBERS };
#define RECORDS_TEXTS 4
#define RECORDS_NO_WALL INT64_MIN

/* One row of any kind; what numbers and texts mean is said by the statement of its kind. */
struct record_row {
	struct record_row *next;
	const struct terminal *terminal;
	const char *table; /* or form, of templates and photos */
	const char *pin;
	struct span raw; /* operation log: the line, not secret */
	unsigned char row_key[SEAL_ROW_KEY_SIZE];
	unsigned char *sealed;
	size_t sealed_n;
	unsigned char hash[SEAL_KEY_SIZE];
	int32_t count;
	int64_t wall; /* RECORDS_NO_WALL: none */
	int32_t numbers[RECORDS_NUMBERS];
	const char *texts[RECORDS_TEXTS];
};

struct record_row *records_add(
	struct records *, enum records_kind, const struct terminal *, const char *table);

/* NULL when this content is there already (it is then counted once more). */
struct record_row *records_add_once(struct records *, enum records_kind, const struct terminal *,
	const char *table, struct span content);

/* Seals plain for "table.column". */
void records_seal(struct records *, struct record_row *, const char *place, struct span plain);

/* Text as it may be shown; NULL: absent, or cannot be decoded. */
const char *records_text(struct records *, const struct terminal *, struct span);

/* The PIN of a record, decoded; NULL with a reason when it is none. */
const char *records_pin(
	struct records *, const struct terminal *, const struct record *, const char **reason);

/* The PIN of a request's parameter, decoded, or NULL. */
const char *records_usable_pin(struct records *, const struct terminal *, const char *pin);

int32_t records_int(const struct record *, const char *key, int32_t otherwise);

#endif
