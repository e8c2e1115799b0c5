/*
 * The statements that list punches. Two ways to take rows of a filter in order:
 *
 *   PLAN_WALK  along the index of the order, looking at each row; ends when the page is full or
 *              after `window` rows. Good when many of the rows fit.
 *   PLAN_SORT  all ids that fit from the filter's own index, sorted, then the rows of the page.
 *              Costs as much as counting them.
 *
 * Left alone, PostgreSQL walks the primary key for one day's punches (a third of a second in ten
 * million rows), so each way is fenced, and the caller chooses by what it knows of the filter.
 */
#ifndef PUNCH_SQL_H
#define PUNCH_SQL_H

#include "punch_filter.h"
#include "punch_order.h"

enum punch_plan { PLAN_WALK, PLAN_SORT };

/* What is known of the rows that fit a filter, as of one moment. */
struct punch_count {
	int64_t count;
	int64_t counted; /* the highest id in the table then */
	int64_t deleted; /* punch_counter.deleted then */
	/* all that fits up to `counted` lies in between; 0 when nothing does */
	int64_t min, max;
};

struct punch_query {
	const struct punch_filter *filter;
	struct punch_order order; /* in which rows are taken */
	enum punch_plan plan;
	int64_t window; /* of PLAN_WALK; 0: no end */
	bool after_set, base_set;
	struct punch_key after; /* behind this row */
	int64_t from_id,
		upto_id; /* BY_ID: what fitted when it was counted lies in between; 0: unknown */
	int64_t last; /* ids up to this one; 0: all */
	int64_t limit;
	int64_t skip; /* rows left out first */
	bool from_end; /* skip and limit as the opposite order would have it: the rows
					* are taken from the far end, `skip` counted from this one */
	int64_t base; /* base_set (BY_ID, no filter): the row of rank `skip` among
					* ids from here on, taken upwards, begins (falling: ends) */
};

/* Chooses plan and window for the rows of one statement. */
void punch_plan(struct punch_query *, const struct punch_count *);

/* The same for all that is behind `after`, in pieces of `limit` rows. */
void punch_plan_all(struct punch_query *, const struct punch_count *);

/* Columns of a page: these, then those of a row. */
enum {
	PAGE_COUNT,
	PAGE_LAST_ID,
	PAGE_DELETED,
	PAGE_REMAINING, /* rows behind `after`, when asked for */
	PAGE_UNFINISHED, /* the window ended before the page was full: plan again */
	PAGE_ROW
};

/* One page with names and its count, all of one moment. known: NULL only for a filter without
 * conditions. Without rows: one row whose PAGE_ROW is null. */
void punch_sql_page(
	struct sql *, const struct punch_query *, const struct punch_count *known, bool remaining);

/* One punch by id: the columns of a page's row. */
void punch_sql_one(struct sql *, int64_t id);

/*
 * Rows without names: the first columns of a page's row. One whose pin_id is null is no row: the
 * piece went up to its id and punch_time, null when there is nothing behind. BY_ID with a window,
 * `after` must be set and the rows are all of the next `window` ids, whatever `limit` says.
 */
void punch_sql_piece(struct sql *, const struct punch_query *);

/* count, counted, deleted, min, max of a filter. */
void punch_sql_count(struct sql *, const struct punch_filter *);
struct punch_count punch_count_read(const struct rows *);

#endif
