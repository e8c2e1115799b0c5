/*
 * What terminals upload beside punches, as rows to be kept: rejected lines, the operation log, raw
 * uploads, templates and photos. Collects on an arena, seals, and gives statements that commit
 * together with whatever else the upload changes.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include "arena.h"
#include "db.h"
#include "record.h"
#include "span.h"

struct adms;
struct terminal;
struct record_row;
struct map;

enum records_kind {
	RECORDS_REJECT,
	RECORDS_OPLOG,
	RECORDS_RAW,
	RECORDS_TEMPLATE,
	RECORDS_PHOTO,
	RECORDS_PUNCH_PHOTO,
	RECORDS_FP_IMAGE,
	RECORDS_ID_CARD,
	RECORDS_ERROR,
	RECORDS_WORK_CODE,
	RECORDS_MESSAGE,
	RECORDS_STATEMENTS
};

struct records {
	struct adms *adms;
	struct arena *arena;
	struct record_list {
		struct record_row *first, *last;
		int n;
	} lists[RECORDS_STATEMENTS];
	struct map *seen; /* content hash -> row, so that no content comes twice */
};

struct records records_new(struct adms *, struct arena *);

/* reason is a constant or on the arena; bytes must live until the statements have run. */
void records_reject(struct records *, const struct terminal *, const char *table, struct span line,
	const char *reason);

/* The line's content hash, or NULL when the same line was taken before. */
const unsigned char *records_oplog(
	struct records *, const struct terminal *, const struct oplog_line *);

/* The objects of a line as operation_log keeps them: separated by TABs, "" what is no text. */
const char *records_objects(struct arena *, const struct terminal *, const struct oplog_line *);

/* pin may be NULL. */
void records_raw(struct records *, const struct terminal *, const char *table, const char *pin,
	struct span content, int lines);

/* What a command brought, kept like a raw upload; returns its content hash, SEAL_KEY_SIZE bytes. */
const unsigned char *records_file(
	struct records *, const struct terminal *, const char *table, struct span content);

/* FP, FACE, FVEIN, BIODATA; USERPIC, BIOPHOTO. NULL, or the reason why it cannot be kept. */
const char *records_template(struct records *, const struct terminal *, const struct record *);
const char *records_photo(struct records *, const struct terminal *, const struct record *);

/* IDCARD, ERRORLOG, WORKCODE, SMS (record_places.c). False: it lacks what makes it one. */
bool records_id_card(struct records *, const struct terminal *, const struct record *);
bool records_error(struct records *, const struct terminal *, const struct record *);
bool records_work_code(struct records *, const struct terminal *, const struct record *);
bool records_message(struct records *, const struct terminal *, const struct record *);

/* The body of an upload of a photo taken with a punch; asked: what the request calls it, or NULL.
 * NULL, or the reason why not. */
const char *records_photo_upload(
	struct records *, const struct terminal *, struct span body, const char *asked);

/* The image of a finger; pin may be NULL. */
void records_fp_image(struct records *, const struct terminal *, const char *pin, int finger,
	struct span picture);

/* True: among what was collected is something that is kept once, so how much of it is new is known
 * only afterwards (upload_fresh_count(), in the same transaction). */
bool records_once(const struct records *);

/* Up to RECORDS_STATEMENTS statements for what was collected; returns how many. */
int records_statements(struct records *, struct db_statement *out);

#endif
