/*
 * A member of a resource: how it is read, written, filtered and documented, in one row of a table.
 */
#ifndef FIELD_H
#define FIELD_H

#include <stdint.h>

enum field_type {
	FT_INT = 1,
	FT_BOOL,
	FT_FLAG, /* boolean column shown as 1 or 0, written as number or boolean */
	FT_TEXT,
	FT_EMAIL,
	FT_CARD, /* of the sealed record: a card number (card.h); F_UNIQUE: of people who work here */
	FT_DATE,
	FT_TIME, /* timestamptz (shown in the configured zone; read-only) or timestamp */
	FT_DOUBLE, /* read-only */
	FT_REF, /* id of another row; read as object of .members (null when the first is null) */
	FT_REFS, /* list of ids, not empty; read as FT_JSON; stored by hooks */
	FT_LIST, /* array column: of ids of .table, or of texts; may be empty; read as FT_JSON */
	FT_OBJECT, /* object of .members, never null; read-only here */
	FT_JSON /* JSON made by SQL; read-only */
};

enum {
	F_WRITE = 1, /* taken from bodies */
	F_REQUIRED = 2, /* on create; never null or blank */
	F_FIXED = 4, /* changes on update are ignored */
	F_UNIQUE = 8, /* checked beforehand: "<table> with this <json> already exists." */
	F_PARENT = 16, /* a reference to the same table: no circles */
	F_SEALED = 32, /* member of the sealed record, not a column */
	F_ORDER = 64, /* may be used in ?ordering= */
	F_SECRET = 128, /* null for who may not see credentials */
	F_HIDDEN = 256, /* written, never shown */
	F_HOOKED = 512, /* validated here, stored by hooks only */
	F_NOT_NULL = 1024 /* may be absent, but not null */
};

enum { OP_EQ = 1, OP_CONTAINS = 2 /* <json>_icontains */ };

struct field {
	const char *json;
	const char *expr; /* SQL to read it: "t.code"; for FT_REF unused (members say) */
	enum field_type type;
	int flags;
	int filters;
	int max; /* text: characters; 0 = no limit */
	const char *column; /* to write it; NULL: expr without "t." */
	const char *null_as; /* SQL stored for null; NULL = null */
	const char *choices; /* "M|F|S", also for FT_INT; NULL: any */
	int64_t low, high; /* FT_INT, when not both 0; otherwise the range of int4 */
	const char *table; /* FT_REF, FT_REFS: where the ids live */
	const struct field *members; /* FT_REF, FT_OBJECT */
	const char *store; /* NULL, or SQL with $$ for the value: "nullif($$, 0)" */
	/* NULL, or what is read in place of expr for who has limits; $$ is the account */
	const char *scoped;
	const char *example; /* for the documentation, where not any value will do */
};

#endif
