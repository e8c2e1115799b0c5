/* What resource.c, list.c and write.c share. */
#ifndef RESOURCE_PRIVATE_H
#define RESOURCE_PRIVATE_H

#include "card.h"
#include "resource.h"

const struct resource *resource_of(const struct req *);

/* resource_select() and resource_write_row() behind n columns that a statement has already. */
void resource_select_behind(struct sql *, struct req *, const struct resource *, int n);
void resource_write_row_behind(
	struct out *, struct req *, const struct resource *, const struct rows *, int row, int n);

/* " from <table> t", or with what filters and ordering need beyond it. */
void resource_rows(struct sql *, const struct resource *, bool joined);

/* " order by ..." as ?ordering= says, or as usual. */
void resource_order(struct sql *, struct req *, const struct resource *);

/* :id of the path; false: replied 404. */
bool resource_id(struct req *, int32_t *id);

void resource_query_one(struct req *, const struct resource *, int32_t id, req_step *next);

/* The first row, or 404. */
void resource_reply_one(struct req *, const struct resource *, int status, const struct rows *);

/* The record in columns row_key and sealed; NULL, and logged, when it cannot be read. The
 * caller's. */
json_t *sealed_open(
	struct req *, const struct resource *, const struct rows *, int row, int column);

/* The text of a sealed member as it is shown, NULL where there is none: of the record, of the field, or
 * in card. */
const char *resource_sealed_text(
	const struct field *, const json_t *sealed, char card[static CARD_SIZE]);

/* The column that a field is written to. */
const char *field_column(const struct field *);

/* What a body says of one field. */
struct value {
	bool present; /* and valid */
	bool null;
	const char *text;
	const char *problem; /* unless the record has the same already */
	bool changes; /* the sealed record */
	int32_t *ids; /* FT_REFS, FT_LIST of ids */
	const char **words; /* FT_LIST of texts */
	int n;
};

struct set {
	const char *column;
	const char *expression; /* parameters filled in */
};

/* Fills w->given from w->body; errors to w->errors. */
void write_validate(struct write *);

/* With req, arena, res, create, id and body set: makes the rest, and validates. */
void write_prepare(struct write *);

/* A member of the body that is neither a field nor `also` (NULL: none) is an error, which names those
 * that are known. */
void write_exactly(struct write *, const char *also);

/* Adds ", <check>" for every reference and unique value to a select that has one column so far;
 * how many. */
int write_checks_add(struct write *, struct sql *);

/* What the checks found goes to w->errors; the column after them. */
int write_checks_tell(struct write *, const struct rows *);

/* What the database must say before a prepared write can be made: a select of one row; NULL:
 * nothing. */
struct sql *write_check(struct write *);

enum write_made {
	WRITE_READY, /* w->sql is "with saved as (...)": a select behind it makes it a statement */
	WRITE_NOTHING, /* an update that changes nothing */
	WRITE_REFUSED, /* w->errors says why */
	WRITE_GONE, /* no such row */
	WRITE_UNREADABLE /* its sealed record */
};

/* rows: of write_check(), or NULL. They must live as long as w->sql. */
enum write_made write_make(struct write *, const struct rows *);

#endif
