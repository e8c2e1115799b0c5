/* Statements over punches: p is the punch, n its PIN, o its origin. */
#include "punch_sql.h"

#include "fatal.h"

#define ROW_COLUMNS                                                                                                \
	"p.id, p.upload_time::timestamp as upload_time, p.punch_time, p.pin_id, p.origin_id,"                      \
	" case when (select punch_state_rules()) then punch_state_shown(p.origin_id, p.pin_id,"                    \
	" p.punch_time, coalesce(p.punch_state, punch_unread(p.rest, 1)))"                                         \
	" else coalesce(p.punch_state, punch_unread(p.rest, 1)) end as punch_state,"                               \
	" coalesce(p.verify_type, punch_unread(p.rest, 2)) as verify_type, p.is_mask, p.temperature, p.work_code," \
	" case when octet_length(p.rest) > 24 then p.rest end as rest" /* shorter: no position */

/* A number that planning may see in place of the parameter: the next round one. */
static const int64_t limits[] = { 16, 128, 512, 10000, INT64_MAX };

static int64_t limit_hint(int64_t limit)
{
	size_t i = 0;

	while (limits[i] < limit)
		i++;
	return limits[i];
}

static void add_int(struct sql *sql, const char *text, int64_t n)
{
	sql_arg(sql, text, db_int(sql->arena, n));
}

/* --- rows ----------------------------------------------------------------------------------- */

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The ids between which all rows lie, each 0 when there is no such bound. */
static void bounds_of(const struct punch_query *q, int64_t *above, int64_t *upto)
{
	bool known = q->order.kind == BY_ID && q->window > 0 && q->upto_id > 0;

	*above = q->filter->above;
	*upto = q->last;
	if (known) {
		*above = larger(*above, q->from_id - 1);
		if (!*upto || q->upto_id < *upto)
			*upto = q->upto_id;
	}
	if (q->order.kind == BY_ID && q->after_set && !q->order.keys[0].down &&
		q->after.id >= *above)
		*above = 0; /* the key says more */
}

/* " and p.id > ..." */
static void bounds_add(struct sql *sql, const struct punch_query *q)
{
	int64_t above, upto;

	bounds_of(q, &above, &upto);
	if (above > 0)
		add_int(sql, " and p.id > $$::bigint", above);
	if (upto > 0)
		add_int(sql, " and p.id <= $$::bigint", upto);
	if (q->after_set)
		punch_order_behind(&q->order, sql, &q->after);
	if (!q->base_set)
		return;
	sql_addf(sql, " and p.id %s coalesce(", q->order.keys[0].down ? "<" : ">=");
	add_int(sql, "(select id from punch where id >= $$::bigint order by id", q->base);
	add_int(sql, " offset $$::bigint limit 1), 9223372036854775807)", q->skip);
}

/* " limit ...": from_end needs the count, which stands in h. */
static void limit_add(struct sql *sql, const struct punch_query *q)
{
	if (!q->from_end) {
		add_int(sql, " limit $$::bigint", q->limit);
		return;
	}
	add_int(sql, " limit greatest(least($$::bigint, (select count from h)", q->limit);
	add_int(sql, " - $$::bigint), 0)", q->skip);
}

static void offset_add(struct sql *sql, const struct punch_query *q)
{
	if (q->from_end)
		add_int(sql, " offset greatest((select count from h) - $$::bigint, 0)",
			q->skip + q->limit);
	else if (q->skip && !q->base_set)
		add_int(sql, " offset $$::bigint", q->skip);
}

/* The rows of an index in order, looked at one by one: "punch p where ..." */
static void walk_from(struct sql *sql, const struct punch_query *q)
{
	sql_add(sql, " from punch p where true");
	if (q->order.kind == BY_TIME)
		punch_filter_times(q->filter, sql);
	bounds_add(sql, q);
}

/* Rows left out are passed over in the index alone. */
static void walk_start(struct sql *sql, const struct punch_query *q)
{
	bool time = q->order.kind == BY_TIME;

	sql_addf(sql, " and %s %s= (select ", time ? "(p.punch_time, p.id)" : "p.id",
		q->order.keys[0].down ? "<" : ">");
	sql_add(sql, time ? "p.punch_time, p.id" : "p.id");
	walk_from(sql, q);
	punch_order_add(&q->order, sql);
	offset_add(sql, q);
	sql_add(sql, " limit 1)");
}

static void walk_rows(struct sql *sql, const struct punch_query *q)
{
	bool skips = (q->skip || q->from_end) && !q->base_set;

	/* the outer limit is for the planner */
	sql_add(sql, "select * from (select " ROW_COLUMNS);
	if (q->window > 0) {
		sql_add(sql, " from (select p.*");
		walk_from(sql, q);
		punch_order_add(&q->order, sql);
		add_int(sql, " limit $$::bigint) p where true", q->window);
		punch_filter_where(q->filter, sql);
	} else {
		walk_from(sql, q);
		if (skips)
			walk_start(sql, q);
	}
	punch_order_add(&q->order, sql);
	limit_add(sql, q);
	if (q->window > 0)
		offset_add(sql, q);
	sql_addf(sql, ") p limit %lld", (long long)limit_hint(q->limit));
}

/* The place where the window ended, if the rows looked at were not enough. */
static void walk_end(struct sql *sql, const struct punch_query *q)
{
	sql_add(sql, ", e as materialized (select p.id, p.punch_time");
	walk_from(sql, q);
	add_int(sql, " and (select count(*) from w) < $$::bigint", q->limit);
	punch_order_add(&q->order, sql);
	add_int(sql, " offset $$::bigint limit 1)", q->window - 1);
}

static void sort_rows(struct sql *sql, const struct punch_query *q)
{
	sql_add(sql,
		"select " ROW_COLUMNS " from punch p where p.id = any(array(select p.id from m p");
	punch_order_add(&q->order, sql);
	limit_add(sql, q);
	offset_add(sql, q);
	sql_add(sql, "))");
	punch_order_add(&q->order, sql);
}

/* All that fits, from the filter's index alone. */
static void sort_ids(struct sql *sql, const struct punch_query *q)
{
	sql_add(sql, "m as materialized (select p.id, p.punch_time from punch p where true");
	punch_filter_where(q->filter, sql);
	bounds_add(sql, q);
	sql_add(sql, "), ");
}

static void other_from(struct sql *sql, const struct punch_query *q)
{
	sql_add(sql, " from punch p join pin n on n.id = p.pin_id"
		     " join punch_origin o on o.id = p.origin_id where true");
	punch_filter_where(q->filter, sql);
	bounds_add(sql, q);
}

static void other_rows(struct sql *sql, const struct punch_query *q)
{
	sql_add(sql, "select * from (select " ROW_COLUMNS);
	other_from(sql, q);
	punch_order_add(&q->order, sql);
	limit_add(sql, q);
	offset_add(sql, q);
	sql_addf(sql, ") p limit %lld", (long long)limit_hint(q->limit));
}

static bool query_sorts(const struct punch_query *q)
{
	return q->order.kind != BY_OTHER && q->plan == PLAN_SORT;
}

static bool query_has_window(const struct punch_query *q)
{
	return q->order.kind != BY_OTHER && q->plan == PLAN_WALK && q->window > 0;
}

/* "[m as (...), ]w as (...)[, e as (...)]": the rows, in order of q->order. */
static void rows_add(struct sql *sql, const struct punch_query *q)
{
	if (query_sorts(q))
		sort_ids(sql, q);
	sql_add(sql, query_has_window(q) ? "w as materialized (" : "w as (");
	if (q->order.kind == BY_OTHER)
		other_rows(sql, q);
	else if (q->plan == PLAN_SORT)
		sort_rows(sql, q);
	else
		walk_rows(sql, q);
	sql_add(sql, ")");
	if (query_has_window(q))
		walk_end(sql, q);
}

/* The rows of `window` ids behind `after`, and where the next such piece begins: gaps between ids
 * may be wide. Nobody computes how many rows that is. */
static void span_piece(struct sql *sql, const struct punch_query *q)
{
	bool down = q->order.keys[0].down;
	int64_t above, upto, far;

	bounds_of(q, &above, &upto);
	far = down ? q->after.id - q->window : q->after.id + q->window;
	sql_add(sql, "select * from (select " ROW_COLUMNS " from (select p.* from punch p where");
	add_int(sql, down ? " p.id < $$::bigint" : " p.id > $$::bigint", q->after.id);
	add_int(sql, down ? " and p.id >= $$::bigint" : " and p.id <= $$::bigint", far);
	add_int(sql, " and p.id > $$::bigint", above);
	add_int(sql, " and p.id <= $$::bigint", upto);
	punch_order_add(&q->order, sql);
	sql_add(sql, " offset 0) p where true");
	punch_filter_where(q->filter, sql);
	punch_order_add(&q->order, sql);
	sql_add(sql, ") p union all select ");
	sql_add(sql, down ? "max(id) + 1" : "min(id) - 1");
	sql_add(sql,
		", null, null, null, null, null, null, null, null, null, null from punch where");
	add_int(sql, down ? " id < $$::bigint" : " id > $$::bigint", far);
	add_int(sql, " and id > $$::bigint", above);
	add_int(sql, " and id <= $$::bigint", upto);
}

void punch_sql_piece(struct sql *sql, const struct punch_query *q)
{
	if (q->order.kind == BY_ID && query_has_window(q)) {
		span_piece(sql, q);
		return;
	}
	sql_add(sql, "with ");
	rows_add(sql, q);
	sql_add(sql, " select * from w");
	if (query_has_window(q))
		sql_add(sql, " union all select id, null, punch_time, null, null, null, null, null,"
			     " null, null, null from e");
}

/* --- counts --------------------------------------------------------------------------------- */

/* How many ids are above one, without walking them all. */
static void above_count(struct sql *sql, int64_t id)
{
	int n = sql_param(sql, db_int(sql->arena, id));

	sql_addf(sql,
		"((select coalesce(sum(n), 0)::bigint from punch_block"
		" where block > $%d::bigint >> 13) + (select count(*) from punch"
		" where id > $%d::bigint and id < (($%d::bigint >> 13) + 1) << 13))",
		n, n, n);
}

/* More rows than this above what was counted: everything is counted again. */
enum { RECOUNT = 100000 };

/* The count of a filter that was counted before: only what came later, by the primary key. */
static void later_count(struct sql *sql, const struct punch_filter *f, const struct punch_count *c)
{
	add_int(sql, "case when deleted = $$::bigint", c->deleted);
	int counted = sql_param(sql, db_int(sql->arena, c->counted));
	sql_addf(sql, " and last_id - $%d::bigint <= %d then", counted, RECOUNT);
	add_int(sql, " $$::bigint + (select count(*) from (select * from punch", c->count);
	sql_addf(sql, " where id > $%d::bigint order by id limit %d) p where true", counted,
		RECOUNT);
	punch_filter_where(f, sql);
	if (f->above > 0)
		add_int(sql, " and p.id > $$::bigint", f->above);
	sql_add(sql, ") else (select count(*) from punch p where true");
	punch_filter_where(f, sql);
	if (f->above > 0)
		add_int(sql, " and p.id > $$::bigint", f->above);
	sql_add(sql, ") end");
}

static void remaining_count(struct sql *sql, const struct punch_query *q)
{
	if (q->order.kind == BY_OTHER) {
		sql_add(sql, "(select count(*)");
		other_from(sql, q);
		sql_add(sql, ")");
	} else if (q->order.kind == BY_TIME || !punch_filter_plain(q->filter)) {
		sql_add(sql, "(select count(*) from punch p where true");
		punch_filter_where(q->filter, sql);
		bounds_add(sql, q);
		sql_add(sql, ")");
	} else if (!q->order.keys[0].down) {
		above_count(sql, q->after.id);
	} else {
		above_count(sql, q->filter->above);
		sql_add(sql, " - ");
		above_count(sql, q->after.id - 1);
	}
}

/* h: one row of count, last_id, deleted, remaining. */
static void head_add(struct sql *sql, const struct punch_query *q, const struct punch_count *known,
	bool remaining)
{
	sql_add(sql, "h as materialized (select ");
	if (!punch_filter_plain(q->filter))
		later_count(sql, q->filter, known);
	else if (q->filter->above > 0)
		above_count(sql, q->filter->above);
	else
		sql_add(sql, "total");
	sql_add(sql, " as count, last_id, deleted, ");
	if (remaining && q->after_set)
		remaining_count(sql, q);
	else
		sql_add(sql, "0::bigint");
	sql_add(sql, " as remaining from punch_counter)");
}

void punch_sql_count(struct sql *sql, const struct punch_filter *f)
{
	sql_add(sql, "select n.count, c.last_id, c.deleted, n.min, n.max from punch_counter c,");
	if (punch_filter_plain(f)) {
		sql_add(sql, " (select ");
		if (f->above > 0)
			above_count(sql, f->above);
		else
			sql_add(sql, "total");
		sql_add(sql, " as count, 0::bigint as min, 0::bigint as max from punch_counter) n");
		return;
	}
	sql_add(sql, " (select count(*), min(p.id), max(p.id) from punch p where true");
	punch_filter_where(f, sql);
	if (f->above > 0)
		add_int(sql, " and p.id > $$::bigint", f->above);
	sql_add(sql, ") n");
}

struct punch_count punch_count_read(const struct rows *rows)
{
	return (struct punch_count){
		.count = rows_int(rows, 0, 0),
		.counted = rows_int(rows, 0, 1),
		.deleted = rows_int(rows, 0, 2),
		.min = rows_int(rows, 0, 3),
		.max = rows_int(rows, 0, 4),
	};
}

/* --- pages ---------------------------------------------------------------------------------- */

/* Each fence makes a look-up by key of what the planner would otherwise join by reading all. */
static const char names_join[] =
	" cross join lateral (select code, unlinked_up_to from pin where id = w.pin_id offset 0) n"
	" left join lateral (select id, first_name, last_name, nickname, department_id,"
	" position_id"
	" from employee where pin_id = w.pin_id and w.id > n.unlinked_up_to offset 0) e on true"
	" cross join lateral (select area_alias, sn, alias from punch_origin"
	" where id = w.origin_id offset 0) o";

static const char names_columns[] =
	"n.code, e.id as emp, e.first_name, e.last_name,"
	" (select name from department where id = e.department_id) as department,"
	" (select name from position where id = e.position_id) as position,"
	" o.area_alias, o.sn, o.alias, e.nickname";

static void page_order(struct sql *sql, const struct punch_order *o)
{
	static const char *const columns[PUNCH_COLUMNS] = { [PUNCH_ID] = "x.id",
		[PUNCH_TIME] = "x.punch_time",
		[PUNCH_PIN] = "x.code",
		[PUNCH_SN] = "x.sn" };

	for (int i = 0; i < o->n; i++)
		sql_addf(sql, "%s%s%s", i ? ", " : " order by ", columns[o->keys[i].column],
			o->keys[i].down ? " desc" : "");
}

void punch_sql_page(struct sql *sql, const struct punch_query *q, const struct punch_count *known,
	bool remaining)
{
	struct punch_query taken = *q;

	if (q->from_end)
		taken.order = punch_order_reverse(&q->order);
	sql_add(sql, "with ");
	head_add(sql, q, known, remaining);
	sql_add(sql, ", ");
	rows_add(sql, &taken);
	sql_addf(sql,
		" select h.count, h.last_id, h.deleted, h.remaining, %s, x.* from h"
		" left join (select w.*, %s from w%s) x on true",
		query_has_window(&taken) ? "exists (select from e)" : "false", names_columns,
		names_join);
	page_order(sql, &q->order);
}

void punch_sql_one(struct sql *sql, int64_t id)
{
	sql_add(sql, "with w as (select " ROW_COLUMNS);
	add_int(sql, " from punch p where p.id = $$::bigint)", id);
	sql_addf(sql, " select w.*, %s from w%s", names_columns, names_join);
}
