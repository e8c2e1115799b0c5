/*
 * In which order punches are listed: ?ordering= as a list of known columns that ends with id, so
 * that every order is total and a page can begin behind a row.
 *
 * upload_time rises with id, so it is id.
 */
#ifndef PUNCH_ORDER_H
#define PUNCH_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "filter.h"
#include "sql.h"
#include "str.h"

enum punch_column { PUNCH_ID, PUNCH_TIME, PUNCH_PIN, PUNCH_SN };
#define PUNCH_COLUMNS 4

enum punch_order_kind {
	BY_ID, /* the primary key */
	BY_TIME, /* the index over punch_time and id */
	BY_OTHER
};

struct punch_order {
	enum punch_order_kind kind;
	struct {
		enum punch_column column;
		bool down;
	} keys[PUNCH_COLUMNS];
	int n;
};

/* Where a page ends: enough of its last row to go on behind it in any order, also when the row
 * is deleted meanwhile. */
struct punch_key {
	int64_t id;
	int64_t time; /* microseconds since 1970 on the terminal's clock */
	int32_t pin, origin;
};

/* The names, for who describes them; column is of no use there. */
extern const struct order punch_orders[];

/* text is ?ordering=, or NULL. */
struct punch_order punch_order_read(const char *text);

/* The opposite order. */
struct punch_order punch_order_reverse(const struct punch_order *);

/* " order by p.punch_time desc, p.id desc"; for BY_OTHER n is the PIN and o the origin. */
void punch_order_add(const struct punch_order *, struct sql *);

/* " and (...)": the rows behind the key. */
void punch_order_behind(const struct punch_order *, struct sql *, const struct punch_key *);

/* A short text, equal for equal orders. */
void punch_order_name(const struct punch_order *, struct str *);

#endif
