/*
 * Gathering is cheap and done once per line; encoding makes the arrays that punch_store_lines()
 * takes. Keys must be unique within one call: of equal keys the first goes to be stored, later ones
 * that say something else to punch_lose, repetitions nowhere.
 */
#include "batch.h"

#include <string.h>

#include "clock.h"
#include "fatal.h"
#include "map.h"
#include "means.h"
#include "records.h"
#include "rejected_times.h"

#define FIRST_TIME 978307200000000 /* 2001-01-01, microseconds since 1970 */
#define FUTURE_US 60000000 /* clocks may differ by a minute */
#define KEPT_AT_ONCE 100 /* sealing more lines than this is too much for the loop */

struct batch *batch_new(struct ingest *in, int room)
{
	struct arena *a = arena_new();
	struct batch *b = arena_alloc(a, sizeof(*b));
	b->arena = a;
	b->ingest = in;
	b->lines = arena_array(a, (size_t)room, sizeof(*b->lines));
	return b;
}

void batch_free(struct batch *b)
{
	adms_free_arena(ingest_adms(b->ingest), b->arena);
}

static void batch_count(struct batch *b, const struct batch_line *l)
{
	b->bytes += l->line.len;
	if (!l->reason && !l->secret)
		return;
	b->kept++;
	b->kept_bytes += l->line.len;
}

struct batch *batch_part(const struct batch *b, int from, int to)
{
	struct batch *part = batch_new(b->ingest, to - from);
	part->n = to - from;
	for (int i = from; i < to; i++) {
		struct batch_line *l = &part->lines[i - from];
		*l = b->lines[i];
		l->last = false;
		batch_count(part, l);
		/* a decoded PIN lives in the arena of the batch it came from */
		if (l->pin.text)
			l->pin.text = arena_memdup(part->arena, l->pin.text, l->pin.len);
	}
	return part;
}

/* Foreign PINs are decoded; one that then is no PIN makes the line a reject. */
static void line_decode_pin(struct batch *b, struct batch_line *l)
{
	l->pin = span_of(text_pin(b->arena, l->pin, &l->job->terminal->encoding, &l->reason));
}

static bool job_is_pid(const struct ingest_job *job)
{
	return job->terminal->dialect.quirks & DIALECT_PERSON_ID;
}

static void line_read(struct batch *b, struct batch_line *l)
{
	struct punch_line p;
	l->reason = l->line.len > RECORD_LONGEST ? "line too long"
						 : punch_parse(l->line, job_is_pid(l->job), &p);
	if (l->reason)
		return;
	l->pin = p.pin;
	l->secret = p.flags & PUNCH_PID;
	if (p.flags & PUNCH_FOREIGN)
		line_decode_pin(b, l);
}

void batch_add(struct batch *b, struct ingest_job *job, struct span line)
{
	struct batch_line *l = &b->lines[b->n++];
	b->jobs += b->n == 1 || l[-1].job != job;
	*l = (struct batch_line){ .job = job, .line = line };
	line_read(b, l);
	batch_count(b, l);
}

int batch_unknown_pins(const struct batch *b, const struct map *pins, const char ***codes)
{
	struct map *seen = NULL;
	int n = 0;
	for (int i = 0; i < b->n; i++) {
		struct span pin = b->lines[i].pin;
		if (b->lines[i].reason || map_get(pins, pin.text, pin.len))
			continue;
		if (!seen) {
			seen = map_new();
			*codes = arena_array(b->arena, (size_t)b->n, sizeof(**codes));
		}
		if (map_get(seen, pin.text, pin.len))
			continue;
		map_put(seen, pin.text, pin.len, 1);
		(*codes)[n++] = arena_memdup(b->arena, pin.text, pin.len);
	}
	map_free(seen);
	return n;
}

/* ---- columns ---- */

struct columns {
	struct arena *arena;
	int n;
	int32_t *pins, *origins;
	int64_t *times;
	int16_t *offsets, *states, *verifies, *masks;
	bool *no_state, *no_verify, *no_mask, *no_temperature;
	float *temperatures;
	const char **codes;
	const void **rests;
	size_t *rest_lens;
	const char **sns; /* to tell repetitions from losers */
};

static struct columns columns_new(struct arena *a, int room)
{
	size_t n = (size_t)room;
	return (struct columns){ .arena = a,
		.pins = arena_array(a, n, sizeof(int32_t)),
		.origins = arena_array(a, n, sizeof(int32_t)),
		.times = arena_array(a, n, sizeof(int64_t)),
		.offsets = arena_array(a, n, sizeof(int16_t)),
		.states = arena_array(a, n, sizeof(int16_t)),
		.verifies = arena_array(a, n, sizeof(int16_t)),
		.masks = arena_array(a, n, sizeof(int16_t)),
		.no_state = arena_array(a, n, sizeof(bool)),
		.no_verify = arena_array(a, n, sizeof(bool)),
		.no_mask = arena_array(a, n, sizeof(bool)),
		.no_temperature = arena_array(a, n, sizeof(bool)),
		.temperatures = arena_array(a, n, sizeof(float)),
		.codes = arena_array(a, n, sizeof(char *)),
		.rests = arena_array(a, n, sizeof(void *)),
		.rest_lens = arena_array(a, n, sizeof(size_t)),
		.sns = arena_array(a, n, sizeof(char *)) };
}

/* The work code as text, and the columns behind it as sent; the whole line where the text cannot
 * be decoded (its code page may become known) or a column did not fit. */
static void columns_texts(
	struct columns *c, int at, const struct punch_line *p, const struct terminal *t)
{
	c->rests[at] = p->rest.text;
	c->rest_lens[at] = p->rest.len;
	c->codes[at] = NULL;
	if (p->work_code.len > 0 && !(p->flags & PUNCH_FOREIGN))
		c->codes[at] = arena_memdup(c->arena, p->work_code.text, p->work_code.len);
	else if (p->work_code.len > 0)
		c->codes[at] = text_decode(c->arena, p->work_code, &t->encoding);
	if ((p->flags & PUNCH_ODD) || (p->work_code.len > 0 && !c->codes[at])) {
		c->rests[at] = p->line.text;
		c->rest_lens[at] = p->line.len;
	}
	if (p->flags & PUNCH_PID) /* column 8 is a national id: kept sealed, by batch_keep_lines */
		c->rests[at] = NULL;
}

static int columns_add(struct columns *c, const struct batch_line *l, int32_t pin)
{
	const struct terminal *t = l->job->terminal;
	struct punch_line p;
	int at = c->n++;
	punch_parse(l->line, job_is_pid(l->job), &p);
	c->pins[at] = pin;
	c->times[at] = p.wall;
	c->origins[at] = t->origin;
	c->sns[at] = t->sn;
	c->offsets[at] = (int16_t)(zone_offset_wall(&t->zone, p.wall) / 60);
	c->states[at] = p.state;
	c->no_state[at] = !(p.flags & PUNCH_HAS_STATE);
	c->verifies[at] = p.verify;
	c->no_verify[at] = !(p.flags & PUNCH_HAS_VERIFY);
	c->masks[at] = p.mask;
	c->no_mask[at] = !(p.flags & PUNCH_HAS_MASK);
	c->temperatures[at] = (float)p.temperature / 100;
	c->no_temperature[at] = !(p.flags & PUNCH_HAS_TEMPERATURE);
	columns_texts(c, at, &p, t);
	return at;
}

static bool columns_same(const struct columns *c, int a, int b)
{
	return c->sns[a] == c->sns[b] && c->no_state[a] == c->no_state[b] &&
	       c->states[a] == c->states[b] && c->no_verify[a] == c->no_verify[b] &&
	       c->verifies[a] == c->verifies[b] &&
	       strcmp(c->codes[a] ? c->codes[a] : "", c->codes[b] ? c->codes[b] : "") == 0;
}

static void columns_move(struct columns *to, const struct columns *from, int at)
{
	int n = to->n++;
	to->pins[n] = from->pins[at];
	to->times[n] = from->times[at];
	to->origins[n] = from->origins[at];
	to->offsets[n] = from->offsets[at];
	to->states[n] = from->states[at];
	to->no_state[n] = from->no_state[at];
	to->verifies[n] = from->verifies[at];
	to->no_verify[n] = from->no_verify[at];
	to->codes[n] = from->codes[at];
	to->rests[n] = from->rests[at];
	to->rest_lens[n] = from->rest_lens[at];
}

/* Which row of this write has the key already; the key's slot then says so. Open addressing over
 * row numbers + 1, twice as many slots as rows. */
static int keys_claim(uint32_t *slots, uint32_t mask, const struct columns *c, int at)
{
	uint64_t h = ((uint64_t)(uint32_t)c->pins[at] * 0x9e3779b97f4a7c15u) ^
		     ((uint64_t)c->times[at] * 0xd6e8feb86659fd93u);
	for (uint32_t i = (uint32_t)(h >> 32) & mask;; i = (i + 1) & mask) {
		if (!slots[i]) {
			slots[i] = (uint32_t)at + 1;
			return -1;
		}
		int other = (int)slots[i] - 1;
		if (c->pins[other] == c->pins[at] && c->times[other] == c->times[at])
			return other;
	}
}

static void columns_fill(
	struct batch *b, const struct map *pins, struct columns *fresh, struct columns *losers)
{
	uint32_t size = 16;
	while (size < (uint32_t)b->n * 2)
		size *= 2;
	uint32_t *slots = arena_array(b->arena, size, sizeof(*slots));
	for (int i = 0; i < b->n; i++) {
		struct batch_line *l = &b->lines[i];
		l->row = -1;
		if (l->reason)
			continue;
		int at = columns_add(fresh, l, (int32_t)map_get(pins, l->pin.text, l->pin.len));
		int other = keys_claim(slots, size - 1, fresh, at);
		if (other < 0) {
			l->row = at;
			continue;
		}
		if (!columns_same(fresh, at, other)) {
			if (!losers->arena)
				*losers = columns_new(b->arena, b->n);
			columns_move(losers, fresh, at);
		}
		fresh->n--;
	}
}

/* ---- statements ---- */

/* What punch_store_lines and punch_lose have in common. */
static void columns_key_args(const struct columns *c, struct db_arg *args)
{
	args[0] = db_int4_array(c->arena, c->pins, NULL, c->n);
	args[1] = db_time_array(c->arena, c->times, NULL, c->n);
	args[2] = db_int4_array(c->arena, c->origins, NULL, c->n);
	args[3] = db_int2_array(c->arena, c->offsets, NULL, c->n);
	args[4] = db_int2_array(c->arena, c->states, c->no_state, c->n);
	args[5] = db_int2_array(c->arena, c->verifies, c->no_verify, c->n);
}

#define STORE_ARGS 10
#define LOSE_ARGS 8

static const char store_sql[] =
	"select punch_store_lines($1::int[], $2::timestamp[], $3::int[], "
	"$4::smallint[], $5::smallint[], $6::smallint[], $7::smallint[], $8::real[], $9::text[], "
	"$10::bytea[])";

static const char store_and_lose_sql[] =
	"select punch_store_and_lose($1::int[], $2::timestamp[], "
	"$3::int[], $4::smallint[], $5::smallint[], $6::smallint[], $7::smallint[], $8::real[], "
	"$9::text[], $10::bytea[], $11::int[], $12::timestamp[], $13::int[], $14::smallint[], "
	"$15::smallint[], $16::smallint[], $17::text[], $18::bytea[])";

static void batch_store(struct batch *b, const struct columns *c, const struct columns *losers)
{
	struct arena *a = b->arena;
	struct db_arg *args = arena_array(a, STORE_ARGS + LOSE_ARGS, sizeof(*args));
	int n = STORE_ARGS;
	columns_key_args(c, args);
	args[6] = db_int2_array(a, c->masks, c->no_mask, c->n);
	args[7] = db_float4_array(a, c->temperatures, c->no_temperature, c->n);
	args[8] = db_text_array(a, c->codes, c->n);
	args[9] = db_bytes_array(a, c->rests, c->rest_lens, c->n);
	if (losers->n > 0) {
		columns_key_args(losers, &args[STORE_ARGS]);
		args[STORE_ARGS + 6] = db_text_array(a, losers->codes, losers->n);
		args[STORE_ARGS + 7] =
			db_bytes_array(a, losers->rests, losers->rest_lens, losers->n);
		n += LOSE_ARGS;
	}
	b->statements[b->nstatements++] = (struct db_statement){
		.sql = losers->n > 0 ? store_and_lose_sql : store_sql, .args = args, .nargs = n
	};
}

bool batch_is_heavy(const struct batch *b)
{
	return b->kept > KEPT_AT_ONCE || b->kept_bytes > ADMS_LARGE;
}

/* Lines that are no punches, and lines whose punch hides a national id: kept whole. */
void batch_seal(struct batch *b)
{
	b->nstatements = 0;
	if (b->kept == 0)
		return;
	struct records rs = records_new(ingest_adms(b->ingest), b->arena);
	for (int i = 0; i < b->n; i++) {
		const struct batch_line *l = &b->lines[i];
		if (l->reason)
			records_reject(&rs, l->job->terminal, "ATTLOG", l->line, l->reason);
		else if (l->secret)
			records_raw(&rs, l->job->terminal, "ATTLOG",
				arena_memdup(b->arena, l->pin.text, l->pin.len), l->line, 1);
	}
	b->nstatements += records_statements(&rs, &b->statements[b->nstatements]);
	b->nstatements += aside_statement(b, &b->statements[b->nstatements]);
}

/* Before the punches, so that nobody waits for it with the order lock. */
static void batch_stamp(struct batch *b)
{
	struct arena *a = b->arena;
	int32_t *terminals = arena_array(a, (size_t)b->n, sizeof(*terminals));
	const char **stamps = arena_array(a, (size_t)b->n, sizeof(*stamps));
	int32_t *forgotten = arena_array(a, (size_t)b->n, sizeof(*forgotten));
	int n = 0;
	for (int i = 0; i < b->n; i++) {
		const struct ingest_job *job = b->lines[i].job;
		if (!b->lines[i].last || !job->stamp)
			continue;
		terminals[n] = job->terminal->id;
		forgotten[n] = job->forgotten;
		stamps[n++] = job->stamp;
	}
	if (n == 0)
		return;
	struct db_arg *args = arena_array(a, 3, sizeof(*args));
	args[0] = db_int4_array(a, terminals, NULL, n);
	args[1] = db_text_array(a, stamps, n);
	args[2] = db_int4_array(a, forgotten, NULL, n);
	b->statements[b->nstatements++] = (struct db_statement){
		.sql = "select terminals_stamped($1::int[], $2::text[], $3::int[])",
		.args = args,
		.nargs = 3
	};
}

/* What cannot be the time of a punch: before there were such terminals (an empty battery's 1970 or
 * 2000), or later than now. NULL: it can. */
static const char *time_flag(int64_t wall, int offset_minutes, int64_t now)
{
	if (wall < FIRST_TIME)
		return "reset";
	return wall - (int64_t)offset_minutes * 60000000 > now + FUTURE_US ? "future" : NULL;
}

static void batch_odd_times(struct batch *b, const struct columns *c)
{
	int64_t now = clock_now(), *times = NULL;
	int32_t *pins = NULL;
	const char **flags = NULL;
	int n = 0;
	for (int i = 0; i < c->n; i++) {
		const char *flag = time_flag(c->times[i], c->offsets[i], now);
		if (!flag)
			continue;
		if (!flags) {
			size_t room = (size_t)(c->n - i);
			times = arena_array(b->arena, room, sizeof(*times));
			pins = arena_array(b->arena, room, sizeof(*pins));
			flags = arena_array(b->arena, room, sizeof(*flags));
		}
		times[n] = c->times[i];
		pins[n] = c->pins[i];
		flags[n++] = flag;
	}
	if (n == 0)
		return;
	struct db_arg *args = arena_array(b->arena, 3, sizeof(*args));
	args[0] = db_int4_array(b->arena, pins, NULL, n);
	args[1] = db_time_array(b->arena, times, NULL, n);
	args[2] = db_text_array(b->arena, flags, n);
	b->statements[b->nstatements++] = (struct db_statement){
		.sql = "select odd_times_keep($1::int[], $2::timestamp[], $3::text[])",
		.args = args,
		.nargs = 3
	};
}

void batch_encode(struct batch *b, const struct map *pins)
{
	struct columns fresh = columns_new(b->arena, b->n), losers = { 0 };
	columns_fill(b, pins, &fresh, &losers);
	b->rows = fresh.n;
	b->stored = 0;
	batch_stamp(b);
	batch_odd_times(b, &fresh);
	batch_store(b, &fresh, &losers);
}

/* ---- the answer ---- */

/* How many, then, unless it is all or none, the places of those. */
int batch_read(struct batch *b, const struct rows *rows)
{
	int64_t *told = arena_array(b->arena, (size_t)b->rows + 1, sizeof(*told));
	int n = rows_ints(rows, 0, 0, told, b->rows + 1);
	b->stored = n > 0 ? (int)told[0] : 0;
	if (b->stored == 0 || b->stored >= b->rows || n <= b->stored)
		return b->stored;
	b->fresh = arena_array(b->arena, (size_t)b->rows, sizeof(*b->fresh));
	for (int i = 1; i <= b->stored; i++)
		if (told[i] >= 1 && told[i] <= b->rows)
			b->fresh[told[i] - 1] = true;
	return b->stored;
}

bool batch_stored(const struct batch *b, const struct batch_line *l)
{
	return l->row >= 0 && b->stored > 0 && (!b->fresh || b->fresh[l->row]);
}
