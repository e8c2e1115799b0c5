/*
 * A chore per terminal: first its rejects, a handful at a time, then rows whose text is missing.
 * Every step may be done twice (a crash, several processes): what is stored is recognised.
 */
#include "redecode.h"

#include <string.h>

#include "clock.h"
#include "fatal.h"
#include "ingest.h"
#include "intake.h"
#include "log.h"
#include "means.h"
#include "punch.h"
#include "verdict.h"

#define LINES_AT_ONCE 100
#define ROWS_AT_ONCE 5000 /* finding them costs a look at all punches of the terminal */
#define AT_ONCE 1 /* chores */
#define DEADLINE_MS 25000
#define SEARCH_MS 600000
#define PATIENCE_US 60000000 /* after a failure */

struct redecode {
	struct chore chore;
	struct adms *adms;
	struct terminal *terminal;
	char pages[sizeof(((struct terminal *)0)->decoded_as)];
	int64_t last; /* the row before the next one to be read */
	int limit;
	const struct column_kind *kind; /* after the rejects: the rows at work */
	/* a round */
	struct arena *round;
	int64_t first; /* the row before this round */
	int64_t *ids;
	int n, open;
	bool failed;
	struct intake *intake;
	struct ingest_job jobs[LINES_AT_ONCE];
	int njobs;
	struct db_statement statements[INTAKE_STATEMENTS + 1];
	struct db_arg args[3];
};

static void rejects_read(struct redecode *);
static void columns_read(struct redecode *);
static void columns_begin(struct redecode *, const struct column_kind *);

static void redecode_end(struct redecode *d, bool good)
{
	struct adms *adms = d->adms;
	struct terminal *t = d->terminal;
	char pages[sizeof(d->pages)]; /* may be others by now */
	text_encoding_pages(&t->encoding, pages, sizeof(pages));
	if (good)
		memcpy(t->decoded_as, d->pages, sizeof(d->pages));
	t->decoding = false;
	t->undecoded = pages[0] && strcmp(pages, t->decoded_as) != 0;
	t->decode_at = good ? 0 : clock_now() + PATIENCE_US;
	adms->redecoding--;
	chore_end(adms, &d->chore);
}

static void round_begin(struct redecode *d)
{
	arena_free(d->round);
	d->round = arena_new();
	d->first = d->last;
	d->n = d->njobs = d->open = 0;
	d->failed = false;
	d->intake = intake_new(d->adms, d->terminal, d->round, NULL);
	d->ids = arena_array(d->round, (size_t)d->limit, sizeof(*d->ids));
}

static void redecode_query(struct redecode *d, int n, db_done *done)
{
	db_query(d->adms->db, &(struct db_query){ .statements = d->statements,
				      .nstatements = n,
				      .binary = true,
				      .deadline_ms = d->kind ? SEARCH_MS : DEADLINE_MS,
				      .done = done,
				      .arg = d });
}

/* A query on the terminal's serial number, the last row, and how many. */
static void redecode_read(struct redecode *d, const char *sql, db_done *done)
{
	round_begin(d);
	d->args[0] = db_text(d->terminal->sn);
	d->args[1] = db_int(d->round, d->last);
	d->args[2] = db_int(d->round, d->limit);
	d->statements[0] = (struct db_statement){ sql, d->args, 3 };
	redecode_query(d, 1, done);
}

/* True: the round is over, one way or the other. A refused value is skipped once it is alone. */
static bool redecode_failed(struct redecode *d, const struct db_error *error)
{
	if (!error)
		return false;
	enum verdict verdict = verdict_of(error);
	log_warn("not_decoded_again", "sn", d->terminal->sn, "state", error->state, NULL);
	if (verdict == VERDICT_FAIL) {
		redecode_end(d, false);
		return true;
	}
	if (verdict == VERDICT_AGAIN || d->limit > 1)
		d->last = d->first;
	d->limit = 1;
	(d->kind ? columns_read : rejects_read)(d);
	return true;
}

/* ---- rejects ---- */

static void round_deleted(void *arg, struct rows *rows, const struct db_error *error)
{
	struct redecode *d = arg;
	rows_free(rows);
	if (redecode_failed(d, error))
		return;
	rejects_read(d);
}

static void round_stored(struct redecode *d)
{
	if (d->failed) {
		redecode_end(d, false);
		return;
	}
	if (d->n == 0) {
		rejects_read(d);
		return;
	}
	d->args[0] = db_int8_array(d->round, d->ids, NULL, d->n);
	d->statements[0] = (struct db_statement){ "delete from reject where id = any($1::bigint[])",
		d->args, 1 };
	redecode_query(d, 1, round_deleted);
}

static void job_durable(void *arg, bool durable)
{
	struct redecode *d = arg;
	d->failed |= !durable;
	if (--d->open == 0)
		round_stored(d);
}

/* The records are in their places; now the punches. */
static void records_kept(void *arg, struct rows *rows, const struct db_error *error)
{
	struct redecode *d = arg;
	rows_free(rows);
	if (redecode_failed(d, error))
		return;
	struct ingest *ingest = d->adms->ingest;
	struct ingest_job *jobs = d->jobs;
	int n = d->open = d->njobs;
	if (n == 0) {
		round_stored(d);
		return;
	}
	for (int i = 0; i < n; i++) /* the last one's end may free d */
		ingest_add(ingest, &jobs[i]);
}

static void people_judged(void *arg, struct rows *rows, const struct db_error *error)
{
	struct redecode *d = arg;
	if (redecode_failed(d, error))
		return;
	if (rows)
		arena_defer(d->round, (void (*)(void *))rows_free, rows);
	int n = intake_statements(d->intake, rows, d->statements);
	if (n > 0)
		redecode_query(d, n, records_kept);
	else
		records_kept(d, NULL, NULL);
}

/* A punch whose PIN can be read now. */
static bool punch_is_good(const struct redecode *d, struct span line)
{
	struct punch_line p;
	if (punch_parse(line, d->terminal->dialect.quirks & DIALECT_PERSON_ID, &p))
		return false;
	const char *reason;
	return text_pin(d->round, p.pin, &d->terminal->encoding, &reason);
}

/* False: it is none yet, and stays. */
static bool reject_take(struct redecode *d, const char *table, struct span line)
{
	if (strcmp(table, "ATTLOG") != 0)
		return !intake_add(d->intake, table, line);
	if (!punch_is_good(d, line))
		return false;
	d->jobs[d->njobs++] = (struct ingest_job){ .terminal = d->terminal,
		.body = line.text,
		.len = line.len,
		.done = job_durable,
		.arg = d };
	return true;
}

static void rejects_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct redecode *d = arg;
	if (error) {
		redecode_end(d, false);
		return;
	}
	arena_defer(d->round, (void (*)(void *))rows_free, rows);
	for (int i = 0; i < rows_count(rows); i++) {
		struct span line = { 0 };
		d->last = rows_int(rows, i, 0);
		line.text = seal_open(d->adms->o.seal, d->round, "reject.sealed",
			(const unsigned char *)rows_text(rows, i, 2), rows_text(rows, i, 3),
			rows_len(rows, i, 3), &line.len);
		if (line.text && reject_take(d, rows_text(rows, i, 1), line))
			d->ids[d->n++] = d->last;
	}
	if (rows_count(rows) == 0) {
		columns_begin(d, NULL);
		return;
	}
	if (intake_asks(d->intake, &d->statements[0]))
		redecode_query(d, 1, people_judged);
	else
		people_judged(d, NULL, NULL);
}

static void rejects_read(struct redecode *d)
{
	redecode_read(d,
		"select id, table_name, row_key, sealed from ("
		"select *, sum(octet_length(sealed)) over (order by id) as upto from ("
		"select * from reject where sn = $1::text and id > $2::bigint "
		"and reason like '%cannot be decoded' and octet_length(sealed) < 1100000 "
		"order by id limit $3::int) r) r "
		"where upto - octet_length(sealed) < 65536 order by id",
		rejects_found);
}

/* ---- rows whose text is missing ---- */

/* Columns of a row made anew from the line that was kept with it; NULL elements stay. */
struct column_fix {
	const char *texts[2];
	struct span rest;
};

/* Column 5 of a punch, whose whole line is in rest. */
static bool punch_fix(const struct redecode *d, struct span line, struct column_fix *out)
{
	struct punch_line p;
	if (punch_parse(line, false, &p) || !p.work_code.len)
		return false;
	out->texts[0] = text_decode(d->round, p.work_code, &d->terminal->encoding);
	out->rest = p.flags & PUNCH_ODD ? line : p.rest;
	return out->texts[0];
}

static bool oplog_fix(const struct redecode *d, struct span line, struct column_fix *out)
{
	struct oplog_line o;
	if (record_oplog(line, &o))
		return false;
	out->texts[0] = text_decode(d->round, o.actor, &d->terminal->encoding);
	out->texts[1] = records_objects(d->round, d->terminal, &o);
	return true;
}

static const struct column_kind {
	const char *found, *fixed;
	bool (*fix)(const struct redecode *, struct span line, struct column_fix *);
} kinds[] = {
	{ "select * from punch_undecoded($1::text, $2::bigint, $3::int)",
		"select punch_decoded($1::bigint[], $2::text[], $3::text[], $4::bytea[])",
		punch_fix },
	{ "select * from oplog_undecoded($1::text, $2::bigint, $3::int)",
		"select oplog_decoded($1::bigint[], $2::text[], $3::text[], $4::bytea[])",
		oplog_fix },
};

static void redecode_done(void *arg, struct rows *rows, const struct db_error *error)
{
	struct redecode *d = arg;
	rows_free(rows);
	if (!error)
		log_info("decoded_again", "sn", d->terminal->sn, "as", d->pages, NULL);
	redecode_end(d, !error);
}

static void redecode_mark(struct redecode *d)
{
	d->args[0] = db_int(d->round, d->terminal->id);
	d->args[1] = db_text(d->pages);
	d->statements[0] = (struct db_statement){ "update terminal set decoded_as = $2::text "
						  "where id = $1::int and decoded_as <> $2::text",
		d->args, 2 };
	redecode_query(d, 1, redecode_done);
}

static void columns_fixed(void *arg, struct rows *rows, const struct db_error *error)
{
	struct redecode *d = arg;
	rows_free(rows);
	if (redecode_failed(d, error))
		return;
	columns_read(d);
}

static void columns_write(struct redecode *d, const struct column_fix *fixes)
{
	struct arena *a = d->round;
	size_t n = (size_t)d->n;
	const char **texts[2] = { arena_array(a, n, sizeof(char *)),
		arena_array(a, n, sizeof(char *)) };
	const void **rests = arena_array(a, n, sizeof(*rests));
	size_t *lens = arena_array(a, n, sizeof(*lens));
	struct db_arg *args = arena_array(a, 4, sizeof(*args));
	for (int i = 0; i < d->n; i++) {
		texts[0][i] = fixes[i].texts[0];
		texts[1][i] = fixes[i].texts[1];
		rests[i] = fixes[i].rest.text;
		lens[i] = fixes[i].rest.len;
	}
	args[0] = db_int8_array(a, d->ids, NULL, d->n);
	args[1] = db_text_array(a, texts[0], d->n);
	args[2] = db_text_array(a, texts[1], d->n);
	args[3] = db_bytes_array(a, rests, lens, d->n);
	d->statements[0] = (struct db_statement){ d->kind->fixed, args, 4 };
	redecode_query(d, 1, columns_fixed);
}

/* Rows (id, line). */
static void columns_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct redecode *d = arg;
	int n = rows_count(rows);
	if (error) {
		redecode_end(d, false);
		return;
	}
	arena_defer(d->round, (void (*)(void *))rows_free, rows);
	struct column_fix *fixes = arena_array(d->round, (size_t)n + 1, sizeof(*fixes));
	for (int i = 0; i < n && i < d->limit; i++) {
		struct span line = { rows_text(rows, i, 1), rows_len(rows, i, 1) };
		d->last = rows_int(rows, i, 0);
		if (d->kind->fix(d, line, &fixes[d->n]))
			d->ids[d->n++] = d->last;
	}
	if (d->n > 0)
		columns_write(d, fixes);
	else if (n > 0)
		columns_read(d);
	else if (d->kind < &kinds[LEN(kinds) - 1])
		columns_begin(d, d->kind + 1);
	else
		redecode_mark(d);
}

static void columns_read(struct redecode *d)
{
	redecode_read(d, d->kind->found, columns_found);
}

/* NULL: the first one. */
static void columns_begin(struct redecode *d, const struct column_kind *kind)
{
	d->kind = kind ? kind : kinds;
	d->last = 0;
	d->limit = ROWS_AT_ONCE;
	columns_read(d);
}

/* ---- the start ---- */

static void round_free(void *arg)
{
	arena_free(((struct redecode *)arg)->round);
}

static void redecode_start(struct adms *adms, struct terminal *t)
{
	struct arena *a = arena_new();
	struct redecode *d = arena_alloc(a, sizeof(*d));
	d->adms = adms;
	d->terminal = terminal_hold(a, t);
	d->limit = LINES_AT_ONCE;
	text_encoding_pages(&t->encoding, d->pages, sizeof(d->pages));
	chore_begin(adms, &d->chore, a);
	arena_defer(a, round_free, d);
	adms->redecoding++;
	t->decoding = true;
	rejects_read(d);
}

static void redecode_check(void *arg, struct terminal *t)
{
	struct adms *adms = arg;
	if (t->undecoded && t->approved && !t->decoding && adms->redecoding < AT_ONCE &&
		clock_now() >= t->decode_at)
		redecode_start(adms, t);
}

void redecode_tick(struct adms *adms)
{
	terminals_each(adms->terminals, redecode_check, adms);
}
