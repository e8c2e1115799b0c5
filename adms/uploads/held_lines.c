#include "held_lines.h"

#include <string.h>

#include "biometric.h"
#include "record_whole.h"

static bool kind_is_held(enum record_kind kind)
{
	switch (kind) {
	case RECORD_USER:
	case RECORD_FP:
	case RECORD_FACE:
	case RECORD_FVEIN:
	case RECORD_BIODATA:
	case RECORD_USERPIC:
	case RECORD_BIOPHOTO:
		return true;
	default:
		return false;
	}
}

size_t held_comb_lines(char *body, size_t *n, const char *table, unsigned flags, bool *biometric)
{
	struct record_lines lines = record_lines(body, *n);
	enum record_kind of_table = record_table_kind(span_of(table));
	struct record record;
	struct span whole;
	char *to = body;
	size_t count = 0;
	bool held = flags & HELD_ALL;
	*biometric = false;
	while (record_next(&lines, of_table, &whole)) {
		size_t size = (size_t)(lines.at - whole.text);
		record_parse(whole, of_table, &record);
		bool body_part = biometric_line(table, &record);
		bool other = (flags & HELD_MIXED) &&
			     (record_translate(&record) || !record_is_one(&record));
		if (other || (body_part && !(flags & HELD_BIOMETRICS)))
			held = false;
		else if (record.kind != RECORD_OTHER)
			held = (flags & HELD_ALL) || kind_is_held(record.kind);
		if (!held)
			continue;
		to = to == body ? record_first(body, whole) : to;
		*biometric |= body_part;
		count += record_count_lines_of(whole);
		if (to != whole.text)
			memmove(to, whole.text, size);
		to += size;
	}
	*n = (size_t)(to - body);
	return count;
}
