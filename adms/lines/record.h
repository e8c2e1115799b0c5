/*
 * The lines that terminals upload: pure, bounded, no allocation, no copying. Fuzzed.
 *
 * Every span points into the body given by the caller and ends with it. Nothing here trusts a
 * byte, and every line of key=value pairs has a reading. ATTLOG lines are read by punch.h. The
 * wire format is in PROTOCOL.md.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

#define RECORD_MAX_PAIRS 64 /* IDCARD, the longest known record, has 17 */

/* ---- lines of a body ---- */

struct record_lines {
	const char *at, *end;
};

struct record_lines record_lines(const void *body, size_t n);

/*
 * The next line that is not blank, without its LF and without one CR before it; TABs stay (empty
 * last columns mean something). Blank: nothing but spaces, TABs, CRs and NULs. False at the end.
 */
bool record_next_line(struct record_lines *, struct span *line);

/* Lines that are not blank: the n of "OK: n". */
size_t record_count_lines(const void *body, size_t n);

/* The same in the midst of a body, where a byte order mark is a character like others. */
size_t record_count_lines_of(struct span part);

/* The same, and takes the blank lines out of the body, so that nobody has to search for the next
 * line in megabytes of them. *n: what is left. */
size_t record_comb_lines(char *body, size_t *n);

/* Where the line goes that comes first of what is left of a body: behind a blank line, when it would
 * else be read with a byte order mark of the body's. */
char *record_first(char *body, struct span line);

/* No line that anything is read from is longer. What is longer is kept as it came. */
enum { RECORD_LONGEST = 64 << 10, RECORD_LONGEST_PICTURE = 1 << 20 };

/* ---- times ---- */

/*
 * "YYYY-MM-DD HH:MM:SS" (or with T), exactly 19 bytes, a date that exists, years 1900 to 9999, to
 * microseconds since 1970 on that same wall clock.
 */
bool record_time(struct span text, int64_t *wall);

/*
 * The old integer form of a local time, in which every month has 31 days:
 * ((((year-2000)*12 + month-1)*31 + day-1)*24 + hour)*3600 + min*60 + sec.
 */
bool record_encoded_time(int64_t seconds, int64_t *wall);

/* Digits with an optional sign, within [min, max]; anything else is false. */
bool record_number(struct span text, int64_t min, int64_t max, int64_t *out);

/* ---- key=value records ---- */

enum record_kind {
	RECORD_OTHER,
	RECORD_USER,
	RECORD_FP,
	RECORD_FACE,
	RECORD_FVEIN,
	RECORD_USERPIC,
	RECORD_BIOPHOTO,
	RECORD_BIODATA,
	RECORD_OPLOG,
	RECORD_IDCARD,
	RECORD_ERRORLOG,
	RECORD_WORKCODE,
	RECORD_SMS
};

struct record_pair {
	struct span key; /* absent for a field without '=' */
	struct span value;
};

struct record {
	struct span line; /* as sent; of a whole record all of its lines (record_whole.h) */
	enum record_kind kind;
	struct span word; /* the kind as sent; absent when the line has none */
	struct record_pair pairs[RECORD_MAX_PAIRS];
	int npairs;
	bool more; /* the line had further pairs */
};

/* The kind that a table's lines have when they do not say so; RECORD_OTHER for OPERLOG and every
 * table that is not known. Case does not matter. */
enum record_kind record_table_kind(struct span table);

/* The kind a line says it has by its first word, RECORD_OTHER when it has none or an unknown one.
 * Cheap: to sort lines before parsing them. */
enum record_kind record_line_kind(struct span line);

/* "USER PIN=4<TAB>Name=Ann": splits at TABs, then at the first '='. Every line has a reading; of a
 * record of several lines a value may hold line ends. */
void record_parse(struct span record, enum record_kind of_table, struct record *out);

/* Whether it says by its word, or by having a PIN, that it is a record of its kind. */
bool record_is_one(const struct record *);

/*
 * Access control has words of its own for members of users and fingerprints ("cardno" is Card): puts
 * attendance's in their place. True: there were some.
 */
bool record_translate(struct record *);

/* The value of a key, whatever its case; the first one when it is there twice. */
struct span record_get(const struct record *, const char *key);

/* False when the key is absent, empty, no number, or outside [min, max]. Blanks around it go. */
bool record_get_number(
	const struct record *, const char *key, int64_t min, int64_t max, int64_t *out);

/* ---- OPLOG ---- */

#define OPLOG_OBJECTS 4

struct oplog_line {
	struct span line;
	int code; /* 0 to 32767 */
	struct span actor; /* PIN of the one at the menu; "0" nobody; possibly empty */
	struct span time; /* as sent */
	bool has_wall; /* time made sense, as text or as encoded integer */
	int64_t wall; /* as of punch_line */
	struct span objects[OPLOG_OBJECTS]; /* usually numbers, may be names; absent if not sent */
};

/* "OPLOG 6<TAB>0<TAB>time<TAB>..." with or without the word. NULL, or the reason why not. A bad
 * time is no reason: time keeps it. */
const char *record_oplog(struct span line, struct oplog_line *out);

#endif
