/*
 * Who is calling. Terminals are known by their serial number alone, from memory; an unknown one
 * joins as `admission` says. One that may come from certain addresses only is told ERROR
 * elsewhere: the punches of a real one stay in it, and nobody else is told or can change a thing.
 */
#include "contact.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "access.h"
#include "clock.h"
#include "devicecmd.h"
#include "fatal.h"
#include "limit.h"
#include "log.h"
#include "record.h"

#define MAX_RESULTS 20 /* that are looked at for a serial number */
#define TOLD_MS 60000 /* between two tellings of the same */
#define STRAY_DEADLINE_MS 20000
#define STRANGER_BODY 65536 /* of a serial number that was not heard of before this request */
#define WAITING_BODY (16 * 1024 * 1024) /* as much as is held of one that waits for approval */

static req_step contact_find, contact_go, terminal_joined, terminal_read;

static bool path_is_aspx(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot && strncasecmp(dot, ".aspx", 5) == 0;
}

/* Before every handler. */
void contact_before(struct req *r, req_step *next)
{
	int flags = req_route(r)->flags;
	if (flags & CONTACT_ANYBODY) {
		next(r, NULL);
		return;
	}
	struct contact *c = arena_alloc(req_arena(r), sizeof(*c));
	*c = (struct contact){ .adms = req_ctx(r),
		.next = next,
		.sn = req_param(r, "SN"),
		.aspx = path_is_aspx(req_path(r)) };
	req_set_data(r, c);
	if (!c->sn && (flags & CONTACT_OF_RESULT))
		next(r, NULL); /* the body says it: contact_of_result() */
	else
		contact_find(r, NULL);
}

int64_t contact_max_body(const struct req *r, bool judged)
{
	const struct contact *c = req_data(r);

	if (!judged || req_owner(r).class == OWNER_TERMINAL)
		return INT64_MAX;
	bool known =
		c && c->terminal && !c->joined && (c->terminal->heard || !c->terminal->approved);
	return known ? WAITING_BODY : STRANGER_BODY;
}

/* The request is over. */
static void contact_joined(void *contact)
{
	struct adms *adms = ((struct contact *)contact)->adms;
	int i = 0;
	while (adms->joining_from[i] != ((struct contact *)contact)->joins_from)
		i++;
	adms->joining_from[i] = adms->joining_from[--adms->joining];
}

/* False: too many do already. */
static bool contact_joins(struct req *r, struct contact *c)
{
	struct adms *adms = c->adms;
	int same = 0;
	c->joins_from = owner_address(req_peer(r));
	for (int i = 0; i < adms->joining; i++)
		same += adms->joining_from[i] == c->joins_from;
	if (adms->joining >= MAX_JOINING || same >= MAX_JOINING_FROM)
		return false;
	adms->joining_from[adms->joining++] = c->joins_from;
	arena_defer(req_arena(r), contact_joined, c);
	return true;
}

static void contact_find(struct req *r, const struct rows *rows)
{
	static const char *const admissions[] = { [ADMISSION_APPROVE] = "approve",
		[ADMISSION_AUTO] = "auto",
		[ADMISSION_CLOSED] = "closed" };
	struct contact *c = contact_of(r);
	const struct config *config = c->adms->o.config;
	bool sane = terminal_sn_ok(c->sn);
	c->terminal = sane ? terminals_find(c->adms->terminals, c->sn) : NULL;
	if (c->terminal) {
		contact_go(r, NULL);
		return;
	}
	bool little = limit_stranger(c->adms->limits, req_peer(r), clock_ticks());
	if (!sane && little) {
		req_text(r, 400, "ERROR: SN");
		return;
	}
	if (!little || !contact_joins(r, c)) {
		req_text(r, 200, "ERROR: busy");
		return;
	}
	const struct db_arg args[] = { db_text(c->sn), db_text(admissions[config->admission]),
		db_text(req_peer(r)), db_text(config->timezone) };
	req_query(r, terminal_joined,
		"select terminal_join($1::text, $2::text, $3::text, $4::text)", LEN(args), args);
}

static void stray_told(void *arg, struct rows *rows, const struct db_error *error)
{
	if (error)
		log_warn("alert_not_raised", "reason", error->message, NULL);
	rows_free(rows);
	arena_free(arg);
}

/* Somebody says this serial number where its terminal cannot be. */
static void contact_strays(struct req *r)
{
	struct contact *c = contact_of(r);
	struct terminal *t = c->terminal;
	int64_t now = clock_ticks();
	req_text(r, 200, "ERROR: address");
	if (t->strayed && now - t->strayed < TOLD_MS)
		return;
	t->strayed = now;
	log_warn("address_refused", "sn", t->sn, "address", req_peer(r), NULL);
	struct arena *a = arena_new();
	struct db_statement *raise = arena_alloc(a, sizeof(*raise));
	struct db_arg *args = arena_array(a, 2, sizeof(*args));
	args[0] = db_int(a, t->id);
	args[1] = db_text(arena_printf(a, "came from %s, which is not allowed", req_peer(r)));
	*raise = (struct db_statement){
		"select alert_raise($1::int, 'address_refused', '', $2::text)", args, 2
	};
	db_query(c->adms->db, &(struct db_query){ .statements = raise,
				      .nstatements = 1,
				      .deadline_ms = STRAY_DEADLINE_MS,
				      .done = stray_told,
				      .arg = a });
}

static void contact_go(struct req *r, const struct rows *rows)
{
	struct contact *c = contact_of(r);
	struct terminal *t = terminal_hold(req_arena(r), c->terminal);
	bool cheap = (req_route(r)->flags & CONTACT_CHEAP) && !t->due;
	if (!cheap && !limit_terminal(&t->spent, clock_ticks())) {
		req_text(r, 200, "ERROR: busy");
		return;
	}
	if (!terminal_allows(t, req_peer(r))) {
		contact_strays(r);
		return;
	}
	/* with admission=auto anybody makes terminals: what was never heard of is a stranger still */
	if (t->approved && t->heard)
		req_judge(r, (struct owner){ OWNER_TERMINAL, (uint64_t)t->id });
	t->heard |= req_method(r) != POST; /* of which only the head is here */
	c->forgotten = t->forgotten;
	terminal_touch(c->adms->terminals, t, req_peer(r));
	access_listen(r);
	c->next(r, NULL);
}

/* ---- results that come without a serial number (adms-push 0.6) ---- */

/* The serial number that one of the results says, or NULL; *any: there are results at all. */
static const char *results_sn(struct req *r, bool *any)
{
	size_t len;
	const char *body = req_body(r, &len);
	struct devicecmd at = devicecmd_start(body, len);
	struct devicecmd_result result;
	*any = false;
	for (int n = 0; n < MAX_RESULTS && devicecmd_next(&at, &result); n++) {
		if (result.sn.text)
			return arena_memdup(req_arena(r), result.sn.text, result.sn.len);
		*any |= result.id.text != NULL;
	}
	*any |= devicecmd_query(span_of(req_query_string(r)), &result);
	return NULL;
}

/* Ids are small numbers that anybody can count through, so they prove nothing: without a serial
 * number a result is its connection's, if that is a terminal's, or nobody's. */
void contact_of_result(struct req *r, req_step *next)
{
	struct contact *c = contact_of(r);
	struct adms *adms = c->adms;
	struct owner said = req_said(r);
	int64_t now = clock_ticks();
	bool any;
	c->next = next;
	c->sn = results_sn(r, &any);
	const struct terminal *t = c->sn || said.class != OWNER_TERMINAL
					   ? NULL
					   : terminals_by_id(adms->terminals, (int)said.key);
	if (t)
		c->sn = arena_strdup(req_arena(r), t->sn);
	if (c->sn || !any) {
		contact_find(r, NULL);
		return;
	}
	if (!limit_stranger(adms->limits, req_peer(r), now)) {
		req_text(r, 200, "ERROR: busy");
		return;
	}
	if (!adms->nameless || now - adms->nameless >= TOLD_MS) {
		adms->nameless = now;
		log_warn("result_of_nobody", "address", req_peer(r), NULL);
	}
	req_text(r, 200, "OK");
}

/* ---- the first contact with this process ---- */

/* Outlives the request when its client goes, or the server stops, before the terminal is read. */
struct joining {
	struct req *req;
};

static void terminal_in_memory(void *arg)
{
	struct joining *j = arg;
	struct req *r = j->req;
	free(j);
	if (r)
		req_wake(r, NULL);
}

static bool joining_cancel(void *arg)
{
	((struct joining *)arg)->req = NULL;
	return true;
}

static void terminal_joined(struct req *r, const struct rows *rows)
{
	struct contact *c = contact_of(r);
	if (rows_null(rows, 0, 0)) {
		req_text(r, 200, "ERROR: not authorised");
		return;
	}
	int id = (int)rows_int(rows, 0, 0);
	struct joining *j = xmalloc(sizeof(*j));
	j->req = r;
	req_wait(r, terminal_read, joining_cancel, j);
	terminals_load(c->adms->terminals, &id, 1, terminal_in_memory, j);
}

static void terminal_read(struct req *r, const struct rows *rows)
{
	struct contact *c = contact_of(r);
	c->terminal = terminals_find(c->adms->terminals, c->sn);
	if (!c->terminal) { /* removed meanwhile, or not to be read */
		bool behind = terminals_behind(c->adms->terminals);
		req_text(r, 200, behind ? "ERROR: database" : "ERROR: not authorised");
		return;
	}
	c->joined = true;
	log_info("terminal_known", "sn", c->sn, "address", req_peer(r), "approved",
		c->terminal->approved ? "yes" : "no", NULL);
	contact_go(r, NULL);
}
