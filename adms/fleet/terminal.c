/*
 * Two maps, by serial number and by id; what terminals say of themselves becomes rows for
 * terminal_seen().
 */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "contact.h"
#include "fatal.h"
#include "log.h"
#include "map.h"
#include "terminal_private.h"

#define DUPLICATE_US 300000000LL /* two addresses within this are two terminals (adms-push 6) */

/* Flushes between two tellings of a terminal's address to the other processes: five minutes. */
#define TELL_EVERY 100

struct terminals *terminals_new(struct adms *adms)
{
	struct terminals *ts = xcalloc(1, sizeof(*ts));
	ts->adms = adms;
	ts->by_sn = map_new();
	ts->by_id = map_new();
	return ts;
}

void terminal_release(void *terminal)
{
	struct terminal *t = terminal;
	if (--t->holders > 0)
		return;
	proxies_free(t->allowed);
	free(t);
}

struct terminal *terminal_hold(struct arena *a, struct terminal *t)
{
	t->holders++;
	arena_defer(a, terminal_release, t);
	return t;
}

void terminals_free(struct terminals *ts)
{
	load_forget(ts->loading);
	load_forget(ts->asked);
	zones_free(ts);
	for (int i = 0; i < ts->count; i++)
		terminal_release(ts->all[i]);
	map_free(ts->by_sn);
	map_free(ts->by_id);
	free(ts->all);
	free(ts);
}

const struct terminal *terminal_copy(struct arena *a, const struct terminal *t)
{
	struct terminal *copy = arena_alloc(a, sizeof(*copy));
	*copy = *t;
	copy->encoding.code_page = copy->code_page;
	return copy;
}

bool terminal_sn_ok(const char *sn)
{
	size_t n =
		sn ? strspn(sn, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
		   : 0;
	return n > 0 && n <= TERMINAL_MAX_SN && sn[n] == '\0';
}

struct terminal *terminals_find(const struct terminals *ts, const char *sn)
{
	return (struct terminal *)map_get(ts->by_sn, sn, strlen(sn));
}

void terminal_text(char *to, size_t size, const char *from)
{
	size_t n = from ? strlen(from) : 0;
	if (n >= size)
		n = size - 1;
	memcpy(to, from ? from : "", n);
	to[n] = '\0';
}

/* ---- memory to rows ---- */

static void generation_written(void *arg, struct rows *rows, const struct db_error *error)
{
	rows_free(rows);
	arena_free(arg); /* after a failure the next reading of the terminal brings it up again */
}

static void generation_write(struct terminals *ts, struct terminal *t)
{
	struct arena *a = arena_new();
	struct db_arg *args = arena_array(a, 2, sizeof(*args));
	struct db_statement *update = arena_alloc(a, sizeof(*update));
	t->generation = t->dialect.generation;
	args[0] = db_int(a, t->id);
	args[1] = db_int(a, t->generation);
	*update = (struct db_statement){ "update terminal set generation = $2::int "
					 "where id = $1::int and generation < $2::int",
		args, 2 };
	db_query(ts->adms->db, &(struct db_query){ .statements = update,
				       .nstatements = 1,
				       .deadline_ms = TERMINAL_DEADLINE_MS,
				       .done = generation_written,
				       .arg = a });
}

/* The handshake saw more of it than we may now (.aspx); so what is on record is the least. */
void terminal_judge(struct terminals *ts, struct terminal *t)
{
	struct dialect_facts facts = { .pushver = t->push_ver[0] ? t->push_ver : NULL,
		.device_type = t->device_type,
		.name = t->name,
		.firmware = t->firmware,
		.fp_version = t->fp_version,
		.face_version = t->face_version };
	t->dialect = dialect_of(&facts);
	if (t->access)
		t->dialect.generation = GENERATION_ACC;
	if (t->dialect.generation > GENERATION_5)
		return;
	if ((int)t->dialect.generation < t->generation && t->generation <= GENERATION_5)
		t->dialect.generation = (enum generation)t->generation;
	if ((int)t->dialect.generation > t->generation)
		generation_write(ts, t);
}

/* A silence that counts as a gap in contact, microseconds (adms-push 6). */
static int64_t terminal_patience(const struct terminal *t)
{
	int64_t patience = (int64_t)t->heartbeat * 3;
	return (patience > 120 ? patience : 120) * 1000000;
}

bool terminal_allows(const struct terminal *t, const char *address)
{
	struct address from;
	return !t->allowed ||
	       (address_parse(address, strlen(address), &from) && proxies_trust(t->allowed, &from));
}

void terminal_touch(struct terminals *ts, struct terminal *t, const char *address)
{
	int64_t now = clock_now();
	if (now - t->seen > terminal_patience(t))
		t->began = now;
	if (strcmp(t->address, address) != 0) {
		if (t->address[0] && now - t->seen < DUPLICATE_US)
			memcpy(t->other, t->address, sizeof(t->other));
		terminal_text(t->address, sizeof(t->address), address);
	}
	t->seen = now;
	t->dirty = true;
	/* who looks right after its first contact finds it */
	if (!t->known) {
		t->known = true;
		ts->first = true;
		terminals_flush(ts);
	}
}

/* Only digits are kept: the text goes to the database. */
static void functions_keep(struct terminal *t, struct span functions)
{
	size_t n = 0;
	while (n < functions.len && n < sizeof(t->functions) - 1 &&
		(functions.text[n] == '0' || functions.text[n] == '1'))
		n++;
	if (n == 0 || n < functions.len)
		return;
	memcpy(t->functions, functions.text, n);
	t->functions[n] = '\0';
}

void terminal_told(struct terminals *ts, struct terminal *t, const struct info *info)
{
	t->told = true;
	t->told_at = clock_now();
	t->dirty = true;
	t->users = info->users.known ? info->users.value : -1;
	t->fingers = info->fingerprints.known ? info->fingerprints.value : -1;
	t->faces = info->faces.known ? info->faces.value : -1;
	t->punches = info->punches.known ? info->punches.value : -1;
	if (info->fp_version.known)
		t->fp_version = info->fp_version.value;
	if (info->face_version.known)
		t->face_version = info->face_version.value;
	functions_keep(t, info->functions);
	if (info->firmware.len && info->firmware.len < sizeof(t->firmware) &&
		str_is_utf8(info->firmware.text, info->firmware.len)) {
		memcpy(t->firmware, info->firmware.text, info->firmware.len);
		t->firmware[info->firmware.len] = '\0';
	}
	terminal_judge(ts, t);
}

void terminal_pushed(struct terminals *ts, struct terminal *t)
{
	t->pushed = clock_now();
	t->heard = true;
	t->dirty = true;
}

struct seen_batch {
	struct terminals *terminals;
	struct arena *arena;
	struct db_statement statements[3]; /* contacts, states, functions */
	struct db_arg args[13], function_args[3], contact_args[4];
	int n, ncontacts;
	struct terminal **dirty;
	bool *told; /* of each of them */
	struct terminal **contacts; /* whose silence or address is told */
	int64_t *began;
};

static void seen_written(void *arg, struct rows *rows, const struct db_error *error)
{
	struct seen_batch *b = arg;
	b->terminals->writing = false;
	if (!error)
		outage_passed(&b->terminals->unwritten, clock_ticks());
	if (error) {
		outage_failed(&b->terminals->unwritten, clock_ticks(),
			"terminal_states_not_written", error->state, error->message);
		for (int i = 0; i < b->n; i++) {
			b->dirty[i]->dirty = true;
			b->dirty[i]->told |= b->told[i];
		}
	}
	for (int i = 0; i < b->ncontacts && !error; i++) {
		struct terminal *t = b->contacts[i];
		if (t->began == b->began[i])
			t->began = 0;
	}
	struct terminals *ts = b->terminals;
	rows_free(rows);
	arena_free(b->arena);
	if (ts->first && !error) /* came while this was written */
		terminals_flush(ts);
}

/* An int4 array of one member of the dirty terminals; less than the least, or not told: null. */
static struct db_arg seen_numbers(struct seen_batch *b, size_t member, int32_t least)
{
	int32_t *values = arena_array(b->arena, (size_t)b->n, sizeof(*values));
	bool *missing = arena_array(b->arena, (size_t)b->n, sizeof(*missing));
	for (int i = 0; i < b->n; i++) {
		memcpy(&values[i], (const char *)b->dirty[i] + member, sizeof(*values));
		missing[i] = !b->told[i] || values[i] < least;
	}
	return db_int4_array(b->arena, values, missing, b->n);
}

static void seen_columns(struct seen_batch *b)
{
	struct arena *a = b->arena;
	size_t n = (size_t)b->n;
	int32_t *ids = arena_array(a, n, sizeof(*ids));
	int64_t *seen = arena_array(a, n, sizeof(*seen)),
		*pushed = arena_array(a, n, sizeof(*pushed));
	int64_t *told = arena_array(a, n, sizeof(*told));
	bool *never = arena_array(a, n, sizeof(*never)), *none = arena_array(a, n, sizeof(*none));
	bool *untold = arena_array(a, n, sizeof(*untold));
	const char **addresses = arena_array(a, n, sizeof(*addresses));
	const char **firmwares = arena_array(a, n, sizeof(*firmwares));
	int32_t *palms = arena_array(a, n, sizeof(*palms));
	for (size_t i = 0; i < n; i++) {
		const struct terminal *t = b->dirty[i];
		ids[i] = t->id;
		seen[i] = t->seen;
		pushed[i] = t->pushed;
		never[i] = !t->pushed;
		told[i] = t->told_at;
		untold[i] = !b->told[i];
		none[i] = true;
		addresses[i] = t->address[0] ? arena_strdup(a, t->address) : NULL;
		firmwares[i] = t->firmware[0] ? arena_strdup(a, t->firmware) : NULL;
	}
	b->args[0] = db_int4_array(a, ids, NULL, b->n);
	b->args[1] = db_time_array(a, seen, NULL, b->n);
	b->args[2] = db_text_array(a, addresses, b->n);
	b->args[3] = db_text_array(a, firmwares, b->n);
	b->args[4] = seen_numbers(b, offsetof(struct terminal, users), 0);
	b->args[5] = seen_numbers(b, offsetof(struct terminal, fingers), 0);
	b->args[6] = seen_numbers(b, offsetof(struct terminal, faces), 0);
	b->args[7] = db_int4_array(a, palms, none, b->n); /* INFO has no place for palms */
	b->args[8] = seen_numbers(b, offsetof(struct terminal, punches), 0);
	b->args[9] = seen_numbers(b, offsetof(struct terminal, fp_version), 1);
	b->args[10] = seen_numbers(b, offsetof(struct terminal, face_version), 1);
	b->args[11] = db_time_array(a, pushed, never, b->n);
	b->args[12] = db_time_array(a, told, untold, b->n);
}

/* What INFO said beside numbers: what the terminal can be sent, and that it has no camera. */
static void seen_functions(struct seen_batch *b)
{
	size_t n = (size_t)b->n;
	const char **digits = arena_array(b->arena, n, sizeof(*digits));
	const char **faceless = arena_array(b->arena, n, sizeof(*faceless));
	for (size_t i = 0; i < n; i++) {
		const struct terminal *t = b->dirty[i];
		digits[i] = t->functions[0] ? arena_strdup(b->arena, t->functions) : NULL;
		faceless[i] = !b->told[i] || t->face_version == 0 ? NULL
			      : t->face_version < 0		  ? "t"
								  : "f";
	}
	b->function_args[0] = b->args[0];
	b->function_args[1] = db_text_array(b->arena, digits, b->n);
	b->function_args[2] = db_text_array(b->arena, faceless, b->n);
}

/* Who is heard of after a silence or from another address; and now and then everybody, for two
 * processes may each hear another terminal of the same serial number. False: nobody. */
static bool seen_contacts(struct seen_batch *b, int flushes)
{
	struct arena *a = b->arena;
	size_t n = (size_t)b->n;
	int32_t *ids = arena_array(a, n, sizeof(*ids));
	bool *never = arena_array(a, n, sizeof(*never));
	const char **addresses = arena_array(a, n, sizeof(*addresses));
	const char **others = arena_array(a, n, sizeof(*others));
	b->contacts = arena_array(a, n, sizeof(*b->contacts));
	b->began = arena_array(a, n, sizeof(*b->began));
	for (size_t i = 0; i < n; i++) {
		struct terminal *t = b->dirty[i];
		if (!t->began && !t->other[0] && (t->id + flushes) % TELL_EVERY != 0)
			continue;
		int at = b->ncontacts++;
		b->contacts[at] = t;
		b->began[at] = t->began;
		never[at] = !t->began;
		ids[at] = t->id;
		addresses[at] = arena_strdup(a, t->address);
		others[at] = t->other[0] ? arena_strdup(a, t->other) : NULL;
		t->other[0] = '\0';
	}
	b->contact_args[0] = db_int4_array(a, ids, NULL, b->ncontacts);
	b->contact_args[1] = db_time_array(a, b->began, never, b->ncontacts);
	b->contact_args[2] = db_text_array(a, addresses, b->ncontacts);
	b->contact_args[3] = db_text_array(a, others, b->ncontacts);
	b->statements[0] = (struct db_statement){ .args = b->contact_args,
		.nargs = LEN(b->contact_args),
		.sql = "select watch_contact($1::int[], $2::timestamp[], $3::text[], $4::text[])" };
	return b->ncontacts > 0;
}

/* The terminals that have something to be written. */
static struct seen_batch *seen_gather(struct terminals *ts, int n)
{
	struct arena *a = arena_new();
	struct seen_batch *b = arena_alloc(a, sizeof(*b));
	*b = (struct seen_batch){ .terminals = ts, .arena = a };
	b->dirty = arena_array(a, (size_t)n, sizeof(*b->dirty));
	b->told = arena_array(a, (size_t)n, sizeof(*b->told));
	for (int i = 0; i < ts->count; i++) {
		struct terminal *t = ts->all[i];
		if (!t->dirty)
			continue;
		b->told[b->n] = t->told;
		b->dirty[b->n++] = terminal_hold(a, t);
		/* what a terminal said is written once: an answer to INFO may be newer */
		t->dirty = t->told = false;
	}
	seen_columns(b);
	seen_functions(b);
	b->statements[1] = (struct db_statement){ .args = b->args,
		.nargs = LEN(b->args),
		.sql = "select terminal_seen($1::int[], $2::timestamp[], $3::text[], $4::text[], "
		       "$5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[], "
		       "$11::int[], $12::timestamp[], $13::timestamp[])" };
	b->statements[2] = (struct db_statement){ .args = b->function_args,
		.nargs = LEN(b->function_args),
		.sql = "select terminal_functions($1::int[], $2::text[], $3::text[]::boolean[])" };
	return b;
}

bool terminals_flush(struct terminals *ts)
{
	int n = 0;
	if (ts->writing)
		return true;
	for (int i = 0; i < ts->count; i++)
		n += ts->all[i]->dirty;
	if (n == 0)
		return false;
	ts->first = false;
	struct seen_batch *b = seen_gather(ts, n);
	int first = seen_contacts(b, ts->flushes++) ? 0 : 1;
	ts->writing = true;
	db_query(ts->adms->db, &(struct db_query){ .statements = &b->statements[first],
				       .nstatements = (int)LEN(b->statements) - first,
				       .deadline_ms = TERMINAL_DEADLINE_MS,
				       .done = seen_written,
				       .arg = b });
	return true;
}

void terminals_each(struct terminals *ts, void (*fn)(void *, struct terminal *), void *arg)
{
	for (int i = 0; i < ts->count; i++)
		fn(arg, ts->all[i]);
}

int terminals_count(const struct terminals *ts)
{
	return ts->count;
}

/* adms-push 6: offline after three intervals, at least two minutes. */
int terminals_online(const struct terminals *ts)
{
	int64_t now = clock_now();
	int online = 0;
	for (int i = 0; i < ts->count; i++)
		online += ts->all[i]->seen > now - terminal_patience(ts->all[i]);
	return online;
}
