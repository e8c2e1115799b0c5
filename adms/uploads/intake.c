#include "intake.h"

#include "biometric.h"
#include "fatal.h"
#include "map.h"
#include "means.h"
#include "pin.h"
#include "record.h"
#include "records_private.h"
#include "upload_log.h"

/* People that an operation at the terminal changed: PIN and content hash of its line. */
struct asked {
	const char *pin;
	const unsigned char *hash;
	struct asked *next;
};

struct intake {
	struct adms *adms;
	const struct terminal *terminal;
	struct arena *arena;
	struct intake_told *told;
	struct record record; /* of the line just read */
	struct records records;
	struct people *people; /* NULL: no USER line yet */
	struct asked *asked;
	int nasked;
	int rejected, updated, aside; /* lines */
	const char *mixed; /* the upload's table; NULL: nothing is put aside */
	bool answers; /* a question of ours */
	const struct map *erased; /* intake_forget() */
	int64_t received;
};

struct intake *intake_new(
	struct adms *adms, const struct terminal *t, struct arena *a, struct intake_told *told)
{
	struct intake *in = arena_alloc(a, sizeof(*in));
	in->adms = adms;
	in->terminal = t;
	in->arena = a;
	in->told = told;
	in->records = records_new(adms, a);
	return in;
}

void intake_mix(struct intake *in, const char *upload, bool asked)
{
	in->mixed = upload;
	in->answers = asked;
}

void intake_forget(struct intake *in, const struct map *erased, int64_t received)
{
	in->erased = erased;
	in->received = received;
}

static bool intake_is_forgotten(struct intake *in)
{
	const char *reason;
	const char *pin = in->erased && map_count(in->erased) > 0
				  ? records_pin(&in->records, in->terminal, &in->record, &reason)
				  : NULL;
	return pin && (int64_t)map_get(in->erased, pin, strlen(pin)) > in->received;
}

static const char *intake_user(struct intake *in, const char *table, struct span line)
{
	const char *aside = NULL;
	if (!in->people)
		in->people = people_new(in->adms, in->terminal, in->arena);
	const char *reason = people_add(in->people, &in->record, &aside);
	if (aside)
		intake_reject(in, table, line, aside);
	return reason;
}

/* ---- operations that changed somebody (adms-push 2.2) ---- */

static bool oplog_changes_person(int code)
{
	static const short codes[] = { 6, 7, 9, 10, 12, 30, 36, 68, 69, 70, 71, 100, 101, 103, 106,
		113, 114 };
	for (size_t i = 0; i < LEN(codes); i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* The USER lines of the whole upload: the one that belongs to an operation may come after it. */
static void told_read(struct intake_told *told)
{
	struct record_lines lines = record_lines(told->body.text, told->body.len);
	struct span line;
	told->pins = map_new();
	arena_defer(told->arena, (void (*)(void *))map_free, told->pins);
	while (record_next_line(&lines, &line)) {
		if (line.len > RECORD_LONGEST || record_line_kind(line) != RECORD_USER)
			continue;
		struct record record;
		record_parse(line, RECORD_OTHER, &record);
		struct span pin = record_get(&record, "PIN");
		if (!pin_check_bytes(pin.text, pin.len))
			map_put(told->pins, pin.text, pin.len, 1);
	}
}

/* The first object is the PIN; 0 is nobody. */
static void intake_ask(struct intake *in, const struct oplog_line *o, const unsigned char *hash)
{
	struct span pin = o->objects[0];
	if (!in->told || !hash || !oplog_changes_person(o->code) ||
		pin_check_bytes(pin.text, pin.len) || span_is(pin, "0"))
		return;
	for (size_t i = 0; i < pin.len; i++) /* as terminals write PINs into commands */
		if (pin.text[i] <= ' ' || pin.text[i] > '~')
			return;
	if (!in->told->pins)
		told_read(in->told);
	if (map_get(in->told->pins, pin.text, pin.len))
		return;
	struct asked *asked = arena_alloc(in->arena, sizeof(*asked));
	*asked = (struct asked){ arena_memdup(in->arena, pin.text, pin.len), hash, in->asked };
	in->asked = asked;
	in->nasked++;
}

static struct db_statement ask_statement(struct intake *in)
{
	struct arena *a = in->arena;
	const char **pins = arena_array(a, (size_t)in->nasked, sizeof(*pins));
	const void **hashes = arena_array(a, (size_t)in->nasked, sizeof(*hashes));
	size_t *lens = arena_array(a, (size_t)in->nasked, sizeof(*lens));
	struct db_arg *args = arena_array(a, 4, sizeof(*args));
	int n = 0;
	for (const struct asked *asked = in->asked; asked; asked = asked->next, n++) {
		pins[n] = asked->pin;
		hashes[n] = asked->hash;
		lens[n] = SEAL_KEY_SIZE;
	}
	args[0] = db_int(a, in->terminal->id);
	args[1] = db_text_array(a, pins, n);
	args[2] = db_bytes_array(a, hashes, lens, n);
	args[3] = db_int(a, in->adms->o.config->command_expiry);
	return (struct db_statement){ "select terminal_ask_users($1::int, $2::text[], $3::bytea[], "
				      "make_interval(secs => $4::int8))",
		args, 4 };
}

static const char *intake_oplog(struct intake *in, struct span line)
{
	struct oplog_line oplog;
	const char *reason = record_oplog(line, &oplog);
	if (!reason)
		intake_ask(in, &oplog, records_oplog(&in->records, in->terminal, &oplog));
	return reason;
}

/* ---- lines ---- */

/* Kinds of which the last line of a key counts: stored whatever was there before. */
static const char *intake_update(struct intake *in, const char *table, struct span line)
{
	switch (in->record.kind) {
	case RECORD_USER:
		return intake_user(in, table, line);
	case RECORD_FP:
	case RECORD_FACE:
	case RECORD_FVEIN:
	case RECORD_BIODATA:
		return records_template(&in->records, in->terminal, &in->record);
	case RECORD_USERPIC:
	case RECORD_BIOPHOTO:
		return records_photo(&in->records, in->terminal, &in->record);
	default:
		return "unknown record";
	}
}

/* False: it is not what it is called. */
static bool intake_place(struct intake *in)
{
	switch (in->record.kind) {
	case RECORD_IDCARD:
		return records_id_card(&in->records, in->terminal, &in->record);
	case RECORD_ERRORLOG:
		return records_error(&in->records, in->terminal, &in->record);
	case RECORD_WORKCODE:
		return records_work_code(&in->records, in->terminal, &in->record);
	default:
		return records_message(&in->records, in->terminal, &in->record);
	}
}

/* How many lines it has. */
static int record_lines_of(struct span record)
{
	bool one = !memchr(record.text, '\n', record.len);
	return one ? 1 : (int)record_count_lines_of(record);
}

/* The longest record of its kind that is looked into. */
static size_t record_longest(enum record_kind kind)
{
	switch (kind) {
	case RECORD_FP:
	case RECORD_FACE:
	case RECORD_FVEIN:
	case RECORD_BIODATA:
	case RECORD_USERPIC:
	case RECORD_BIOPHOTO:
	case RECORD_IDCARD:
		return RECORD_LONGEST_PICTURE;
	default:
		return RECORD_LONGEST;
	}
}

/* As it came, where it may be kept. */
static void intake_aside(struct intake *in, struct span line)
{
	in->aside += record_lines_of(line);
	if (in->adms->o.config->store_biometrics || !biometric_table(in->mixed))
		records_raw(
			&in->records, in->terminal, in->mixed, NULL, line, record_lines_of(line));
}

static bool intake_is_other(struct intake *in)
{
	if (!in->mixed)
		return false;
	return (record_translate(&in->record) && !in->answers) || !record_is_one(&in->record);
}

const char *intake_add(struct intake *in, const char *table, struct span line)
{
	const char *reason;
	record_parse(line, record_table_kind(span_of(table)), &in->record);
	if (!in->adms->o.config->store_biometrics && biometric_line(table, &in->record))
		return NULL; /* acknowledged */
	if (intake_is_forgotten(in))
		return NULL;
	if (intake_is_other(in)) {
		intake_aside(in, line);
		return NULL;
	}
	if (line.len > record_longest(in->record.kind))
		return "line too long";
	switch (in->record.kind) {
	case RECORD_OPLOG:
		return intake_oplog(in, line);
	case RECORD_IDCARD:
	case RECORD_ERRORLOG:
	case RECORD_WORKCODE:
	case RECORD_SMS:
		if (!intake_place(in)) {
			in->aside += record_lines_of(line);
			records_raw(&in->records, in->terminal, table, NULL, line,
				record_lines_of(line));
		} else if (in->record.kind == RECORD_WORKCODE || in->record.kind == RECORD_SMS) {
			in->updated++;
		}
		return NULL;
	default:
		reason = intake_update(in, table, line);
		in->updated += reason ? 0 : record_lines_of(line);
		return reason;
	}
}

const char *intake_photo(struct intake *in, struct span held)
{
	struct span body = held;
	struct span name = span_cut(&body, '\n');
	if (!in->adms->o.config->store_biometrics)
		return NULL;
	return records_photo_upload(&in->records, in->terminal, body,
		name.len ? arena_memdup(in->arena, name.text, name.len) : NULL);
}

void intake_reject(struct intake *in, const char *table, struct span line, const char *reason)
{
	in->rejected += record_lines_of(line);
	records_reject(&in->records, in->terminal, table, line, reason);
}

/* ---- statements ---- */

bool intake_asks(struct intake *in, struct db_statement *question)
{
	if (!in->people || people_count(in->people) == 0)
		return false;
	*question = people_question(in->people);
	return true;
}

/* All of it belongs to the terminal, and what is deleted meanwhile waits: terminal_stays first. */
static struct db_statement stays_statement(struct intake *in)
{
	struct db_arg *args = arena_array(in->arena, 1, sizeof(*args));
	args[0] = db_int(in->arena, in->terminal->id);
	return (struct db_statement){ "select terminal_stays($1::int)", args, 1 };
}

int intake_statements(struct intake *in, const struct rows *rows, struct db_statement *out)
{
	struct db_statement people[PEOPLE_STATEMENTS];
	int npeople = in->people && rows ? people_statements(in->people, rows, people) : 0;
	/* whom the lines create is of the terminal's area when their templates are judged */
	int created = npeople > 0 && people_creates(in->people) ? 1 : 0, n = 1;
	if (created)
		out[n++] = people[0];
	n += records_statements(&in->records, &out[n]);
	for (int i = created; i < npeople; i++)
		out[n++] = people[i];
	if (in->asked)
		out[n++] = ask_statement(in);
	if (n == 1)
		return 0;
	out[0] = stays_statement(in);
	return n;
}

bool intake_once(const struct intake *in)
{
	return records_once(&in->records);
}

void intake_count(const struct intake *in, struct upload_counts *counts)
{
	counts->rejected += in->rejected;
	counts->raw += in->aside;
	counts->stored += in->updated;
}
