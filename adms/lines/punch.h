/*
 * One line of ATTLOG, the hot path of ingest: pure, no allocation, no copying. Fuzzed.
 *
 * Spans point into the body given by the caller and end with it. A line that is no punch is
 * answered with a short constant reason; the caller keeps the line under it and counts it like
 * any other. The columns are in PROTOCOL.md.
 */
#ifndef PUNCH_H
#define PUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

enum punch_flag {
	PUNCH_HAS_STATE = 1,
	PUNCH_HAS_VERIFY = 2,
	PUNCH_HAS_MASK = 4,
	PUNCH_HAS_TEMPERATURE = 8,
	/* State or verify was there but is no number of 16 bits: keep the line. */
	PUNCH_ODD = 16,
	/* The line has bytes outside printable ASCII and TAB: decode (text.h) before any of it is
	 * used as text, and check the PIN again (text_pin). */
	PUNCH_FOREIGN = 32,
	PUNCH_PID = 64 /* columns 8 and 9 are those of a person-ID terminal */
};

struct punch_line {
	struct span line; /* the whole line as sent */
	struct span pin; /* as of pin_check_bytes() */
	struct span work_code; /* column 5; absent or possibly empty */
	struct span rest; /* columns 6 and on exactly as sent, TABs included; absent if none */
	struct span id_number; /* PUNCH_PID: column 8, a national id (also within rest!) */
	int64_t wall; /* the terminal's wall clock: microseconds since 1970, no zone */
	unsigned flags; /* enum punch_flag */
	int16_t state; /* 255 = the terminal works without states, or it cannot be read */
	int16_t verify; /* 255 = cannot be read */
	int16_t mask; /* 1 = wearing one, 0 = not */
	int16_t temperature; /* hundredths of a degree in the terminal's unit */
	int16_t id_type; /* PUNCH_PID: column 9; 0 attendance, 1 verification, -1 neither */
};

/*
 * Reads one line (record_next_line) into *out. NULL: it is a punch; otherwise the reason why it is
 * not, and *out has only line. Blanks around a column are padding. person_id: the terminal said
 * DeviceType=pid; without it the 15 or 18 digits of a national id in column 8 tell.
 */
const char *punch_parse(struct span line, bool person_id, struct punch_line *out);

#endif
