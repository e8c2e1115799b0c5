#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "captures.h"
#include "clock.h"
#include "punch.h"
#include "record.h"

static bool same(struct span s, const char *text)
{
	return s.text && s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

static struct punch_line good(const char *line)
{
	struct punch_line p;
	const char *reason = punch_parse(span_of(line), false, &p);
	if (reason)
		fprintf(stderr, "%s: %s\n", line, reason);
	assert(!reason);
	assert(same(p.line, line));
	return p;
}

static void bad(const char *line, const char *expected)
{
	struct punch_line p;
	const char *reason = punch_parse(span_of(line), false, &p);
	assert(reason && strcmp(reason, expected) == 0);
	assert(!p.pin.text && !p.wall && !p.flags);
}

static int64_t wall(int year, int month, int day, int hour, int minute, int second)
{
	return (clock_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) *
	       1000000;
}

static void test_four_columns(void)
{
	struct punch_line p = good("4\t2008-12-29 19:08:16\t0\t1");
	assert(same(p.pin, "4") && p.wall == wall(2008, 12, 29, 19, 8, 16));
	assert(p.flags == (PUNCH_HAS_STATE | PUNCH_HAS_VERIFY) && p.state == 0 && p.verify == 1);
	assert(!p.work_code.text && !p.rest.text && !p.id_number.text);
}

static void test_two_columns_are_enough(void)
{
	struct punch_line p = good("4\t2008-12-29 19:08:16");
	assert(p.flags == 0 && !p.work_code.text && !p.rest.text);
	p = good("4\t2008-12-29 19:08:16\t");
	assert(p.flags == 0);
	p = good("4\t2008-12-29 19:08:16\t1");
	assert(p.flags == PUNCH_HAS_STATE && p.state == 1);
}

static void test_seven_columns_and_trailing_tab(void)
{
	struct punch_line p = good("1\t2024-07-28 01:25:24\t0\t1\t\t0\t0\t");
	assert(p.work_code.text && p.work_code.len == 0);
	assert(same(p.rest, "0\t0\t"));
	assert(!(p.flags & (PUNCH_HAS_MASK | PUNCH_HAS_TEMPERATURE | PUNCH_ODD)));
	p = good("1452\t2015-07-30 15:16:28\t0\t1\t77\t0\t0");
	assert(same(p.work_code, "77") && same(p.rest, "0\t0"));
	p = good("1\t2024-07-28 01:25:24\t0\t1\t5\t");
	assert(same(p.work_code, "5") && p.rest.text && p.rest.len == 0);
}

static void test_ten_and_eleven_columns(void)
{
	struct punch_line p = good("18292\t2026-07-16 01:59:44\t255\t15\t0\t0\t0\t1\t36.5\t97.7\t");
	assert(p.state == 255 && p.verify == 15);
	assert(same(p.rest, "0\t0\t1\t36.5\t97.7\t"));
	assert((p.flags & PUNCH_HAS_MASK) && p.mask == 1);
	assert((p.flags & PUNCH_HAS_TEMPERATURE) && p.temperature == 3650);
	p = good("9001\t2026-07-28 22:40:21\t1\t15\t0\t0\t0\t0\t0\t0");
	assert((p.flags & PUNCH_HAS_MASK) && p.mask == 0);
	assert(!(p.flags & PUNCH_HAS_TEMPERATURE));
	p = good("1\t2026-07-28 22:40:21\t1\t15\t0\t0\t0\t255\t255\t255\t+28800\te30=");
	assert(!(p.flags & (PUNCH_HAS_MASK | PUNCH_HAS_TEMPERATURE)));
	assert(same(p.rest, "0\t0\t255\t255\t255\t+28800\te30="));
	p = good("1\t2026-07-28 22:40:21\t1\t15\t0\t0\t0\t0\t36.123\t0");
	assert(p.temperature == 3612);
	p = good("1\t2026-07-28 22:40:21\t1\t15\t0\t0\t0\t0\t3x.1\t0");
	assert(!(p.flags & PUNCH_HAS_TEMPERATURE));
}

static void test_person_id_columns(void)
{
	struct punch_line p =
		good("1452\t2015-07-30 15:16:28\t0\t1\t0\t0\t0\t12345619900101100X\t1");
	assert((p.flags & PUNCH_PID) && same(p.id_number, "12345619900101100X") && p.id_type == 1);
	assert(!(p.flags & PUNCH_HAS_MASK));
	p = good("1452\t2015-07-30 15:16:28\t0\t1\t0\t0\t0\t123456199001011\t9");
	assert((p.flags & PUNCH_PID) && p.id_type == -1);
	p = good("1452\t2015-07-30 15:16:28\t0\t1\t0\t0\t0\t1234561990010110A0\t0");
	assert(!(p.flags & PUNCH_PID));
	/* The terminal said what it is: any text counts, and an empty one does not. */
	const char *short_id = "1\t2015-07-30 15:16:28\t0\t1\t0\t0\t0\t778\t0";
	assert(!punch_parse(span_of(short_id), true, &p));
	assert((p.flags & PUNCH_PID) && same(p.id_number, "778") && p.id_type == 0);
	assert(!punch_parse(span_of("1\t2015-07-30 15:16:28\t0\t1\t0\t0\t0\t\t0"), true, &p));
	assert(!(p.flags & PUNCH_PID));
}

static void test_state_and_verify_that_are_no_numbers(void)
{
	const unsigned both = PUNCH_HAS_STATE | PUNCH_HAS_VERIFY;
	static const char *const letters[] = { "I", "i", " I ", "O", "o", " O" };
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		char line[64];
		snprintf(line, sizeof(line), "1\t2026-07-28 22:40:21\t%s\t1", letters[i]);
		struct punch_line l = good(line);
		assert(l.flags == (PUNCH_ODD | both) && l.state == (i >= 3) && l.verify == 1);
	}
	struct punch_line p = good("1\t2026-07-28 22:40:21\tx\tI");
	assert(p.flags == (PUNCH_ODD | both) && p.state == 255 && p.verify == 255);
	p = good("1\t2026-07-28 22:40:21\t0\t40000");
	assert(p.flags == (PUNCH_ODD | both) && p.state == 0 && p.verify == 255);
	p = good("1\t2026-07-28 22:40:21\t  \t 4 ");
	assert(p.flags == PUNCH_HAS_VERIFY && p.verify == 4);
	p = good("1\t2026-07-28 22:40:21\t\t");
	assert(p.flags == 0);
	p = good("1\t2026-07-28 22:40:21\t-1\t32767");
	assert(p.state == -1 && p.verify == 32767 && !(p.flags & PUNCH_ODD));
}

static void test_pins(void)
{
	assert(same(good("wctpl070\t2026-10-05 09:00:00\t0").pin, "wctpl070"));
	assert(same(good("007\t2026-10-05 09:00:00\t0").pin, "007"));
	assert(same(good("A B\t2026-10-05 09:00:00\t0").pin, "A B"));
	good("12345678901234567890\t2026-10-05 09:00:00");
	bad("123456789012345678901\t2026-10-05 09:00:00", "PIN too long");
	bad("\t2026-10-05 09:00:00\t0\t1", "empty PIN");
	bad("1\0012\t2026-10-05 09:00:00", "control character in PIN");
	bad("1\1772\t2026-10-05 09:00:00", "control character in PIN");
	assert(same(good("  7\t 2026-10-05 09:00:00 \t 0 \t1 \t W 1 \t0\t0").pin, "7"));
	assert(same(good("7  \t2026-10-05 09:00:00\t0\t1\t W 1 \t0").work_code, "W 1"));
	bad("   \t2026-10-05 09:00:00", "empty PIN");
	bad("48 Name=Al\t2026-10-05 09:00:00", "another column in the PIN");
	struct punch_line p;
	const char nul[] = "1\0002\t2026-10-05 09:00:00";
	assert(punch_parse((struct span){ nul, sizeof(nul) - 1 }, false, &p));
}

static void test_times(void)
{
	assert(good("1\t1970-01-01 00:00:00").wall == 0);
	assert(good("1\t1969-12-31 23:59:59").wall == -1000000);
	assert(good("1\t2000-01-01 00:00:07").wall == wall(2000, 1, 1, 0, 0, 7));
	assert(good("1\t2099-12-31 23:59:59").wall == wall(2099, 12, 31, 23, 59, 59));
	assert(good("1\t2024-02-29T00:00:00").wall == wall(2024, 2, 29, 0, 0, 0));
	good("1\t1900-01-01 00:00:00");
	good("1\t9999-12-31 23:59:59");
	static const char *const times[] = { "2026-13-45 99:00:00", "2026-02-29 00:00:00",
		"1900-02-29 00:00:00", "2026-04-31 00:00:00", "2026-00-01 00:00:00",
		"2026-01-00 00:00:00", "2026-01-01 24:00:00", "2026-01-01 00:60:00",
		"2026-01-01 00:00:60", "1899-12-31 23:59:59", "1971--10--29 -23:-27:-54",
		"2026/01/01 00:00:00", "2026-01-01 00:00:0", "2026-01-01 00:00:000", "",
		"2026-1-01 000:00:00", "20a6-01-01 00:00:00" };
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char line[64];
		snprintf(line, sizeof(line), "1\t%s\t0\t1", times[i]);
		bad(line, "bad time");
	}
}

static void test_lines_without_tabs(void)
{
	struct punch_line p = good("982 2008-02-25 12:08:21 1 0");
	assert(same(p.pin, "982") && p.wall == wall(2008, 2, 25, 12, 8, 21));
	assert(p.state == 1 && p.verify == 0 && !p.work_code.text && !p.rest.text);
	p = good("982  2008-02-25 12:08:21  255 15 3 0  0");
	assert(p.state == 255 && p.verify == 15 && same(p.work_code, "3"));
	assert(same(p.rest, "0  0"));
	bad("this is not a record", "bad time");
	bad("word", "no time column");
	bad("982 ", "bad time");
	bad("982 2008-02-25", "bad time");
	bad("", "empty line");
}

static void test_foreign_bytes(void)
{
	assert(!(good("1\t2026-10-05 09:00:00\t0\t1\tabc~ \t0\t0").flags & PUNCH_FOREIGN));
	assert(good("\303\244\t2026-10-05 09:00:00\t0\t1").flags & PUNCH_FOREIGN);
	assert(good("1\t2026-10-05 09:00:00\t0\t1\tab\320\261").flags & PUNCH_FOREIGN);
	static const char foreign[] = { 1, 8, 10, 31, 127, (char)128, (char)255, 0 };
	for (size_t i = 0; i < sizeof(foreign); i++) {
		for (size_t at = 0; at < 20; at++) {
			char line[] =
				"1\t2026-10-05 09:00:00\t0\t1\t\t0\t0\tabcdefghijklmnopqrstuvw";
			line[sizeof(line) - 2 - at] = foreign[i];
			struct punch_line p;
			assert(!punch_parse((struct span){ line, sizeof(line) - 1 }, false, &p));
			assert(p.flags & PUNCH_FOREIGN);
		}
	}
}

static int captured_lines, captured_bad;

static void captured(const struct capture *c)
{
	char table[32] = "", stamp[32];
	bool has_table = capture_param(c, "table", table, sizeof(table));
	bool attlog = has_table ? strcasecmp(table, "ATTLOG") == 0
				: strstr(c->target, "cdata?") &&
					  capture_param(c, "Stamp", stamp, 32) &&
					  !capture_param(c, "AuthType", stamp, 32);
	if (!attlog || !c->len)
		return;
	struct record_lines lines = record_lines(c->body, c->len);
	struct span line;
	while (record_next_line(&lines, &line)) {
		struct punch_line p;
		captured_lines++;
		if (punch_parse(line, false, &p)) {
			captured_bad++;
			continue;
		}
		assert(p.flags & PUNCH_HAS_STATE && !(p.flags & (PUNCH_ODD | PUNCH_FOREIGN)));
		assert(!!(p.flags & PUNCH_PID) == (strcmp(c->id, "vd-attlog-idcard") == 0));
	}
}

static void test_captures(void)
{
	if (captures_each(captured) == 0)
		return;
	/* All but the two broken lines of k-attlog-partial-bad. */
	assert(captured_bad == 2);
	assert(captured_lines >= 63 + 3 + 1 + 1 + 1 + 9 + 9 + 2 + 4 + 2 + 2 + 2);
}

int main(void)
{
	test_four_columns();
	test_two_columns_are_enough();
	test_seven_columns_and_trailing_tab();
	test_ten_and_eleven_columns();
	test_person_id_columns();
	test_state_and_verify_that_are_no_numbers();
	test_pins();
	test_times();
	test_lines_without_tabs();
	test_foreign_bytes();
	test_captures();
	return 0;
}
