/* Which of the two ways to take rows is cheaper. */
#include "punch_sql.h"

/*
 * Costs of one row, in units of about 0.1 microseconds: met on a walk along the primary key, met on
 * a walk along another index, counted and sorted from the filter's index, fetched by its id.
 */
enum { WALKED = 3, WALKED_APART = 6, SORTED = 3, FETCHED = 10 };

/* Rows looked at beyond what should be enough. */
enum { SPARE = 2000, WIDEST = 20000 };

static int64_t clamped(double n)
{
	return n < 1e15 ? (int64_t)n : (int64_t)1e15;
}

/* Rows to look at for one that fits. */
static double walk_thin(const struct punch_query *q, const struct punch_count *known)
{
	double span = q->order.kind == BY_ID ? (double)(known->max - known->min + 1)
					     : (double)known->counted;
	return known->count > 0 && span > (double)known->count ? span / (double)known->count : 1;
}

/* Every row met in the order's index fits. */
static bool walk_is_exact(const struct punch_query *q)
{
	if (q->order.kind == BY_TIME)
		return punch_filter_times_only(q->filter);
	return punch_filter_plain(q->filter);
}

static void plan_begin(struct punch_query *q, const struct punch_count *known)
{
	q->plan = PLAN_WALK;
	q->window = 0;
	q->from_id = known ? known->min : 0;
	q->upto_id = known ? known->max : 0;
}

/* Rows met until `wanted` fit; all of them when there are not so many. */
static double walk_length(
	const struct punch_query *q, const struct punch_count *known, double wanted)
{
	if (wanted > (double)known->count)
		wanted = (double)known->count;
	return wanted * walk_thin(q, known);
}

void punch_plan(struct punch_query *q, const struct punch_count *known)
{
	plan_begin(q, known);
	if (q->order.kind == BY_OTHER || walk_is_exact(q))
		return;
	int64_t skip = q->from_end ? known->count - q->skip - q->limit : q->skip;
	int64_t fetched = q->limit < known->count ? q->limit : known->count;
	double met = walk_length(q, known, (double)(skip > 0 ? skip : 0) + (double)q->limit);
	double walk = met * (q->order.kind == BY_ID ? WALKED : WALKED_APART);
	double sort = (double)known->count * SORTED + (double)fetched * FETCHED;

	if (walk >= sort)
		q->plan = PLAN_SORT;
	else
		q->window = clamped(met * 3) + SPARE;
}

void punch_plan_all(struct punch_query *q, const struct punch_count *known)
{
	plan_begin(q, known);
	if (q->order.kind == BY_OTHER || walk_is_exact(q))
		return;
	double count = (double)known->count;
	double met = count * walk_thin(q, known);
	double walk = met * (q->order.kind == BY_ID ? WALKED : WALKED_APART);
	double pieces = 1 + count / (double)q->limit;
	double sort = pieces * count * SORTED + count * FETCHED;

	if (walk >= sort)
		q->plan = PLAN_SORT;
	else
		q->window = clamped((double)q->limit * walk_thin(q, known) * 1.5);
	if (q->window > WIDEST) /* rows of a piece, if all should fit */
		q->window = WIDEST;
	if (q->plan == PLAN_WALK && q->order.kind == BY_ID && !q->after_set) {
		q->after_set = true;
		q->after.id = q->order.keys[0].down ? known->max + 1 : known->min - 1;
	}
}
