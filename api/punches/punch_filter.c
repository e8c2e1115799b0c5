/* Parameters of /iclock/api/transactions/ to conditions on integers and times. */
#include "punch_filter.h"

#include <string.h>

#include "context.h"
#include "filter.h"
#include "moment.h"
#include "report_people.h"
#include "scope.h"

/* n is the origin or the PIN, e the employee who holds it. */
static const struct filter origin_filters[] = {
	{ "terminal_sn", FILTER_TEXT, "n.sn = $$" },
	{ "terminal_sn_icontains", FILTER_CONTAINS, "n.sn ilike $$" },
	{ "terminal_alias", FILTER_TEXT, "n.alias = $$" },
	{ "areas", FILTER_IDS, "n.area_id = any($$)" },
	{ NULL },
};
static const struct filter pin_filters[] = {
	{ "emp_code", FILTER_TEXT, "n.code = $$" },
	{ "emp_code_icontains", FILTER_CONTAINS, "n.code ilike $$" },
	{ NULL },
};
static const struct filter people_filters[] = {
	{ "emp", FILTER_IDS, "e.id = any($$)" },
	{ "departments", FILTER_IDS, "e.department_id = any($$)" },
	{ NULL },
};

/* Read by hand: they become ids and times of the filter itself. */
enum { UPLOAD_TIME, UPLOAD_MORE, START, END, ID_MORE, SEARCH };
static const struct filter other_filters[] = {
	[UPLOAD_TIME] = { "upload_time", FILTER_TIME },
	[UPLOAD_MORE] = { "upload_time_more_than", FILTER_TIME },
	[START] = { "start_time", FILTER_TIME },
	[END] = { "end_time", FILTER_TIME },
	[ID_MORE] = { "id_more_than", FILTER_INT },
	[SEARCH] = { "search", FILTER_CONTAINS },
	{ NULL },
};

static const struct filter none[] = { { NULL } };

enum { ORIGINS, PINS, ENDED, ENDED_IDS, SEARCH_ORIGINS, SEARCH_PINS, ABOVE };

static const char *param(struct req *r, const char *name)
{
	const char *value = req_param(r, name);
	return value && *value ? value : NULL;
}

static bool any_param(struct req *r, const struct filter *table)
{
	for (; table->param; table++) {
		const char *value = param(r, table->param);
		bool skip = false;
		if (value && table->value)
			table->value(r, value, &skip);
		if (value && !skip)
			return true;
	}
	return false;
}

/* A broken time matches nothing. */
static const char *time_read(struct req *r, struct punch_filter *f, int filter)
{
	const char *value = param(r, other_filters[filter].param);
	char text[32];

	if (!value)
		return NULL;
	value += strspn(value, " ");
	size_t n = strlen(value);
	while (n > 0 && value[n - 1] == ' ')
		n--;
	if (!moment_wall(arena_memdup(req_arena(r), value, n), api_zone(r), text)) {
		f->nothing = true;
		return NULL;
	}
	return arena_strdup(req_arena(r), text);
}

static void above_read(struct req *r, struct punch_filter *f)
{
	const char *value = param(r, other_filters[ID_MORE].param);
	int64_t id;

	if (!value)
		return;
	if (!str_to_int(value, INT64_MIN, INT64_MAX, &id))
		f->nothing = true;
	else if (id > 0)
		f->above = id;
}

/* --- digest --------------------------------------------------------------------------------- */

static void ids_digest(struct str *text, char name, const struct punch_ids *ids)
{
	if (!ids->on)
		return;
	str_addf(text, "%c%d:", name, ids->n);
	str_addn(text, ids->ids, (size_t)ids->n * sizeof(*ids->ids));
}

static void filter_digest(struct arena *a, struct punch_filter *f)
{
	struct str text = str_new(a);

	str_addf(&text, "%lld|%s|%s|", (long long)f->above, f->from ? f->from : "",
		f->to ? f->to : "");
	ids_digest(&text, 'o', &f->origins);
	ids_digest(&text, 'p', &f->pins);
	ids_digest(&text, 's', &f->search_origins);
	ids_digest(&text, 't', &f->search_pins);
	str_addf(&text, "e%d:", f->nended);
	str_addn(&text, f->ended, (size_t)f->nended * sizeof(*f->ended));
	str_addn(&text, f->ended_ids, (size_t)f->nended * sizeof(*f->ended_ids));
	seal_sha256(str_text(&text), text.len, f->digest);
}

struct punch_filter *punch_filter_read(struct req *r)
{
	struct punch_filter *f = arena_alloc(req_arena(r), sizeof(*f));
	const char *upload = time_read(r, f, UPLOAD_TIME);

	f->uploaded = time_read(r, f, UPLOAD_MORE);
	if (!f->uploaded || (upload && strcmp(upload, f->uploaded) > 0))
		f->uploaded = upload;
	f->from = time_read(r, f, START);
	f->to = time_read(r, f, END);
	if (f->from && f->to && strcmp(f->from, f->to) > 0)
		f->nothing = true;
	above_read(r, f);
	f->people = people_filters;
	f->origins.on = any_param(r, origin_filters);
	f->pins.on = any_param(r, pin_filters) || any_param(r, people_filters) || scope_limits(r);
	f->search_origins.on = f->search_pins.on = param(r, other_filters[SEARCH].param) != NULL;
	f->unresolved = f->uploaded || f->origins.on || f->pins.on || f->search_pins.on;
	if (!f->unresolved)
		filter_digest(req_arena(r), f);
	return f;
}

struct punch_filter *punch_filter_report(struct req *r, const char *from, const char *to)
{
	struct punch_filter *f = arena_alloc(req_arena(r), sizeof(*f));

	f->people = report_people_filters;
	f->from = arena_printf(req_arena(r), "%s 00:00:00", from);
	f->to = arena_printf(req_arena(r), "%s 23:59:59.999999", to);
	f->pins.on = any_param(r, report_people_filters) || scope_limits(r);
	f->unresolved = f->pins.on;
	if (!f->unresolved)
		filter_digest(req_arena(r), f);
	return f;
}

/* --- looking up ----------------------------------------------------------------------------- */

/* A select list item: what the filters leave of a table whose rows are n, and of e of the table
 * scope what exists for who asks. */
static void ids_ask(struct sql *sql, struct req *r, const char *what, const char *from,
	const struct filter *one, const struct filter *two, const char *scope)
{
	sql_addf(sql, "(select array_agg(%s order by n.id) from %s where true", what, from);
	if (scope)
		scope_add(sql, r, scope, "e");
	sql_add(sql, filter_add(sql, r, one) && filter_add(sql, r, two) ? ")" : " and false)");
}

static void pins_ask(struct sql *sql, struct req *r, const struct punch_filter *f)
{
	static const char held[] = "pin n join employee e on e.pin_id = n.id";
	static const char ended[] = "(select * from pin where unlinked_up_to > 0) n"
				    " join employee e on e.pin_id = n.id";

	/* a report's people say it all: their table has the codes, too */
	const struct filter *codes = f->people == people_filters ? pin_filters : none;

	if (!f->pins.on) {
		sql_add(sql, "null::int[], null::int[], null::bigint[]");
	} else if (!any_param(r, f->people) && !scope_limits(r)) {
		ids_ask(sql, r, "n.id", "pin n", pin_filters, none, NULL);
		sql_add(sql, ", null::int[], null::bigint[]");
	} else {
		ids_ask(sql, r, "n.id", held, codes, f->people, "employee");
		sql_add(sql, ", ");
		ids_ask(sql, r, "n.id", ended, codes, f->people, "employee");
		sql_add(sql, ", ");
		ids_ask(sql, r, "n.unlinked_up_to", ended, codes, f->people, "employee");
	}
}

static void search_ask(struct sql *sql, struct req *r, const struct punch_filter *f)
{
	static const struct filter origins = { "search", FILTER_CONTAINS,
		"n.sn ilike $$ or n.alias ilike $$" };
	static const struct filter pins = { "search", FILTER_CONTAINS, "n.code ilike $$" };
	const char *text = param(r, other_filters[SEARCH].param);

	if (!f->search_pins.on) {
		sql_add(sql, "null::int[], null::int[]");
		return;
	}
	sql_add(sql, "(select array_agg(n.id order by n.id) from punch_origin n where true");
	sql_add(sql, filter_add_value(sql, r, &origins, text) ? ")" : " and false)");
	sql_add(sql, ", (select array_agg(n.id order by n.id) from pin n where true");
	sql_add(sql, filter_add_value(sql, r, &pins, text) ? ")" : " and false)");
}

/* The last id stored up to a moment of our clock. In the hour that the clock shows twice: its
 * first occurrence, so that nobody misses a row. */
static void above_ask(struct sql *sql, const struct punch_filter *f)
{
	if (!f->uploaded) {
		sql_add(sql, "0::bigint");
		return;
	}
	sql_arg(sql,
		"coalesce((select id from punch where upload_time <= coalesce("
		"(select min(t) from (values ($$::timestamp::timestamptz - interval '1 hour'),"
		" ($$::timestamp::timestamptz - interval '30 minutes'),"
		" ($$::timestamp::timestamptz)) v (t) where t::timestamp = $$::timestamp),"
		" $$::timestamp::timestamptz - interval '1 hour')"
		" order by upload_time desc limit 1), 0)",
		db_text(f->uploaded));
}

void punch_filter_ask(struct req *r, const struct punch_filter *f, struct sql *sql)
{
	sql_add(sql, "select ");
	if (f->origins.on)
		ids_ask(sql, r, "n.id", "punch_origin n", origin_filters, none, NULL);
	else
		sql_add(sql, "null::int[]");
	sql_add(sql, ", ");
	pins_ask(sql, r, f);
	sql_add(sql, ", ");
	search_ask(sql, r, f);
	sql_add(sql, ", ");
	above_ask(sql, f);
}

static int64_t *column_ids(struct arena *a, const struct rows *rows, int column, int *n)
{
	*n = rows_null(rows, 0, column) ? 0 : rows_ints(rows, 0, column, NULL, 0);
	int64_t *ids = arena_array(a, (size_t)*n + 1, sizeof(*ids));
	if (*n > 0)
		rows_ints(rows, 0, column, ids, *n);
	return ids;
}

static int32_t *column_ints(struct arena *a, const struct rows *rows, int column, int *n)
{
	const int64_t *wide = column_ids(a, rows, column, n);
	int32_t *ids = arena_array(a, (size_t)*n + 1, sizeof(*ids));

	for (int i = 0; i < *n; i++)
		ids[i] = (int32_t)wide[i];
	return ids;
}

void punch_filter_resolve(struct req *r, struct punch_filter *f, const struct rows *rows)
{
	struct arena *a = req_arena(r);

	f->origins.ids = column_ints(a, rows, ORIGINS, &f->origins.n);
	f->pins.ids = column_ints(a, rows, PINS, &f->pins.n);
	f->ended = column_ints(a, rows, ENDED, &f->nended);
	f->ended_ids = column_ids(a, rows, ENDED_IDS, &f->nended);
	f->search_origins.ids = column_ints(a, rows, SEARCH_ORIGINS, &f->search_origins.n);
	f->search_pins.ids = column_ints(a, rows, SEARCH_PINS, &f->search_pins.n);
	if (rows_int(rows, 0, ABOVE) > f->above)
		f->above = rows_int(rows, 0, ABOVE);
	if ((f->origins.on && f->origins.n == 0) || (f->pins.on && f->pins.n == 0) ||
		(f->search_pins.on && f->search_pins.n + f->search_origins.n == 0))
		f->nothing = true;
	f->unresolved = false;
	filter_digest(a, f);
}

/* --- conditions ----------------------------------------------------------------------------- */

bool punch_filter_plain(const struct punch_filter *f)
{
	return punch_filter_times_only(f) && !f->from && !f->to;
}

bool punch_filter_times_only(const struct punch_filter *f)
{
	return !f->origins.on && !f->pins.on && !f->search_pins.on;
}

void punch_filter_times(const struct punch_filter *f, struct sql *sql)
{
	if (f->from)
		sql_arg(sql, " and p.punch_time >= $$::timestamp", db_text(f->from));
	if (f->to)
		sql_arg(sql, " and p.punch_time <= $$::timestamp", db_text(f->to));
}

static struct db_arg ids_arg(struct sql *sql, const struct punch_ids *ids)
{
	return db_int4_array(sql->arena, ids->ids, NULL, ids->n);
}

void punch_filter_where(const struct punch_filter *f, struct sql *sql)
{
	punch_filter_times(f, sql);
	if (f->pins.on)
		sql_arg(sql, " and p.pin_id = any($$::int[])", ids_arg(sql, &f->pins));
	if (f->origins.on)
		sql_arg(sql, " and p.origin_id = any($$::int[])", ids_arg(sql, &f->origins));
	if (f->search_pins.on) {
		sql_arg(sql, " and (p.pin_id = any($$::int[])", ids_arg(sql, &f->search_pins));
		sql_arg(sql, " or p.origin_id = any($$::int[]))", ids_arg(sql, &f->search_origins));
	}
	if (f->nended == 0)
		return;
	sql_arg(sql,
		" and not (p.pin_id = any($$::int[]) and p.id <= (select u.up_to"
		" from unnest($$::int[],",
		db_int4_array(sql->arena, f->ended, NULL, f->nended));
	sql_arg(sql, " $$::bigint[]) u (pin, up_to) where u.pin = p.pin_id))",
		db_int8_array(sql->arena, f->ended_ids, NULL, f->nended));
}

void punch_filter_about(struct about *about)
{
	about_filters(about, other_filters);
	about_filters(about, origin_filters);
	about_filters(about, pin_filters);
	about_filters(about, people_filters);
}
