/*
 * GET cdata: a terminal reads its options. The offset in force now comes from the database, which
 * knows the zones; so do the stamps.
 */
#include "handshake.h"

#include <stdio.h>
#include <string.h>

#include "access.h"
#include "commands.h"
#include "contact.h"
#include "fatal.h"
#include "log.h"
#include "options_block.h"

static req_step hello_said;

enum {
	COL_STAMPS,
	COL_OFFSET,
	COL_HEARTBEAT,
	COL_TIMES,
	COL_INTERVAL,
	COL_APPROVED,
	COL_FORGOTTEN
};

/* What the query string and earlier contacts tell. */
static struct dialect handshake_dialect(struct req *r)
{
	const struct contact *c = contact_of(r);
	const struct terminal *t = c->terminal;
	struct dialect_facts facts = { .pushver = req_param(r, "pushver"),
		.device_type = req_param(r, "DeviceType"),
		.name = t->name,
		.firmware = t->firmware,
		.fp_version = t->fp_version,
		.face_version = t->face_version,
		.aspx = c->aspx };
	return dialect_of(&facts);
}

/* Text of a parameter for a column: at most 30 bytes of printable ASCII, else NULL. */
static const char *handshake_word(struct req *r, const char *name)
{
	const char *text = req_param(r, name);
	if (!text || strlen(text) > 30)
		return NULL;
	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			return NULL;
	return text;
}

/* pushcommkey is a password of the terminal's: only a keyed hash goes on. Null: it says none. */
static struct db_arg handshake_key(struct req *r)
{
	struct arena *a = req_arena(r);
	const struct contact *c = contact_of(r);
	const char *key = req_param(r, "pushcommkey");
	unsigned char *hash = arena_alloc(a, SEAL_KEY_SIZE);
	if (!key || !*key)
		return db_bytes(NULL, 0);
	const char *said = arena_printf(a, "pushcommkey %s %s", c->terminal->sn, key);
	seal_hmac(c->adms->o.lookup_key, said, strlen(said), hash);
	return db_bytes(hash, SEAL_KEY_SIZE);
}

void handshake_start(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct contact *c = contact_of(r);
	struct dialect *d = arena_alloc(a, sizeof(*d));
	*d = handshake_dialect(r);
	c->data = d;
	/* RemoteAtt, and G2's GET with a PIN (adms-push 5) */
	if (req_param(r, "PIN") && !req_param(r, "options") && d->generation != GENERATION_ACC) {
		remote_attendance(r, NULL);
		return;
	}
	c->terminal->dialect = *d;
	const struct db_arg args[] = { db_int(a, c->terminal->id),
		db_text(handshake_word(r, "pushver")), db_text(handshake_word(r, "DeviceType")),
		db_text(handshake_word(r, "language")), db_int(a, d->generation),
		db_text(req_peer(r)) };
	const struct db_arg key_args[] = { db_int(a, c->terminal->id), handshake_key(r) };
	struct db_statement statements[] = { { 0 },
		{ "select terminal_key_said($1::int, $2::bytea)", key_args, LEN(key_args) },
		{ "select stamps, utc_offset, heartbeat, transfer_time, transfer_interval, approved,"
		  " forgotten from terminal_hello($1::int, $2::text, $3::text, $4::text, $5::int, $6::text)",
			args, LEN(args) } };
	/* what only looks like a handshake, a browser say, tells nothing about the key */
	int first = req_param(r, "options") ? 1 : 2;
	struct db_statement access;
	if (access_statement(r, d, &access))
		statements[--first] = access;
	const char *type = handshake_word(r, "DeviceType");
	snprintf(
		c->terminal->device_type, sizeof(c->terminal->device_type), "%s", type ? type : "");
	req_query_with(r, hello_said, &(struct req_query_options){ 0 }, &statements[first],
		(int)LEN(statements) - first);
}

/* "ATTLOG=9999,OPERLOG=0" to the members of the block; the text is cut up in place. */
static struct options_stamps stamps_read(char *text)
{
	struct options_stamps s = { 0 };
	const struct {
		const char *name;
		const char **to;
	} tables[] = { { "ATTLOG", &s.attlog }, { "OPERLOG", &s.operlog },
		{ "ATTPHOTO", &s.attphoto }, { "BIODATA", &s.biodata }, { "IDCARD", &s.idcard },
		{ "ERRORLOG", &s.errorlog } };
	char *rest = NULL;
	for (char *pair = strtok_r(text, ",", &rest); pair; pair = strtok_r(NULL, ",", &rest)) {
		char *value = strchr(pair, '=');
		if (!value)
			continue;
		*value++ = '\0';
		for (size_t i = 0; i < LEN(tables); i++)
			if (strcmp(tables[i].name, pair) == 0)
				*tables[i].to = value;
	}
	return s;
}

static void hello_said(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct contact *c = contact_of(r);
	struct terminal *t = c->terminal;
	const struct dialect *d = c->data;
	if (rows_count(rows) == 0) { /* deleted meanwhile */
		req_text(r, 200, "ERROR: not authorised");
		return;
	}
	if (!rows_bool(rows, 0, COL_APPROVED)) /* another key: not only from the next reading on */
		terminal_disapprove(c->adms->terminals, t);
	if (d->generation == GENERATION_ACC) {
		t->generation = d->generation;
		req_text(r, 200, "OK"); /* adms-push 1.8: not registered here */
		return;
	}
	struct options_block block = { .sn = t->sn,
		.dialect = d,
		.stamps = stamps_read(arena_strdup(a, rows_text(rows, 0, COL_STAMPS))),
		.error_delay = 30,
		.delay = (int)rows_int(rows, 0, COL_HEARTBEAT),
		.trans_times = rows_text(rows, 0, COL_TIMES),
		.trans_interval = (int)rows_int(rows, 0, COL_INTERVAL),
		.no_biometrics = !c->adms->o.config->store_biometrics,
		.time_zone = zone_option((int32_t)rows_int(rows, 0, COL_OFFSET) * 60) };
	struct str text = str_new(a);
	options_block_write(&text, &block);
	terminal_forget_stamps(t, (int)rows_int(rows, 0, COL_FORGOTTEN));
	t->generation = block.dialect->generation;
	/* what was sent and not answered is sent again: ask at the next heartbeat */
	if (t->approved) {
		t->due = true;
		t->woken++;
	}
	log_info("handshake", "sn", t->sn, "generation", dialect_name(block.dialect->generation),
		"approved", t->approved ? "yes" : "no", NULL);
	req_reply(r, 200, "text/plain", text.text, text.len);
}
