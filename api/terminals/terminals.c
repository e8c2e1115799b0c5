/* /iclock/api/terminals/: the table of members, and what the table cannot say. */
#include "terminals.h"

#include <arpa/inet.h>
#include <iconv.h>
#include <string.h>

#include "about.h"
#include "auth.h"
#include "body.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "proxy.h"
#include "scope.h"
#include "state_rule.h"

static const struct field terminal_area[] = {
	{ "id", "a.id", FT_INT },
	{ "area_code", "a.code", FT_TEXT },
	{ "area_name", "a.name", FT_TEXT },
	{ 0 },
};

/* Online: heard of within three of its own poll intervals, and within two minutes at least. */
static const char state_sql[] =
	"case when s.last_activity > now() - make_interval(secs => greatest(3 * t.heartbeat, 120))"
	" then 1 else 3 end";

static const struct field terminal_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "sn", "t.sn", FT_TEXT, F_WRITE | F_REQUIRED | F_FIXED | F_UNIQUE | F_ORDER,
		OP_EQ | OP_CONTAINS, 50 },
	{ "ip_address", "coalesce(s.address, t.ip_address)", FT_TEXT, F_WRITE | F_REQUIRED, OP_EQ,
		64, .column = "ip_address", .example = "192.168.1.201" },
	{ "alias", "t.alias", FT_TEXT, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ | OP_CONTAINS, 50 },
	{ "terminal_name", "t.terminal_name", FT_TEXT },
	{ "fw_ver", "s.fw_ver", FT_TEXT },
	{ "push_ver", "t.push_ver", FT_TEXT },
	{ "state", state_sql, FT_INT, 0, OP_EQ },
	{ "terminal_tz", "terminal_tz(t.zone, t.fixed_offset)", FT_INT, F_WRITE | F_HOOKED,
		.low = -840, .high = 840 },
	{ "time_zone", "t.zone", FT_TEXT, F_WRITE | F_HOOKED | F_HIDDEN, 0, 64 },
	{ "area", NULL, FT_REF, F_WRITE | F_NOT_NULL, OP_EQ, .column = "area_id", .table = "area",
		.members = terminal_area },
	{ "last_activity", "s.last_activity", FT_TIME, F_ORDER },
	{ "user_count", "s.user_count", FT_INT },
	{ "fp_count", "s.fp_count", FT_INT },
	{ "face_count", "s.face_count", FT_INT },
	{ "palm_count", "s.palm_count", FT_INT },
	{ "transaction_count", "s.transaction_count", FT_INT },
	{ "push_time", "s.push_time", FT_TIME },
	{ "transfer_time", "t.transfer_time", FT_TEXT, F_WRITE, 0, 100,
		.null_as = "'00:00;14:05'" },
	{ "transfer_interval", "t.transfer_interval", FT_INT, F_WRITE, .null_as = "1", .low = 0,
		.high = 65535 },
	{ "is_attendance", "t.is_attendance <> 0", FT_FLAG, F_WRITE, .column = "is_attendance",
		.null_as = "1", .store = "($$::boolean)::int" },
	{ "area_name", "a.name", FT_TEXT },
	{ "heartbeat", "t.heartbeat", FT_INT, F_WRITE | F_HIDDEN, .null_as = "10", .low = 1,
		.high = 86400 },
	{ "code_page", "t.code_page", FT_TEXT, F_WRITE | F_HIDDEN, 0, 31,
		.store = "nullif($$::text, '')" },
	{ "state_rule", "t.state_rule", FT_TEXT, F_WRITE | F_HIDDEN, 0, STATE_RULE_MAX,
		.null_as = "''" },
	{ "allowed_address", "t.allowed_address", FT_TEXT, F_WRITE | F_HIDDEN, 0, 500,
		.null_as = "''" },
	{ 0 },
};

static const char *const terminal_search[] = { "t.sn", "t.alias", NULL };

#define TERMINAL_FROM "terminal t left join terminal_state s on s.terminal_id = t.id"

/* --- what is checked beyond the table -------------------------------------------------------- */

static bool address_is_good(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* Goes into the terminal's options as it is. */
static bool times_are_good(const char *text)
{
	return text[strspn(text, "0123456789:;")] == '\0';
}

static bool sn_is_good(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* Of names, in terminals that write neither UTF-8 nor GB18030: one that this machine knows, and in
 * which ASCII is ASCII (no UTF-16, no ISO-2022 with its escape sequences). */
static bool code_page_is_good(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-:";
	char ascii[] = "PIN=1\tName=Az09+/&!#$%()*,-.:;<>?@[]^_`{|}\n", out[64], *from = ascii,
	     *to = out;
	size_t n = strlen(ascii), left = n, room = sizeof(out);

	if (!*name)
		return true;
	if (name[strspn(name, allowed)] || strstr(name, "2022"))
		return false;
	iconv_t cd = iconv_open("UTF-8", name);
	if (cd == (iconv_t)-1)
		return false;
	bool same = iconv(cd, &from, &left, &to, &room) != (size_t)-1 && sizeof(out) - room == n &&
		    memcmp(ascii, out, n) == 0;
	iconv_close(cd);
	return same;
}

/* time_zone: an IANA name, null for the server's zone; the terminal then follows it, unless
 * terminal_tz says otherwise. */
static void zone_write(struct write *w)
{
	const char *offset = write_text(w, "terminal_tz"), *name = write_text(w, "time_zone");
	const char *fixed = "terminal_fixed(t.zone, t.fixed_offset, $$::int)";

	if (w->create || write_has(w, "time_zone")) {
		const char *zone = name && *name ? "zone_named($$::text)" : "$$::text";
		if (!name || !*name)
			name = api_of(w->req)->options.config->timezone;
		write_set(w, "zone", zone, db_text(name));
		if (offset)
			fixed = arena_printf(w->arena, "terminal_fixed($%d::text, null, $$::int)",
				sql_param(w->sql, db_text(name)));
		else
			write_set(w, "fixed_offset", "$$::int", db_text(NULL));
	}
	if (offset)
		write_set(w, "fixed_offset", fixed, db_text(offset));
}

/* A comma list of addresses and CIDRs. */
static bool addresses_are_good(const char *list)
{
	const char *error;
	struct proxies *all = proxies_new(list, &error);

	proxies_free(all);
	return all && (!*list || list[strspn(list, ", \t")]);
}

static void terminal_check(struct write *w, const struct rows *current, int first_column)
{
	const char *sn = write_text(w, "sn"), *address = write_text(w, "ip_address");
	const char *times = write_text(w, "transfer_time"), *page = write_text(w, "code_page");
	const char *allowed = write_text(w, "allowed_address");

	if (sn && !sn_is_good(sn))
		errors_add(w->errors, "sn", "Enter a valid value.");
	if (address && !address_is_good(address))
		errors_add(w->errors, "ip_address", "Enter a valid IPv4 or IPv6 address.");
	if (times && !times_are_good(times))
		errors_add(w->errors, "transfer_time", "Enter a valid value.");
	if (page && !code_page_is_good(page))
		errors_add(w->errors, "code_page", "Enter a valid value.");
	if (allowed && !addresses_are_good(allowed))
		errors_add(w->errors, "allowed_address",
			"Enter addresses or CIDRs, separated by commas.");
	if (w->create && !write_has(w, "area") && scope_limits(w->req))
		errors_add(w->errors, "area", "This field is required.");
	else if (w->create && !write_has(w, "area"))
		write_set(w, "area_id",
			"coalesce($$::int, (select id from area where not_authorised))",
			db_text(NULL));
	state_rule_check(w, current, first_column);
	zone_write(w);
}

const struct resource terminals = {
	.name = "terminal",
	.table = "terminal",
	.tallied = true,
	.from = TERMINAL_FROM " join area a on a.id = t.area_id",
	.count_from = TERMINAL_FROM,
	.fields = terminal_fields,
	.search = terminal_search,
	.check = terminal_check,
};

/* --- actions -------------------------------------------------------------------------------- */

static req_step action_known, action_done;

static const char ids_member[] = "terminals";
static const struct field no_members[] = { { 0 } };

struct chosen {
	int32_t *ids;
	int n;
	bool one;
};

/* Unknown ids change nothing. route->spec is the word in the path. */
static const char action_sql[] =
	"select w.bad, case when w.bad is null then"
	" terminal_action($1::int[], $2::text, make_interval(secs => $3::int8), $4::int)::text end"
	" from (select min(i) as bad from unnest($1::int[]) i"
	" where not exists (select from terminal where id = i)) w";

void terminals_chosen(
	struct req *r, const json_t *body, json_t *errors, int32_t **ids, int *n, bool *one)
{
	const char *id = req_arg(r, "id");
	int64_t number = 0;

	*one = id != NULL;
	if (!id) {
		body_ids(req_arena(r), body, ids_member, true, errors, ids, n, NULL);
		return;
	}
	if (!str_to_int(id, 0, INT32_MAX, &number))
		number = 0; /* nobody's */
	*ids = arena_alloc(req_arena(r), sizeof(**ids));
	**ids = (int32_t)number;
	*n = 1;
}

void terminals_missing(struct req *r, bool one, long long id)
{
	if (one)
		error_not_found(r);
	else
		error_field(r, ids_member,
			arena_printf(
				req_arena(r), "Invalid pk \"%lld\" - object does not exist.", id));
}

/* It has no members: of one terminal nothing is read. */
void terminals_action(struct req *r, const struct rows *rows)
{
	json_t *errors = errors_new(req_arena(r)), *body = NULL;
	struct chosen *c = arena_alloc(req_arena(r), sizeof(*c));

	if (!req_arg(r, "id") && !(body = body_read(r)))
		return;
	terminals_chosen(r, body, errors, &c->ids, &c->n, &c->one);
	if (errors_reply(r, errors))
		return;
	req_set_data(r, c);
	scope_check_ids(r, "terminal", c->ids, c->n, ids_member, action_known);
}

static void action_known(struct req *r, const struct rows *rows)
{
	const struct chosen *c = req_data(r);
	struct arena *a = req_arena(r);
	const struct db_arg args[] = { db_int4_array(a, c->ids, NULL, c->n),
		db_text(req_route(r)->spec), db_int(a, api_of(r)->options.config->command_expiry),
		db_int(a, auth_account(r)->id) };
	req_query(r, action_done, action_sql, LEN(args), args);
}

static void action_done(struct req *r, const struct rows *rows)
{
	const struct chosen *c = req_data(r);

	if (rows_null(rows, 0, 0))
		reply_done(r);
	else
		terminals_missing(r, c->one, (long long)rows_int(rows, 0, 0));
}

void terminals_action_about(const struct route *route, struct arena *a, struct about *about)
{
	bool one = strchr(route->pattern, ':') != NULL;

	if (strcmp(route->spec, "sync") == 0)
		about->summary = one ? "Send everybody to this terminal again"
				     : "Send everybody to these terminals again";
	about->reply = ABOUT_DONE;
	about->body = one ? NULL : no_members;
	about->ids = one ? NULL : ids_member;
}
