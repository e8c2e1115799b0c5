/* Query parameters -> where clause and order by. */
#include "filter.h"

#include <string.h>

#include "context.h"
#include "fatal.h"
#include "moment.h"

static const char *const casts[] = {
	[FILTER_TEXT] = "::text",
	[FILTER_CONTAINS] = "::text",
	[FILTER_INT] = "::int8",
	[FILTER_IDS] = "::int[]",
	[FILTER_BOOL] = "::boolean",
	[FILTER_DATE] = "::date",
	[FILTER_TIME] = "::timestamp",
};

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *trimmed(struct arena *a, const char *text)
{
	while (blank(*text))
		text++;
	size_t n = strlen(text);
	while (n > 0 && blank(text[n - 1]))
		n--;
	return arena_memdup(a, text, n);
}

const char *filter_pattern(struct arena *a, const char *value)
{
	char *pattern = arena_alloc(a, 2 * strlen(value) + 3), *to = pattern;

	*to++ = '%';
	for (; *value; value++) {
		if (strchr("\\%_", *value))
			*to++ = '\\';
		*to++ = *value;
	}
	*to = '%';
	return pattern;
}

bool filter_ids(struct arena *a, const char *text, int32_t **ids, int *n)
{
	size_t room = 1;
	int64_t id;

	for (const char *c = text; *c; c++)
		room += *c == ',';
	*ids = arena_array(a, room, sizeof(**ids));
	*n = 0;
	for (;;) {
		text += strspn(text, " ");
		size_t len = strcspn(text, ","), word = len;
		while (word > 0 && text[word - 1] == ' ')
			word--;
		if (word > 0) {
			if (!str_to_intn(text, word, INT64_MIN, INT64_MAX, &id))
				return false;
			if (id >= INT32_MIN && id <= INT32_MAX) /* others: no such row */
				(*ids)[(*n)++] = (int32_t)id;
		}
		if (!text[len])
			return true;
		text += len + 1;
	}
}

/* --- where ---------------------------------------------------------------------------------- */

static bool bool_value(const char *text, const char **value)
{
	static const char *const yes[] = { "true", "1", "yes", "on", "t", "y" };
	static const char *const no[] = { "false", "0", "no", "off", "f", "n" };

	for (size_t i = 0; i < LEN(yes); i++) {
		if (str_same_word(text, yes[i]))
			*value = "t";
		else if (str_same_word(text, no[i]))
			*value = "f";
		else
			continue;
		return true;
	}
	return false;
}

bool filter_says(const char *text)
{
	const char *value;

	return text && bool_value(text, &value) && *value == 't';
}

/* The parameter for a value of this kind; false: nothing can match it. */
static bool value_arg(
	struct req *r, struct arena *a, enum filter_kind kind, const char *text, struct db_arg *arg)
{
	char date[32];
	int32_t *ids;
	int64_t number;
	int n;

	if (!str_is_utf8(text, strlen(text)))
		return false;
	text = trimmed(a, text);
	switch (kind) {
	case FILTER_CONTAINS:
		*arg = db_text(filter_pattern(a, text));
		return true;
	case FILTER_INT:
		if (!str_to_int(text, INT64_MIN, INT64_MAX, &number))
			return false;
		*arg = db_int(a, number);
		return true;
	case FILTER_IDS:
		if (!filter_ids(a, text, &ids, &n) || n == 0)
			return false;
		*arg = db_int4_array(a, ids, NULL, n);
		return true;
	case FILTER_BOOL:
		*arg = db_text(NULL);
		return bool_value(text, &arg->value);
	case FILTER_DATE:
	case FILTER_TIME:
		if (!(kind == FILTER_DATE ? moment_date(text, date)
					  : moment_wall(text, api_zone(r), date)))
			return false;
		*arg = db_text(arena_strdup(a, date));
		return true;
	case FILTER_TEXT:
	case FILTER_END:
		break;
	}
	*arg = db_text(text);
	return true;
}

bool filter_add_value(struct sql *sql, struct req *r, const struct filter *f, const char *value)
{
	struct db_arg arg;
	bool skip = false;

	if (f->value) {
		value = f->value(r, value, &skip);
		if (skip)
			return true;
		if (!value)
			return false;
	}
	if (!value_arg(r, sql->arena, f->kind, value, &arg))
		return false;
	sql_add(sql, " and (");
	sql_fill(&sql->text, f->condition, sql_param(sql, arg), casts[f->kind]);
	sql_add(sql, ")");
	return true;
}

bool filter_add(struct sql *sql, struct req *r, const struct filter *table)
{
	for (const struct filter *f = table; f->param; f++) {
		const char *value = req_param(r, f->param);
		if (value && *value && !filter_add_value(sql, r, f, value))
			return false;
	}
	return true;
}

/* --- order by ------------------------------------------------------------------------------- */

static const struct order *order_find(const struct order *table, const char *name, size_t n)
{
	for (; table->name; table++)
		if (strlen(table->name) == n && memcmp(table->name, name, n) == 0)
			return table;
	return NULL;
}

/* Columns named by the list; 0 when it names none of the table. *down: the first one falls. */
static int order_list(struct sql *sql, const struct order *table, const char *list, bool *down)
{
	const struct order *seen[8];
	int n = 0;

	while (*list && n < (int)LEN(seen)) {
		list += strspn(list, " ");
		bool falls = *list == '-';
		list += falls;
		size_t len = strcspn(list, ","), word = len;
		while (word > 0 && list[word - 1] == ' ')
			word--;
		const struct order *o = order_find(table, list, word);
		for (int i = 0; o && i < n; i++)
			if (seen[i] == o)
				o = NULL;
		if (o) {
			if (n == 0)
				*down = falls;
			sql_add(sql, n == 0 ? " order by " : ", ");
			sql_add(sql, o->column);
			sql_add(sql, falls ? " desc" : "");
			seen[n++] = o;
		}
		list += len + (list[len] == ',');
	}
	return n;
}

void order_add(struct sql *sql, struct req *r, const struct order *table, const char *fallback,
	const char *key)
{
	const char *wanted = req_param(r, "ordering");
	bool down = false;
	int n = 0;

	if (wanted && *wanted)
		n = order_list(sql, table, wanted, &down);
	if (n == 0)
		n = order_list(sql, table, fallback, &down);
	sql_add(sql, n == 0 ? " order by " : ", ");
	sql_add(sql, key);
	sql_add(sql, down ? " desc" : "");
}
