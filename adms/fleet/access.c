#include "access.h"

#include <strings.h>

#include "contact.h"
#include "fatal.h"
#include "log.h"

#define DEADLINE_MS 20000

static void access_told(void *arg, struct rows *rows, const struct db_error *error)
{
	if (error) /* after the next reading of the terminal it is found again */
		log_warn("alert_not_raised", "reason", error->message, NULL);
	rows_free(rows);
	arena_free(arg);
}

static void access_args(struct arena *a, const struct terminal *t, struct db_statement *out)
{
	struct db_arg *args = arena_array(a, 2, sizeof(*args));
	args[0] = db_int(a, t->id);
	args[1] = db_bool(t->access);
	*out = (struct db_statement){ "select terminal_access($1::int, $2::boolean)", args, 2 };
}

static void access_is(struct req *r, bool access)
{
	const struct contact *c = contact_of(r);
	struct terminal *t = c->terminal;
	if (t->access == access)
		return;
	t->access = access;
	struct arena *a = arena_new();
	struct db_statement *tell = arena_alloc(a, sizeof(*tell));
	access_args(a, t, tell);
	db_query(c->adms->db, &(struct db_query){ .statements = tell,
				      .nstatements = 1,
				      .deadline_ms = DEADLINE_MS,
				      .done = access_told,
				      .arg = a });
}

static bool word_is(const char *word, const char *expected)
{
	return word && strcasecmp(word, expected) == 0;
}

/* One that says of itself that it is set to attendance may answer questions in such words. */
static bool says_attendance(struct req *r)
{
	return word_is(contact_of(r)->terminal->device_type, "att");
}

void access_listen(struct req *r)
{
	const char *table = req_param(r, "table");
	if ((req_route(r)->flags & CONTACT_ACCESS) || word_is(table, "rtlog") ||
		word_is(table, "rtstate"))
		access_is(r, true);
	else if (!(req_route(r)->flags & CONTACT_ANSWER))
		access_listen_type(r);
}

void access_listen_type(struct req *r)
{
	if (word_is(req_param(r, "type"), "tabledata") && !says_attendance(r))
		access_is(r, true);
}

/* The end of the lower-case letters at p. */
static const char *letters_end(const char *p, const char *end)
{
	while (p < end && *p >= 'a' && *p <= 'z')
		p++;
	return p;
}

void access_listen_body(struct req *r, struct span body)
{
	if (body.len == 0)
		return;
	const char *end = body.text + body.len;
	const char *word = letters_end(body.text, end);
	if (word == body.text || word == end || *word != ' ')
		return;
	const char *key = letters_end(word + 1, end);
	if (key > word + 1 && key < end && *key == '=' && !says_attendance(r))
		access_is(r, true);
}

void access_ended(struct req *r)
{
	access_is(r, false);
}

/* A handshake without a type is that of a terminal that speaks attendance; or of an unregistered one
 * of access control, which says version 3 and registers next. */
int access_statement(struct req *r, const struct dialect *d, struct db_statement *out)
{
	struct terminal *t = contact_of(r)->terminal;
	bool acc = d->generation == GENERATION_ACC;
	bool said = req_param(r, "DeviceType") || word_is(t->device_type, "acc") ||
		    !dialect_is_version_3(req_param(r, "pushver"));
	if (t->access == acc || (!acc && !said))
		return 0;
	t->access = acc;
	access_args(req_arena(r), t, out);
	return 1;
}
