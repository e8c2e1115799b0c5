/* POST /iclock/api/terminals/remove_waiting/: drops terminals that nobody has approved, and what is
 * held for them. */
#include "terminal_waiting.h"

#include <stdlib.h>

#include "about.h"
#include "body.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "resource_private.h"

enum { AT_ONCE = 50 /* terminals of one transaction; each may hold 16 MiB */ };

static req_step some_removed;

static const struct field removal_members[] = {
	{ "address", NULL, FT_TEXT, F_WRITE, .max = 50, .example = "203.0.113.0/24" },
	{ "before", NULL, FT_TIME, F_WRITE },
	{ 0 },
};

static const struct field removal_shape[] = { { "removed", NULL, FT_INT }, { 0 } };

static const struct resource removal_body = { .fields = removal_members };

struct removal {
	const char *address, *before;
	int64_t removed;
};

static void removal_go_on(struct req *r)
{
	const struct removal *removal = req_data(r);
	const struct db_arg args[] = { db_text(removal->address), db_text(removal->before),
		db_int(req_arena(r), AT_ONCE) };
	req_query(r, some_removed,
		"select case when $1::text is null or address_said($1) is not null then"
		" strangers_remove(address_said($1), $2::timestamp::timestamptz, $3::int) end",
		LEN(args), args);
}

void terminals_remove_waiting(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct removal *removal = arena_alloc(a, sizeof(*removal));
	struct write w = { .req = r, .arena = a, .res = &removal_body, .create = true };

	w.body = body_read(r);
	if (!w.body)
		return;
	write_prepare(&w);
	if (errors_reply(r, w.errors))
		return;
	removal->address = write_text(&w, "address");
	removal->before = write_text(&w, "before");
	req_set_data(r, removal);
	removal_go_on(r);
}

static void some_removed(struct req *r, const struct rows *rows)
{
	struct removal *removal = req_data(r);

	if (rows_null(rows, 0, 0)) {
		error_field(r, "address", "Enter an address or a CIDR.");
		return;
	}
	int64_t n = strtoll(rows_text(rows, 0, 0), NULL, 10);
	removal->removed += n;
	if (n == AT_ONCE) {
		removal_go_on(r);
		return;
	}
	json_t *reply = json_pack("{s:I}", "removed", (json_int_t)removal->removed);
	reply_json(r, 200, reply);
	json_decref(reply);
}

void terminals_remove_waiting_about(const struct route *route, struct arena *a, struct about *about)
{
	about->summary = "Drop waiting terminals and what they hold";
	about->reply = ABOUT_ROW;
	about->shape = removal_shape;
	about->body = removal_members;
	about->partial = true;
}
