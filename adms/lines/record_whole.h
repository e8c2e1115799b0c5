/*
 * Records that go on in further lines: base64 that an encoder breaks every 76 characters, `Content=` or
 * any other key on a line of its own. A record is taken whole, so that nothing behind it ever sees a
 * fragment. Pure, bounded, no copying. Fuzzed. What belongs to what is in PROTOCOL.md (3.2).
 */
#ifndef RECORD_WHOLE_H
#define RECORD_WHOLE_H

#include <stdbool.h>

#include "arena.h"
#include "record.h"

/*
 * The next record of a table, from its first line to the end of the last one that belongs to it, with
 * the line ends and blank lines between; a line that no record goes before is one. record_parse() takes
 * it as it is. False at the end.
 */
bool record_next(struct record_lines *, enum record_kind of_table, struct span *record);

/* A further line of a record: true for a field of its own, false for more of the value before it,
 * which is that of the last pair. line: without blanks around. */
bool record_line_is_field(struct span line, const struct record_pair *last);

/* A value without line ends, and without blanks around each of its lines. On the arena where it had
 * any; absent stays absent. */
struct span record_joined(struct arena *, struct span value);

#endif
