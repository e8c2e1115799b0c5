#include "punch_order.h"

#include <assert.h>
#include <string.h>

/* "+0-1": signs and columns */
static void expect(const char *text, const char *name, enum punch_order_kind kind)
{
	struct arena *a = arena_new();
	struct str s = str_new(a);
	const struct punch_order o = punch_order_read(text);

	punch_order_name(&o, &s);
	assert(strcmp(str_text(&s), name) == 0);
	assert(o.kind == kind);
	arena_free(a);
}

static void test_names(void)
{
	expect(NULL, "+0", BY_ID);
	expect("", "+0", BY_ID);
	expect("id", "+0", BY_ID);
	expect(" -id", "-0", BY_ID);
	expect("-upload_time", "-0", BY_ID);
	expect("nonsense,-,,", "+0", BY_ID);
	expect("punch_time", "+1+0", BY_TIME);
	expect("-punch_time", "-1-0", BY_TIME);
	expect("-punch_time,-id", "-1-0", BY_TIME);
	expect("punch_time,-id", "+1-0", BY_OTHER);
	expect("emp_code", "+2+0", BY_OTHER);
	expect("-terminal_sn , emp_code", "-3+2-0", BY_OTHER);
	expect("id,punch_time", "+0", BY_ID);
	expect("punch_time,punch_time,emp_code,terminal_sn,id,upload_time", "+1+2+3+0", BY_OTHER);
}

static void test_reverse(void)
{
	const struct punch_order o = punch_order_read("-punch_time,emp_code");
	const struct punch_order r = punch_order_reverse(&o);

	assert(!r.keys[0].down && r.keys[1].down && !r.keys[2].down);
	assert(r.n == o.n && r.kind == o.kind);
}

static void sql_expect(const char *order, const char *by, const char *behind)
{
	struct arena *a = arena_new();
	const struct punch_order o = punch_order_read(order);
	const struct punch_key k = { .id = 9, .time = 86400000001, .pin = 5, .origin = 6 };
	struct sql *sql = sql_new(a);

	punch_order_add(&o, sql);
	assert(strcmp(str_text(&sql->text), by) == 0);
	sql = sql_new(a);
	punch_order_behind(&o, sql, &k);
	assert(strcmp(str_text(&sql->text), behind) == 0);
	arena_free(a);
}

static void test_sql(void)
{
	sql_expect("-id", " order by p.id desc", " and p.id < $1::bigint");
	sql_expect("punch_time", " order by p.punch_time, p.id",
		" and (p.punch_time, p.id) > ($1::timestamp, $2::bigint)");
	sql_expect("punch_time,-id", " order by p.punch_time, p.id desc",
		" and p.punch_time >= $1::timestamp and (p.punch_time > $1::timestamp or"
		" (p.punch_time = $1::timestamp and (p.id < $2::bigint)))");
}

static void test_times_keep_their_microseconds(void)
{
	struct arena *a = arena_new();
	const struct punch_order o = punch_order_read("punch_time");
	struct sql *sql = sql_new(a);

	punch_order_behind(&o, sql, &(struct punch_key){ .time = 86400000001 });
	assert(strcmp(sql->args[0].value, "1970-01-02 00:00:00.000001") == 0);
	sql = sql_new(a);
	punch_order_behind(&o, sql, &(struct punch_key){ .time = -1 });
	assert(strcmp(sql->args[0].value, "1969-12-31 23:59:59.999999") == 0);
	arena_free(a);
}

int main(void)
{
	test_names();
	test_reverse();
	test_sql();
	test_times_keep_their_microseconds();
	return 0;
}
