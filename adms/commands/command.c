/*
 * What waits for a terminal leaves with its heartbeat; what the terminal answers ends it. The lines
 * are made in command_text.c.
 *
 * Whether anything waits is known in memory (terminal->due), told by notifications: a heartbeat
 * with nothing queued touches no database.
 */
#include <string.h>

#include "commands.h"
#include "contact.h"
#include "devicecmd.h"
#include "fatal.h"
#include "log.h"
#include "priority.h"
#include "record.h"
#include "records.h"
#include "terminal_options.h"

#define POLL_MS 4000 /* a heartbeat is answered in time, whatever the database does */
#define MAX_RESULTS 1000
#define MAX_RETURNED 4000

static void commands_take(struct req *);
static req_step commands_taken, results_kept;

/* A heartbeat that takes. */
struct poll {
	unsigned woken; /* the terminal's, when it began */
	int64_t take;
};

/* ---- getrequest ---- */

/* GET getrequest?SN=..[&INFO=..] */
void command_poll(struct req *r, const struct rows *rows)
{
	struct contact *c = contact_of(r);
	struct terminal *t = c->terminal;
	const char *query = req_param(r, "INFO") ? req_query_string(r) : "";
	char *text = arena_alloc(req_arena(r), strlen(query) + 1);
	struct info info;
	c->adms->stats.heartbeats++;
	if (info_of_query(query, text) && info_parse(span_of(text), &info))
		terminal_told(c->adms->terminals, t, &info);
	/* our words are not those of access control: some of them delete everybody there */
	if (!t->due || !t->approved || t->access || t->dialect.generation == GENERATION_ACC) {
		req_reply(r, 200, "text/plain", "OK", 2);
		return;
	}
	commands_take(r);
}

/*
 * An answer of the database that never comes may still have marked commands as sent. So every take
 * has a number; the poll after one that failed undoes it first, and tries under the same number.
 */
static void commands_take(struct req *r)
{
	struct arena *a = req_arena(r);
	struct terminal *t = contact_of(r)->terminal;
	struct poll *poll = arena_alloc(a, sizeof(*poll));
	contact_of(r)->data = poll;
	poll->woken = t->woken;
	poll->take = t->lost_take;
	while (poll->take <= 0)
		seal_random(&poll->take, sizeof(poll->take));
	const struct db_arg args[] = { db_int(a, t->id), db_int(a, poll->take) };
	const struct db_statement statements[] = { { "select command_untake($1::int, $2::bigint)",
							   args, LEN(args) },
		{ "select * from command_take_all($1::int, $2::bigint)", args, LEN(args) } };
	int first = t->lost_take ? 0 : 1;
	req_query_with(r, commands_taken,
		&(struct req_query_options){ .db = contact_of(r)->adms->poll_db,
			.binary = true,
			.try = true,
			.deadline_ms = POLL_MS },
		&statements[first], (int)LEN(statements) - first);
}

struct giving_back {
	struct terminal *terminal;
	int64_t take;
	struct arena *arena;
	struct db_arg args[2];
	struct db_statement statement;
};

static void commands_given_back(void *arg, struct rows *rows, const struct db_error *error)
{
	struct giving_back *g = arg;
	struct terminal *t = g->terminal;
	if (error)
		t->lost_take = g->take;
	/* a poll in between found nothing */
	t->due = true;
	t->woken++;
	rows_free(rows);
	arena_free(g->arena);
}

/* The terminal has gone before the reply: what was taken is as if never sent. Not a query of the
 * request, which ends with its client. */
static void commands_give_back(struct req *r)
{
	const struct contact *c = contact_of(r);
	const struct poll *poll = c->data;
	struct arena *a = arena_new();
	struct giving_back *g = arena_alloc(a, sizeof(*g));
	*g = (struct giving_back){ .terminal = terminal_hold(a, c->terminal),
		.take = poll->take,
		.arena = a,
		.args = { db_int(a, c->terminal->id), db_int(a, poll->take) } };
	g->statement = (struct db_statement){ "select command_untake($1::int, $2::bigint)", g->args,
		LEN(g->args) };
	db_query(c->adms->poll_db, &(struct db_query){ .statements = &g->statement,
					   .nstatements = 1,
					   .deadline_ms = POLL_MS,
					   .done = commands_given_back,
					   .arg = g });
	req_text(r, 200, "OK");
}

static void commands_taken(struct req *r, const struct rows *rows)
{
	struct terminal *t = contact_of(r)->terminal;
	const struct poll *poll = contact_of(r)->data;
	const struct db_error *error = req_error(r);
	if (error) { /* still due: the next heartbeat asks again */
		if (strcmp(error->state, "55P03") != 0) /* waited for too long, took nothing */
			t->lost_take = poll->take;
		req_text(r, 200, "OK");
		return;
	}
	if (t->lost_take == poll->take)
		t->lost_take = 0;
	if (rows_count(rows) == 0) {
		if (t->woken == poll->woken)
			t->due = false;
		req_text(r, 200, "OK");
		return;
	}
	if (req_gone(r)) {
		commands_give_back(r);
		return;
	}
	priority_raise(contact_of(r)->adms->priority);
	const char *text = commands_text(r, rows);
	req_reply(r, 200, "text/plain", text ? text : "OK", text ? strlen(text) : 2);
}

/* ---- devicecmd ---- */

struct results {
	struct req *req;
	const struct terminal *terminal; /* a copy where a thread reads it */
	int64_t ids[MAX_RESULTS];
	int32_t returns[MAX_RESULTS];
	const char *texts[MAX_RESULTS];
	int n;
	struct span dump; /* the answer to an INFO */
	struct records files; /* what SHELL and GetFile brought: sealed, like other raw uploads */
	struct db_statement kept[RECORDS_STATEMENTS]; /* of them */
	int nkept;
};

/* Which table keeps what came with a result, NULL: none does. Some builds leave CMD out. */
static const char *result_table(const struct devicecmd_result *result, bool dangerous)
{
	if (span_is(result->cmd, "GetFile") || devicecmd_field(result, "FILENAME").text)
		return "GETFILE";
	if (span_is(result->cmd, "Shell") || (dangerous && !result->cmd.text))
		return "SHELL";
	return NULL;
}

/*
 * What SHELL and GetFile bring may be anything, so it is sealed, and the command only says where it
 * is. Kept only where such commands can have been sent.
 */
static void results_keep_file(
	struct results *s, const struct devicecmd_result *result, const char **text)
{
	bool dangerous = s->files.adms->o.config->dangerous_commands;
	const char *table = result_table(result, dangerous);
	if (!table)
		return;
	*text = NULL;
	if (result->content.len > 0 && dangerous) {
		char hex[2 * SEAL_KEY_SIZE + 1];
		str_hex(records_file(&s->files, s->terminal, table, result->content), SEAL_KEY_SIZE,
			hex);
		*text = arena_printf(s->files.arena, "sealed %s", hex);
	}
}

/* Ids are ours when they are numbers; whatever else a terminal says is acknowledged. */
static void results_add(struct results *s, const struct devicecmd_result *result)
{
	struct arena *a = s->files.arena;
	int64_t id;
	if (s->n == MAX_RESULTS || !result->has_return ||
		!record_number(result->id, 1, 9999999999, &id))
		return;
	struct span content = result->content;
	struct span sum = devicecmd_field(result, "AttlogSum"); /* of VERIFY SUM ATTLOG */
	if (content.len > MAX_RETURNED) {
		content.len = MAX_RETURNED;
		while (content.len && ((unsigned char)content.text[content.len] & 0xc0) == 0x80)
			content.len--;
	}
	int64_t code = result->code;
	s->ids[s->n] = id;
	s->returns[s->n] = (int32_t)(code > INT32_MAX	? INT32_MAX
				     : code < INT32_MIN ? INT32_MIN
							: code);
	s->texts[s->n] = content.text ? text_decode(a, content, &s->terminal->encoding) : NULL;
	if (sum.text && record_number(sum, 0, 999999999, &code))
		s->texts[s->n] = arena_printf(a, "AttlogSum=%d", (int)code);
	s->n++;
	if (span_is(result->cmd, "INFO") && result->content.len > 0) {
		s->dump = result->content;
		if (s->dump.len > ADMS_LARGE) /* none has so many options */
			s->dump.len = ADMS_LARGE;
		s->texts[s->n - 1] = NULL; /* kept as options */
	} else if (!sum.text) {
		results_keep_file(s, result, &s->texts[s->n - 1]);
	}
}

static req_step results_were_read;

/* Of more than MAX_RESULTS the others are acknowledged. */
static void results_read(void *arg)
{
	struct results *s = arg;
	size_t len;
	const char *body = req_body(s->req, &len);
	struct devicecmd at = devicecmd_start(body, len);
	struct devicecmd_result result;
	while (s->n < MAX_RESULTS && devicecmd_next(&at, &result))
		results_add(s, &result);
	if (s->n == 0 && devicecmd_query(span_of(req_query_string(s->req)), &result))
		results_add(s, &result);
	s->nkept = records_statements(&s->files, s->kept);
}

/* POST devicecmd?SN=..: results in any form (adms-push 3.3); always OK, also to unknown ids. */
void command_result(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct contact *c = contact_of(r);
	struct results *s = arena_alloc(a, sizeof(*s));
	size_t len;
	if (!c->terminal) {
		contact_of_result(r, command_result);
		return;
	}
	req_body(r, &len);
	s->req = r;
	s->files = records_new(c->adms, a);
	c->data = s;
	if (len > ADMS_LARGE) {
		s->terminal = terminal_copy(a, c->terminal);
		req_offload(r, c->adms->threads, results_read, s, results_were_read);
		return;
	}
	s->terminal = c->terminal;
	results_read(s);
	results_were_read(r, NULL);
}

static void results_were_read(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct contact *c = contact_of(r);
	struct results *s = c->data;
	if (s->n == 0 || !c->terminal->approved) {
		req_text(r, 200, "OK");
		return;
	}
	struct db_arg *args = arena_array(a, 4, sizeof(*args));
	args[0] = db_int(a, c->terminal->id);
	args[1] = db_int8_array(a, s->ids, NULL, s->n);
	args[2] = db_int4_array(a, s->returns, NULL, s->n);
	args[3] = db_text_array(a, s->texts, s->n);
	struct db_statement statements[2 + RECORDS_STATEMENTS] = {
		{ "select command_results($1::int, $2::bigint[], "
		  "$3::int[], $4::text[])",
			args, 4 }
	};
	int n = 1;
	if (s->dump.text)
		n += options_statement(r, c->terminal, info_options(s->dump), &statements[1]);
	memcpy(&statements[n], s->kept, (size_t)s->nkept * sizeof(*s->kept));
	n += s->nkept;
	/* more may wait: what was sent has made room */
	c->terminal->due = true;
	c->terminal->woken++;
	req_query_with(r, results_kept, &(struct req_query_options){ .db = c->adms->results_db },
		statements, n);
}

static void results_kept(struct req *r, const struct rows *rows)
{
	req_text(r, 200, "OK");
}
