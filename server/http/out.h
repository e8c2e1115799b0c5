/*
 * A growing buffer of bytes for replies, with writers for JSON and CSV. Plain appending: a tree
 * per row costs thirty times as much. Lives on the request; reset when flushed.
 */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out {
	char *bytes; /* malloc'd */
	size_t len;
	size_t cap;
	bool comma; /* JSON: the next value at this level needs a comma first */
};

void out_init(struct out *);
void out_free(struct out *);
void out_reset(struct out *);

/* At least n more bytes may be written at out->bytes + out->len. */
char *out_reserve(struct out *, size_t n);
void out_add(struct out *, const char *text);
void out_addn(struct out *, const void *bytes, size_t n);
void out_int(struct out *, int64_t);

/*
 * JSON: compact, UTF-8 raw, only ", \, control characters, U+2028 and U+2029 escaped; commas
 * come by themselves. A key belongs to the value written next.
 */
void json_open(struct out *, char bracket); /* { or [ */
void json_close(struct out *, char bracket); /* } or ] */
void json_key(struct out *, const char *key);
void json_text(struct out *, const char *text); /* NULL: null */
void json_textn(struct out *, const char *text, size_t n);
void json_int(struct out *, int64_t);
void json_double(struct out *, double); /* the Python way: 0.0, 36.5 */
void json_bool(struct out *, bool);
void json_none(struct out *); /* null; not json_null: jansson has one */
void json_raw(struct out *, const char *json); /* a value already in JSON */

/* CSV (RFC 4180): quoted where needed; text cells that a spreadsheet would take for a formula
 * (= + - @ TAB CR at the start) get a leading apostrophe. first: no separator before. */
void csv_text(struct out *, char separator, bool first, const char *text);
void csv_raw(struct out *, char separator, bool first, const char *bytes, size_t n);
void csv_end(struct out *); /* CRLF */

#endif
