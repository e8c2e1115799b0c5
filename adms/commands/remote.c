/*
 * What terminals ask about people (adms-push 5): somebody whom they do not know types a PIN (remote
 * attendance), or shows a card (background verification). Told is only of people whom this terminal
 * may have: it is approved, they are of its area and have not resigned.
 */
#include <string.h>

#include "card.h"
#include "commands.h"
#include "contact.h"
#include "content.h"
#include "dialect_command.h"
#include "dialect_template.h"
#include "fatal.h"
#include "log.h"
#include "record.h"
#include "template.h"

#define FIRST_UNIFIED_VERSION 12 /* of fingerprints: from here on BIODATA */

static req_step person_found, fingers_found, card_found;

/* ---- remote attendance ---- */

struct remote {
	const char *pin;
	struct str lines;
};

/* GET cdata?SN=&table=RemoteAtt&PIN=, of generation 2 without the table */
void remote_attendance(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct contact *c = contact_of(r);
	struct remote *remote = arena_alloc(a, sizeof(*remote));
	const char *reason;
	c->data = remote;
	remote->pin = text_pin(a, span_of(req_param(r, "PIN")), &c->terminal->encoding, &reason);
	if (!c->terminal->approved || !remote->pin) {
		req_text(r, 200, "OK");
		return;
	}
	const struct db_arg args[] = { db_int(a, c->terminal->id), db_text(remote->pin) };
	const struct db_statement statement = { "select * from remote_person($1::int, $2::text)",
		args, LEN(args) };
	req_query_with(r, person_found,
		&(struct req_query_options){ .binary = true, .reads = true }, &statement, 1);
}

static void person_found(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct contact *c = contact_of(r);
	struct remote *remote = c->data;
	remote->lines = str_new(a);
	if (rows_count(rows) == 0 ||
		!command_write_person(r, &remote->lines, c->terminal, rows, 0)) {
		req_text(r, 200, "OK");
		return;
	}
	str_addc(&remote->lines, '\n');
	const struct db_arg args[] = { db_text(remote->pin), db_int(a, c->terminal->fp_version) };
	const struct db_statement statement = { "select * from remote_fingers($1::text, $2::int)",
		args, LEN(args) };
	req_query_with(r, fingers_found,
		&(struct req_query_options){ .binary = true, .reads = true }, &statement, 1);
}

enum {
	COL_NO,
	COL_INDEX,
	COL_MAJOR,
	COL_MINOR,
	COL_FORMAT,
	COL_VALID,
	COL_DURESS,
	COL_SIZE,
	COL_ROW_KEY /* and sealed behind it */
};

static int column(const struct rows *rows, int i, int col)
{
	return (int)rows_int(rows, i, col);
}

/* In the form of the terminal's fingerprints, which are of the same version. */
static const char *finger_form(const struct dialect *d, int version)
{
	if (version >= FIRST_UNIFIED_VERSION)
		return "BIODATA";
	return d->generation == GENERATION_1 ? "FP" : "FINGERTMP";
}

static void finger_write(struct str *out, const struct terminal *t, const char *pin,
	struct span tmp, const struct rows *rows, int i)
{
	const struct dialect_template finger = { .form = finger_form(
							 &t->dialect, column(rows, i, COL_MAJOR)),
		.pin = pin,
		.variant = TEMPLATE_AS_GIVEN,
		.type = 1,
		.no = column(rows, i, COL_NO),
		.index = column(rows, i, COL_INDEX),
		.major = column(rows, i, COL_MAJOR),
		.minor = column(rows, i, COL_MINOR),
		.format = column(rows, i, COL_FORMAT),
		.valid = column(rows, i, COL_VALID),
		.duress = column(rows, i, COL_DURESS),
		.size = rows_text(rows, i, COL_SIZE),
		.content = tmp };
	if (dialect_template_write(out, &finger))
		str_addc(out, '\n');
}

/* The walk through what was stored before may not have come to it yet (server/walk.h). */
static bool finger_is_good(struct arena *a, struct span tmp, const struct rows *rows, int i)
{
	return !content_place_problem(1, column(rows, i, COL_NO), column(rows, i, COL_INDEX)) &&
	       !content_template_problem(a, tmp.text, tmp.len, rows_text(rows, i, COL_SIZE),
		       rows_len(rows, i, COL_SIZE));
}

static void fingers_found(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct contact *c = contact_of(r);
	struct remote *remote = c->data;
	size_t n;
	const char *pin = text_encode(a, remote->pin, &c->terminal->encoding, 80, &n);
	for (int i = 0; i < rows_count(rows); i++) {
		struct span tmp = template_open(r, "template.sealed", rows, i, COL_ROW_KEY);
		if (tmp.text && finger_is_good(a, tmp, rows, i))
			finger_write(&remote->lines, c->terminal, pin, tmp, rows, i);
	}
	log_info("remote_attendance", "sn", c->sn, NULL);
	req_reply(r, 200, "text/plain", remote->lines.text, remote->lines.len);
}

/* ---- background verification ---- */

enum { READINGS = 2 };

/* The hashes of what TMP may mean: the card's bytes in hex, lowest first, as Card has them in a USER
 * line; or the number itself. */
static int card_readings(
	struct arena *a, const unsigned char *key, struct span tmp, const void **hashes)
{
	char card[CARD_SIZE];
	int n = 0;
	if (card_read_hex(tmp, card) && *card)
		n = card_hashes(a, key, card, hashes);
	if (card_read(tmp, card) && *card)
		n += card_hashes(a, key, card, hashes + n);
	return n;
}

bool remote_asks(struct req *r)
{
	const char *table = req_param(r, "table");
	if (table && *table)
		return str_same_word(table, "AUTH");
	return !req_param(r, "options") && !req_param(r, "FPImage") && req_param(r, "AuthType");
}

/* POST cdata?SN=&AuthType=CARD|FP, body "PIN=0<TAB>Size=10<TAB>TMP=09E4812202". Matching
 * fingerprints needs the maker's matcher: they fail. */
void remote_verify(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	struct contact *c = contact_of(r);
	const char *type = req_param(r, "AuthType");
	const void *hashes[READINGS * CARD_HASHES];
	size_t len, lens[READINGS * CARD_HASHES];
	const char *body = req_body(r, &len);
	struct record_lines lines = record_lines(body, len);
	struct span line;
	struct record *record = arena_alloc(a, sizeof(*record));
	int n = 0;
	if (c->terminal->approved && len <= ADMS_LARGE && str_same_word(type, "CARD") &&
		record_next_line(&lines, &line)) {
		record_parse(line, RECORD_OTHER, record);
		n = card_readings(a, c->adms->o.lookup_key, record_get(record, "TMP"), hashes);
	}
	if (n == 0) {
		req_text(r, 200, "AUTH=Failed\n");
		return;
	}
	for (int i = 0; i < n; i++)
		lens[i] = SEAL_KEY_SIZE;
	const struct db_arg args[] = { db_int(a, c->terminal->id),
		db_bytes_array(a, hashes, lens, n) };
	req_query(r, card_found,
		"select emp_code, first_name, last_name, privilege "
		"from remote_card($1::int, $2::bytea[])",
		LEN(args), args);
}

static void card_found(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	const struct terminal *t = contact_of(r)->terminal;
	size_t n;
	if (rows_count(rows) != 1) { /* nobody's, or not one person's */
		req_text(r, 200, "AUTH=Failed\n");
		return;
	}
	const char *name = command_name(a, t, rows_text(rows, 0, 1), rows_text(rows, 0, 2));
	const char *pin = text_encode(a, rows_text(rows, 0, 0), &t->encoding, 80, &n);
	struct str out = str_new(a);
	str_addf(&out, "AUTH=Success\tPIN=%s\tName=%s\tPri=%s\tGrp=1\tTZ=0000000000000000\n", pin,
		name, rows_text(rows, 0, 3));
	req_reply(r, 200, "text/plain", out.text, out.len);
}
