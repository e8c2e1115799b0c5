/*
 * Records of OPERLOG and its kin, a line each or several (record_whole.h), on their way to rows: each
 * is judged by its kind; what can be understood goes to its place, what cannot is kept under a reason.
 * What was collected becomes statements of one transaction.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include "arena.h"
#include "db.h"
#include "people.h"
#include "records.h"

struct intake;
struct map;
struct upload_counts;

/* Before them that the terminal stays, after them a question to it. */
#define INTAKE_STATEMENTS (RECORDS_STATEMENTS + PEOPLE_STATEMENTS + 2)

/* Of a whole upload, whose pieces have intakes of their own: whom its USER lines tell of. */
struct intake_told {
	struct span body;
	struct arena *arena;
	struct map *pins; /* made when it is needed; NULL at first */
};

/* Lives on the arena, like all that it makes; the lines must stay as long. told NULL: the terminal
 * is asked for nobody. */
struct intake *intake_new(
	struct adms *, const struct terminal *, struct arena *, struct intake_told *);

/*
 * From here on what is no record of attendance is put aside as it came, not rejected: the lines are
 * those of an upload that may hold anything. Users and fingerprints in the words of access control are
 * records where the terminal was asked for them. upload: its table, in upper case.
 */
void intake_mix(struct intake *, const char *upload, bool asked);

/* Lines about these people (PIN, and when they were erased: microseconds since 1970) are passed over:
 * they were received before that, and came from a terminal that was not approved then. */
void intake_forget(struct intake *, const struct map *erased, int64_t received);

/* Takes a record of a table (in upper case). NULL, or why it is none that can be used, constant or on
 * the arena; then nothing was taken. */
const char *intake_add(struct intake *, const char *table, struct span record);

/* The same of a punch photo that was held: its name, LF, and the body that came. */
const char *intake_photo(struct intake *, struct span held);

/* Keeps a record under a reason, which is constant or on the arena. */
void intake_reject(struct intake *, const char *table, struct span record, const char *reason);

/* True: this must be asked (binary) first; its answer goes to intake_statements(). */
bool intake_asks(struct intake *, struct db_statement *question);

/* Up to INTAKE_STATEMENTS; returns how many. rows NULL when nothing was asked. */
int intake_statements(struct intake *, const struct rows *, struct db_statement *out);

/* Something is kept once: upload_fresh_count() says afterwards how much of it was new. */
bool intake_once(const struct intake *);

/* Adds the lines that were rejected, that were put aside, and that are stored whatever was there
 * before. */
void intake_count(const struct intake *, struct upload_counts *);

#endif
