/* Orders of punches as SQL. */
#include "punch_order.h"

#include <string.h>

#include "clock.h"
#include "fatal.h"

static const char *const columns[PUNCH_COLUMNS] = {
	[PUNCH_ID] = "p.id",
	[PUNCH_TIME] = "p.punch_time",
	[PUNCH_PIN] = "n.code",
	[PUNCH_SN] = "o.sn",
};

const struct order punch_orders[] = {
	{ "id" },
	{ "upload_time" },
	{ "punch_time" },
	{ "emp_code" },
	{ "terminal_sn" },
	{ 0 },
};

/* In the order of punch_orders. */
static const enum punch_column ordered[] = { PUNCH_ID, PUNCH_ID, PUNCH_TIME, PUNCH_PIN, PUNCH_SN };

static bool column_find(const char *name, size_t n, enum punch_column *column)
{
	for (size_t i = 0; i < LEN(ordered); i++)
		if (strlen(punch_orders[i].name) == n &&
			memcmp(punch_orders[i].name, name, n) == 0) {
			*column = ordered[i];
			return true;
		}
	return false;
}

static bool order_has(const struct punch_order *o, enum punch_column column)
{
	for (int i = 0; i < o->n; i++)
		if (o->keys[i].column == column)
			return true;
	return false;
}

static void order_push(struct punch_order *o, enum punch_column column, bool down)
{
	/* nothing orders rows further once their ids do */
	if (order_has(o, column) || order_has(o, PUNCH_ID))
		return;
	o->keys[o->n].column = column;
	o->keys[o->n++].down = down;
}

static enum punch_order_kind order_kind(const struct punch_order *o)
{
	if (o->n == 1)
		return BY_ID;
	if (o->n == 2 && o->keys[0].column == PUNCH_TIME && o->keys[0].down == o->keys[1].down)
		return BY_TIME;
	return BY_OTHER;
}

struct punch_order punch_order_read(const char *text)
{
	struct punch_order o = { 0 };
	enum punch_column column;

	while (text && *text) {
		text += strspn(text, " ");
		bool down = *text == '-';
		text += down;
		size_t len = strcspn(text, ","), word = len;
		while (word > 0 && text[word - 1] == ' ')
			word--;
		if (column_find(text, word, &column))
			order_push(&o, column, down);
		text += len + (text[len] == ',');
	}
	order_push(&o, PUNCH_ID, o.n > 0 && o.keys[0].down);
	o.kind = order_kind(&o);
	return o;
}

/* gcc's -fanalyzer does not see that the copy has what the original has */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-use-of-uninitialized-value"
#endif
struct punch_order punch_order_reverse(const struct punch_order *o)
{
	struct punch_order reverse = *o;

	for (int i = 0; i < reverse.n; i++)
		reverse.keys[i].down = !reverse.keys[i].down;
	return reverse;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

void punch_order_add(const struct punch_order *o, struct sql *sql)
{
	for (int i = 0; i < o->n; i++)
		sql_addf(sql, "%s%s%s", i ? ", " : " order by ", columns[o->keys[i].column],
			o->keys[i].down ? " desc" : "");
}

void punch_order_name(const struct punch_order *o, struct str *text)
{
	for (int i = 0; i < o->n; i++)
		str_addf(text, "%c%d", o->keys[i].down ? '-' : '+', (int)o->keys[i].column);
}

/* --- behind a key --------------------------------------------------------------------------- */

/* The value of one key, as SQL with $n. */
static const char *key_value(struct sql *sql, enum punch_column column, const struct punch_key *k)
{
	char time[20];

	switch (column) {
	case PUNCH_ID:
		return arena_printf(
			sql->arena, "$%d::bigint", sql_param(sql, db_int(sql->arena, k->id)));
	case PUNCH_TIME:
		clock_format(k->time, time);
		return arena_printf(sql->arena, "$%d::timestamp",
			sql_param(sql, db_text(arena_printf(sql->arena, "%s.%06d", time,
					       (int)((k->time % 1000000 + 1000000) % 1000000)))));
	case PUNCH_PIN:
		return arena_printf(sql->arena, "(select code from pin where id = $%d::int)",
			sql_param(sql, db_int(sql->arena, k->pin)));
	case PUNCH_SN:
		break;
	}
	return arena_printf(sql->arena, "(select sn from punch_origin where id = $%d::int)",
		sql_param(sql, db_int(sql->arena, k->origin)));
}

void punch_order_behind(const struct punch_order *o, struct sql *sql, const struct punch_key *k)
{
	const char *values[PUNCH_COLUMNS] = { "", "" };

	for (int i = 0; i < o->n; i++)
		values[i] = key_value(sql, o->keys[i].column, k);
	if (o->kind != BY_OTHER) { /* one comparison that an index understands */
		const char *sign = o->keys[0].down ? "<" : ">";
		if (o->n == 1)
			sql_addf(sql, " and p.id %s %s", sign, values[0]);
		else
			sql_addf(sql, " and (p.punch_time, p.id) %s (%s, %s)", sign, values[0],
				values[1]);
		return;
	}
	/* the first key alone, for an index, then all of them: a > x or (a = x and (b > y ...)) */
	sql_addf(sql, " and %s %s %s and (", columns[o->keys[0].column],
		o->keys[0].down ? "<=" : ">=", values[0]);
	for (int i = 0; i < o->n; i++) {
		const char *column = columns[o->keys[i].column];
		sql_addf(sql, "%s %s %s", column, o->keys[i].down ? "<" : ">", values[i]);
		if (i + 1 < o->n)
			sql_addf(sql, " or (%s = %s and (", column, values[i]);
	}
	for (int i = 1; i < o->n; i++)
		sql_add(sql, "))");
	sql_add(sql, ")");
}
