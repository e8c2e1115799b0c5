/* A map of counters; those of a batch that could not be written are counted again. */
#include "upload_log.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fatal.h"
#include "log.h"
#include "map.h"
#include "means.h"

#define MAX_TABLE 32
#define MAX_ENTRIES 200000 /* while the database is away; what comes beyond is not counted */
#define BATCH_ENTRIES 5000
#define DEADLINE_MS 20000

struct entry {
	struct entry *next;
	int32_t terminal;
	char sn[TERMINAL_MAX_SN + 1], table[MAX_TABLE + 1];
	int64_t uploads, failed, lines, stored, rejected, raw;
	int64_t first, last; /* clock_now() */
};

struct upload_log {
	struct adms *adms;
	struct map *by_key; /* struct entry */
	struct entry *entries; /* those of the map */
	struct entry *writing; /* of the batch under way */
	bool full; /* said so */
	struct outage failing;
};

struct upload_log *upload_log_new(struct adms *adms)
{
	struct upload_log *log = xcalloc(1, sizeof(*log));
	log->adms = adms;
	log->by_key = map_new();
	return log;
}

static void entries_free(struct entry *e)
{
	while (e) {
		struct entry *next = e->next;
		free(e);
		e = next;
	}
}

void upload_log_free(struct upload_log *log)
{
	entries_free(log->entries);
	entries_free(log->writing);
	map_free(log->by_key);
	free(log);
}

/* By SN, as the table is: a terminal that was deleted and came back has another id. */
static size_t entry_key(const char *sn, const char *table, char key[static MAP_MAX_KEY])
{
	_Static_assert(TERMINAL_MAX_SN + 1 + MAX_TABLE < MAP_MAX_KEY, "both and a NUL");
	return (size_t)snprintf(key, MAP_MAX_KEY, "%s\t%s", sn, table);
}

/* The entry, made when it is not there; NULL: there are too many. */
static struct entry *entry_of(
	struct upload_log *log, int32_t terminal, const char *sn, const char *table)
{
	char key[MAP_MAX_KEY];
	size_t n = entry_key(sn, table, key);
	struct entry *e = (struct entry *)map_get(log->by_key, key, n);
	if (e)
		return e;
	if (map_count(log->by_key) >= MAX_ENTRIES) {
		if (!log->full)
			log_warn("uploads_not_counted", "entries", log_num(MAX_ENTRIES), NULL);
		log->full = true;
		return NULL;
	}
	e = xcalloc(1, sizeof(*e));
	e->terminal = terminal;
	snprintf(e->sn, sizeof(e->sn), "%s", sn);
	snprintf(e->table, sizeof(e->table), "%s", table);
	e->next = log->entries;
	log->entries = e;
	map_put(log->by_key, key, n, (uintptr_t)e);
	return e;
}

void upload_log_count(struct upload_log *log, const struct terminal *t, const char *table,
	const struct upload_counts *counts)
{
	struct entry *e = strlen(table) <= MAX_TABLE ? entry_of(log, t->id, t->sn, table) : NULL;
	if (!e)
		return;
	e->terminal = t->id;
	e->last = clock_now();
	if (!e->uploads++)
		e->first = e->last;
	if (counts->failed) {
		e->failed++;
		return;
	}
	e->lines += counts->lines;
	e->stored += counts->stored;
	e->rejected += counts->rejected;
	e->raw += counts->raw;
}

/* ---- writing ---- */

struct log_batch {
	struct upload_log *log;
	struct arena *arena;
	struct db_statement statement;
	struct db_arg args[11];
};

/* What was not written, to what was counted since. */
static void entry_again(struct upload_log *log, const struct entry *old)
{
	struct entry *e = entry_of(log, old->terminal, old->sn, old->table);
	if (!e)
		return;
	e->first = e->uploads && e->first < old->first ? e->first : old->first;
	e->last = e->last > old->last ? e->last : old->last;
	e->uploads += old->uploads;
	e->failed += old->failed;
	e->lines += old->lines;
	e->stored += old->stored;
	e->rejected += old->rejected;
	e->raw += old->raw;
}

static void log_written(void *arg, struct rows *rows, const struct db_error *error)
{
	struct log_batch *b = arg;
	struct upload_log *log = b->log;
	if (error) {
		outage_failed(&log->failing, clock_ticks(), "upload_log_not_written", error->state,
			error->message);
		for (const struct entry *e = log->writing; e; e = e->next)
			entry_again(log, e);
	}
	entries_free(log->writing);
	log->writing = NULL;
	log->full = false;
	if (!error)
		outage_passed(&log->failing, clock_ticks());
	rows_free(rows);
	arena_free(b->arena);
}

/* An int8 or timestamp array of one member of the entries. */
static const int64_t *entry_numbers(struct log_batch *b, size_t member, int n)
{
	int64_t *values = arena_array(b->arena, (size_t)n, sizeof(*values)), *at = values;
	for (const struct entry *e = b->log->writing; e; e = e->next)
		memcpy(at++, (const char *)e + member, sizeof(*at));
	return values;
}

static void log_columns(struct log_batch *b, int n)
{
	static const size_t counts[] = { offsetof(struct entry, uploads),
		offsetof(struct entry, failed), offsetof(struct entry, lines),
		offsetof(struct entry, stored), offsetof(struct entry, rejected),
		offsetof(struct entry, raw) };
	struct arena *a = b->arena;
	int32_t *terminals = arena_array(a, (size_t)n, sizeof(*terminals));
	const char **sns = arena_array(a, (size_t)n, sizeof(*sns)),
		   **tables = arena_array(a, (size_t)n, sizeof(*tables));
	int i = 0;
	for (const struct entry *e = b->log->writing; e; e = e->next, i++) {
		terminals[i] = e->terminal;
		sns[i] = e->sn;
		tables[i] = e->table;
	}
	b->args[0] = db_int4_array(a, terminals, NULL, n);
	b->args[1] = db_text_array(a, sns, n);
	b->args[2] = db_text_array(a, tables, n);
	for (size_t c = 0; c < LEN(counts); c++)
		b->args[3 + c] = db_int8_array(a, entry_numbers(b, counts[c], n), NULL, n);
	b->args[9] = db_time_array(a, entry_numbers(b, offsetof(struct entry, first), n), NULL, n);
	b->args[10] = db_time_array(a, entry_numbers(b, offsetof(struct entry, last), n), NULL, n);
}

/* Takes up to a batch of entries out of the map; how many. */
static int entries_take(struct upload_log *log)
{
	char key[MAP_MAX_KEY];
	int n = 0;
	while (log->entries && n < BATCH_ENTRIES) {
		struct entry *e = log->entries;
		map_put(log->by_key, key, entry_key(e->sn, e->table, key), 0);
		log->entries = e->next;
		e->next = log->writing;
		log->writing = e;
		n++;
	}
	return n;
}

bool upload_log_flush(struct upload_log *log)
{
	if (log->writing || !log->entries)
		return log->writing != NULL;
	struct arena *a = arena_new();
	struct log_batch *b = arena_alloc(a, sizeof(*b));
	*b = (struct log_batch){ .log = log, .arena = a };
	log_columns(b, entries_take(log));
	b->statement = (struct db_statement){ .args = b->args,
		.nargs = LEN(b->args),
		.sql = "select upload_log_add($1::int[], $2::text[], $3::text[], $4::bigint[], "
		       "$5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], "
		       "$10::timestamp[], $11::timestamp[])" };
	db_query(log->adms->db, &(struct db_query){ .statements = &b->statement,
					.nstatements = 1,
					.deadline_ms = DEADLINE_MS,
					.done = log_written,
					.arg = b });
	return true;
}
