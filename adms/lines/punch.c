/*
 * ATTLOG lines. A column costs a few nanoseconds: digits are read by hand, a span is two words,
 * and the search for bytes that need decoding takes eight of them at a time.
 */
#include "punch.h"

#include "pin.h"
#include "record.h"

#define TIME_BYTES 19 /* YYYY-MM-DD HH:MM:SS */
#define UNREADABLE 255 /* a state: none; a verify: not set (adms-push 7) */

struct columns {
	const char *at; /* NULL: there are no more */
	const char *end;
	bool spaces; /* 2.2 documents print lines without TABs: runs of spaces separate then */
};

static inline struct span column_next(struct columns *c)
{
	const char *p = c->at, *end = c->end;
	if (!p)
		return (struct span){ 0 };
	if (c->spaces)
		while (p < end && *p == ' ')
			p++;
	if (c->spaces && p == end) {
		c->at = NULL;
		return (struct span){ 0 };
	}
	char sep = c->spaces ? ' ' : '\t';
	const char *q = p;
	while (q < end && *q != sep)
		q++;
	c->at = q < end ? q + 1 : NULL;
	return (struct span){ .text = p, .len = (size_t)(q - p) };
}

/* Some firmware pads columns with blanks; most does not, and two looks tell. */
static inline struct span column_trimmed(struct columns *c)
{
	struct span s = column_next(c);
	return s.len && (s.text[0] == ' ' || s.text[s.len - 1] == ' ') ? span_trim(s) : s;
}

/* The time is a column with a space in it; where spaces separate, it is two. A TAB behind as many bytes
 * as a time has ends it: one before would be within no time. */
static struct span column_time(struct columns *c)
{
	const char *at = c->at;
	if (!c->spaces && c->end - at > TIME_BYTES && at[TIME_BYTES] == '\t') {
		c->at = at + TIME_BYTES + 1;
		return (struct span){ .text = at, .len = TIME_BYTES };
	}
	struct span date = column_next(c);
	if (!c->spaces || !c->at)
		return date;
	struct span hour = column_next(c);
	if (hour.text)
		date.len = (size_t)(hour.text + hour.len - date.text);
	return date;
}

static uint64_t bytes_of(unsigned char c)
{
	return 0x0101010101010101ull * c;
}

/* The top bit of each byte that is zero. */
static uint64_t zero_bytes(uint64_t x)
{
	uint64_t low = bytes_of(0x7f);
	return ~(((x & low) + low) | x | low);
}

static bool byte_is_foreign(unsigned char c)
{
	return (c < 0x20 && c != '\t') || c >= 0x7f;
}

/* Whether any byte is neither printable ASCII nor a TAB. */
static bool span_is_foreign(struct span s)
{
	size_t i = 0;
	uint64_t foreign = 0;
	for (; i + 8 <= s.len; i += 8) {
		uint64_t x;
		memcpy(&x, s.text + i, 8);
		uint64_t low = ~(((x & bytes_of(0x7f)) + bytes_of(0x60)) | x | bytes_of(0x7f));
		foreign |= (low & ~zero_bytes(x ^ bytes_of('\t'))) | (x & bytes_of(0x80)) |
			   zero_bytes(x ^ bytes_of(0x7f));
	}
	for (; i < s.len; i++)
		foreign |= byte_is_foreign((unsigned char)s.text[i]);
	return foreign != 0;
}

/* Whether the rule (pin.h) has nothing to say of it: printable ASCII, trimmed, and no other column. */
static bool pin_is_plain(struct span pin, bool foreign)
{
	return !foreign && pin.len - 1 < PIN_MAX && !memchr(pin.text, '=', pin.len);
}

/* A state or verify that is no number as it stands: padded, a letter (ZKTeco's own for states), or
 * nothing that can be read, which is not 0, for that means something. */
static void number_odd(struct punch_line *out, struct span column, unsigned flag, int16_t *value)
{
	int64_t n;
	column = span_trim(column);
	if (!column.len)
		return;
	out->flags |= flag;
	if (record_number(column, INT16_MIN, INT16_MAX, &n)) {
		*value = (int16_t)n;
		return;
	}
	out->flags |= PUNCH_ODD;
	*value = UNREADABLE;
	if (flag == PUNCH_HAS_STATE && (span_is(column, "I") || span_is(column, "O")))
		*value = span_is(column, "O");
}

/* State or verify: absent when the column is, or is empty. */
static inline void punch_number(
	struct punch_line *out, struct span column, unsigned flag, int16_t *value)
{
	int64_t n;
	if (!column.len)
		return;
	if (record_number(column, INT16_MIN, INT16_MAX, &n)) {
		*value = (int16_t)n;
		out->flags |= flag;
	} else {
		number_odd(out, column, flag, value);
	}
}

/* "36.5" to hundredths; 0 and 255 say that nothing was measured. */
static bool temperature_read(struct span text, int16_t *hundredths)
{
	struct span rest = text;
	struct span whole = span_cut(&rest, '.');
	int64_t degrees;
	if (!whole.len || !record_number(whole, 0, 254, &degrees))
		return false;
	int hundreds = 0, weight = 10;
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.text[i] < '0' || rest.text[i] > '9')
			return false;
		hundreds += (rest.text[i] - '0') * weight;
		weight /= 10;
	}
	*hundredths = (int16_t)(degrees * 100 + hundreds);
	return *hundredths > 0;
}

/* 15 digits, or 17 and a digit or X: what person-ID terminals put where others put the mask. */
static bool id_number_like(struct span s)
{
	if (s.len != 15 && s.len != 18)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool digit = s.text[i] >= '0' && s.text[i] <= '9';
		bool check = i == 17 && (s.text[i] == 'X' || s.text[i] == 'x');
		if (!digit && !check)
			return false;
	}
	return true;
}

static bool span_is_bit(struct span s)
{
	return s.len == 1 && (s.text[0] == '0' || s.text[0] == '1');
}

/* Columns 6 and on: two that are reserved, then mask and temperature, or id number and its type. */
static void punch_rest(struct punch_line *out, struct columns *c, bool person_id)
{
	if (!c->at)
		return;
	out->rest = (struct span){ .text = c->at, .len = (size_t)(c->end - c->at) };
	column_next(c);
	column_next(c);
	struct span eighth = column_trimmed(c), ninth = column_trimmed(c);
	if ((person_id && eighth.len) || id_number_like(eighth)) {
		out->flags |= PUNCH_PID;
		out->id_number = eighth;
		if (span_is_bit(ninth))
			out->id_type = (int16_t)(ninth.text[0] - '0');
		return;
	}
	if (span_is_bit(eighth)) {
		out->mask = (int16_t)(eighth.text[0] - '0');
		out->flags |= PUNCH_HAS_MASK;
	}
	if (ninth.len && temperature_read(ninth, &out->temperature))
		out->flags |= PUNCH_HAS_TEMPERATURE;
}

const char *punch_parse(struct span line, bool person_id, struct punch_line *out)
{
	*out = (struct punch_line){ .line = line, .id_type = -1 };
	if (!line.len)
		return "empty line";
	struct columns c = { .at = line.text, .end = line.text + line.len };
	c.spaces = !memchr(line.text, '\t', line.len);
	struct span pin = column_trimmed(&c);
	int64_t wall;
	if (!c.at)
		return "no time column";
	struct span time = column_time(&c);
	if (!record_time(time, &wall) && !record_time(span_trim(time), &wall))
		return "bad time";
	bool foreign = span_is_foreign(line);
	const char *reason = pin_is_plain(pin, foreign) ? NULL : pin_check_bytes(pin.text, pin.len);
	if (reason)
		return reason;
	out->pin = pin;
	out->wall = wall;
	punch_number(out, column_next(&c), PUNCH_HAS_STATE, &out->state);
	punch_number(out, column_next(&c), PUNCH_HAS_VERIFY, &out->verify);
	out->work_code = column_trimmed(&c);
	punch_rest(out, &c, person_id);
	if (foreign)
		out->flags |= PUNCH_FOREIGN;
	return NULL;
}
