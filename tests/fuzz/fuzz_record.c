/* Upload bodies: every line as a punch and as a record, and records of several lines; whatever is read
 * lies within them. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "held_lines.h"
#include "pin.h"
#include "punch.h"
#include "record_whole.h"

static void check_within(struct span s, struct span line)
{
	if (s.text && (s.text < line.text || s.text + s.len > line.text + line.len))
		abort();
}

static void punch_fuzz(struct span line, bool person_id)
{
	struct punch_line p;
	if (punch_parse(line, person_id, &p)) {
		if (p.pin.text || p.flags)
			abort();
		return;
	}
	check_within(p.pin, line);
	check_within(p.work_code, line);
	check_within(p.rest, line);
	check_within(p.id_number, line);
	if (pin_check_bytes(p.pin.text, p.pin.len) || p.wall % 1000000 != 0)
		abort();
}

static void record_fuzz(struct span line, enum record_kind of_table)
{
	struct record r;
	record_parse(line, of_table, &r);
	if (r.npairs < 0 || r.npairs > RECORD_MAX_PAIRS)
		abort();
	check_within(r.word, line);
	for (int i = 0; i < r.npairs; i++) {
		check_within(r.pairs[i].key, line);
		check_within(r.pairs[i].value, line);
	}
	if (record_get(&r, "PIN").text && r.npairs == 0)
		abort();
	struct span pin = record_get(&r, "PIN");
	/* what is no PIN as bytes is none as text */
	if (pin.text && pin_check_bytes(pin.text, pin.len) && !pin_check(pin.text, pin.len))
		abort();
	if (record_translate(&r) && r.kind != RECORD_USER && r.kind != RECORD_FP)
		abort();
	record_is_one(&r);
}

static void oplog_fuzz(struct span line)
{
	struct oplog_line o;
	if (record_oplog(line, &o))
		return;
	check_within(o.actor, line);
	check_within(o.time, line);
	for (int i = 0; i < OPLOG_OBJECTS; i++)
		check_within(o.objects[i], line);
}

static bool is_marked(const char *body, size_t n)
{
	return n >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0;
}

/* What is held has no more lines and bytes than what came, and nothing of anybody's body where that is
 * not asked for, however often it is looked at. */
static void held_fuzz(const uint8_t *bytes, size_t n, const char *table, unsigned flags)
{
	bool biometric = false;
	char *body = malloc(n + 1);
	size_t lines = record_count_lines(bytes, n);
	memcpy(body, bytes, n);
	for (int again = 0; again < 2; again++) {
		size_t held = n;
		size_t count = held_comb_lines(body, &held, table, flags, &biometric);
		if (held > n || count > lines || (count == 0) != (held == 0) ||
			(biometric && !(flags & HELD_BIOMETRICS)))
			abort();
		n = held;
		lines = count;
	}
	free(body);
}

/* One line of text; what passes as base64 can be decoded. */
static void check_same(struct arena *arena, struct span a, struct span b)
{
	if (a.len != b.len || (a.len && memcmp(a.text, b.text, a.len) != 0) ||
		(a.len && memchr(a.text, '\n', a.len)))
		abort();
	unsigned char *bytes = arena_alloc(arena, a.len + 4);
	if (!content_picture_problem(arena, a.text, a.len, b.text, b.len) &&
		EVP_DecodeBlock(bytes, (const unsigned char *)a.text, (int)a.len) < 0)
		abort();
}

/* Whole records have every line once, and read the same with and without blank lines. */
static void whole_fuzz(const uint8_t *bytes, size_t n, enum record_kind of_table)
{
	struct arena *a = arena_new();
	char *combed = arena_memdup(a, bytes, n);
	size_t left = n, lines = 0;
	record_comb_lines(combed, &left);
	if (is_marked(combed, left)) {
		arena_free(a);
		return;
	}
	struct record_lines at = record_lines(bytes, n), bare = record_lines(combed, left);
	struct span record, same;
	struct record r, other;
	while (record_next(&at, of_table, &record)) {
		if (!record_next(&bare, of_table, &same))
			abort();
		size_t count = record_count_lines_of(record);
		if (count == 0 || count != record_count_lines_of(same))
			abort();
		lines += count;
		record_fuzz(record, of_table);
		record_parse(record, of_table, &r);
		record_parse(same, of_table, &other);
		if (r.npairs != other.npairs)
			abort();
		for (int i = 0; i < r.npairs; i++)
			check_same(a, record_joined(a, r.pairs[i].value),
				record_joined(a, other.pairs[i].value));
	}
	if (record_next(&bare, of_table, &same) || lines != record_count_lines(bytes, n))
		abort();
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct record_lines lines = record_lines(bytes, n);
	struct span line;
	size_t count = 0;
	while (record_next_line(&lines, &line)) {
		count++;
		punch_fuzz(line, false);
		punch_fuzz(line, true);
		record_fuzz(line, RECORD_OTHER);
		record_fuzz(line, RECORD_USER);
		oplog_fuzz(line);
		record_line_kind(line);
	}
	for (unsigned flags = 0; flags < 8; flags++) {
		held_fuzz(bytes, n, "OPERLOG", flags);
		held_fuzz(bytes, n, "FINGERTMP", flags);
	}
	if (count != record_count_lines(bytes, n) || count > n)
		abort();
	whole_fuzz(bytes, n, RECORD_OTHER);
	whole_fuzz(bytes, n, RECORD_BIODATA);
	return 0;
}
