#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "captures.h"
#include "clock.h"
#include "record.h"

static bool same(struct span s, const char *text)
{
	return s.text && s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

static void test_lines(void)
{
	static const char body[] = "a\nb\t\r\n\n \t \r\nc\r\r\n\0\0\nlast";
	static const char *const expected[] = { "a", "b\t", "c\r", "last" };
	struct record_lines lines = record_lines(body, sizeof(body) - 1);
	struct span line;
	for (size_t i = 0; i < 4; i++) {
		assert(record_next_line(&lines, &line));
		assert(same(line, expected[i]));
	}
	assert(!record_next_line(&lines, &line));
	assert(record_count_lines(body, sizeof(body) - 1) == 4);
	assert(record_count_lines("", 0) == 0 && record_count_lines(NULL, 0) == 0);
	assert(record_count_lines("\n\r\n", 3) == 0);
	assert(record_count_lines("x", 1) == 1);
	assert(record_count_lines("a\0b\n", 4) == 1);
}

static void test_numbers(void)
{
	int64_t n = 7;
	assert(record_number(span_of("-12"), -12, 0, &n) && n == -12);
	assert(record_number(span_of("+012"), 0, 12, &n) && n == 12);
	assert(record_number(span_of("999999999999999999"), 0, INT64_MAX, &n));
	assert(!record_number(span_of("1000000000000000000"), 0, INT64_MAX, &n));
	assert(!record_number(span_of("13"), 0, 12, &n));
	assert(!record_number(span_of(""), 0, 12, &n) && !record_number(span_of("-"), -1, 1, &n));
	assert(!record_number(span_of("1 "), 0, 12, &n) && !record_number(span_of(NULL), 0, 1, &n));
	assert(n == 999999999999999999);
}

static void test_encoded_time(void)
{
	char text[20];
	int64_t wall;
	assert(record_encoded_time(289504127, &wall));
	clock_format(wall, text);
	assert(strcmp(text, "2009-01-03 17:48:47") == 0);
	assert(record_encoded_time(350154520, &wall));
	clock_format(wall, text);
	assert(strcmp(text, "2010-11-23 17:08:40") == 0);
	assert(record_encoded_time(0, &wall) && wall == 946684800000000);
	assert(!record_encoded_time(-1, &wall));
	/* 31 February of 2000 */
	assert(!record_encoded_time((31 + 30) * 86400, &wall));
}

static void test_user_line(void)
{
	struct record r;
	record_parse(span_of("USER PIN=9001\tName=TEST ONE\tPri=0\tPasswd=\tCard=\tGrp=1\t"
			     "TZ=0000000100000000\tVerify=-1\tviceCARD=\tNew=a=b=="),
		RECORD_OTHER, &r);
	assert(r.kind == RECORD_USER && same(r.word, "USER") && r.npairs == 10 && !r.more);
	assert(same(record_get(&r, "pin"), "9001") && same(record_get(&r, "Name"), "TEST ONE"));
	assert(record_get(&r, "Passwd").text && record_get(&r, "Passwd").len == 0);
	assert(same(record_get(&r, "ViceCard"), "") && !record_get(&r, "Expires").text);
	assert(same(record_get(&r, "new"), "a=b=="));
	int64_t n;
	assert(record_get_number(&r, "Verify", -1, 255, &n) && n == -1);
	assert(!record_get_number(&r, "Passwd", 0, 9, &n));
	assert(!record_get_number(&r, "None", 0, 9, &n));
}

static void test_kinds_and_words(void)
{
	struct record r;
	record_parse(span_of("PIN=1\tName=A B\tPri=0"), RECORD_USER, &r);
	assert(r.kind == RECORD_USER && !r.word.text && same(record_get(&r, "PIN"), "1"));
	record_parse(span_of("user uid=1\tcardno=\tpin=1"), RECORD_OTHER, &r);
	assert(r.kind == RECORD_USER && same(record_get(&r, "PIN"), "1"));
	record_parse(span_of("SOMETHINGNEW A=1\tB=2"), RECORD_OTHER, &r);
	assert(r.kind == RECORD_OTHER && same(r.word, "SOMETHINGNEW") && r.npairs == 2);
	record_parse(span_of("FINGERTMP PIN=1\tFID=2"), RECORD_FP, &r);
	assert(r.kind == RECORD_FP && same(record_get(&r, "FID"), "2"));
	record_parse(span_of("Start Date=1\tPIN=2"), RECORD_USER, &r);
	assert(r.kind == RECORD_USER && !r.word.text && same(r.pairs[0].key, "Start Date"));
	record_parse(span_of("time=2026-02-23 14:13:48\tpin=2"), RECORD_OTHER, &r);
	assert(!r.word.text && same(record_get(&r, "time"), "2026-02-23 14:13:48"));
	record_parse(span_of("FP\tPIN=3"), RECORD_OTHER, &r);
	assert(r.kind == RECORD_FP && same(record_get(&r, "PIN"), "3"));
	record_parse(span_of("no pairs"), RECORD_OTHER, &r);
	assert(same(r.word, "no") && r.npairs == 1 && !r.pairs[0].key.text);
	record_parse(span_of(""), RECORD_OTHER, &r);
	assert(r.npairs == 0 && r.kind == RECORD_OTHER);
	assert(record_table_kind(span_of("USERINFO")) == RECORD_USER);
	assert(record_table_kind(span_of("fingertmp")) == RECORD_FP);
	assert(record_table_kind(span_of("BIODATA")) == RECORD_BIODATA);
	assert(record_table_kind(span_of("OPERLOG")) == RECORD_OTHER);
	assert(record_table_kind(span_of(NULL)) == RECORD_OTHER);
	assert(record_line_kind(span_of("OPLOG 4\t14")) == RECORD_OPLOG);
	assert(record_line_kind(span_of("FVEIN Pin=1")) == RECORD_FVEIN);
	assert(record_line_kind(span_of("FVEIN")) == RECORD_OTHER);
	assert(record_line_kind(span_of("FPX PIN=1")) == RECORD_OTHER);
}

static void test_many_pairs(void)
{
	char line[1024] = "USER ";
	for (int i = 0; i < 70; i++)
		sprintf(line + strlen(line), "k%d=%d\t", i, i);
	struct record r;
	record_parse(span_of(line), RECORD_OTHER, &r);
	assert(r.npairs == RECORD_MAX_PAIRS && r.more);
	assert(same(record_get(&r, "k63"), "63") && !record_get(&r, "k64").text);
}

static void test_oplog(void)
{
	struct oplog_line o;
	assert(!record_oplog(
		span_of("OPLOG 108\t0\t2026-08-08 06:38:34\tKeyPadBeep\t0\t0\t0"), &o));
	assert(o.code == 108 && same(o.actor, "0") && o.has_wall);
	assert(o.wall == (clock_days(2026, 8, 8) * 86400 + 6 * 3600 + 38 * 60 + 34) * 1000000);
	assert(same(o.objects[0], "KeyPadBeep") && same(o.objects[3], "0"));
	assert(!record_oplog(span_of("OPLOG 0\t0\t289515406\t0\t0\t0\t0"), &o));
	char text[20];
	clock_format(o.wall, text);
	assert(o.has_wall && strcmp(text, "2009-01-03 20:56:46") == 0);
	assert(!record_oplog(span_of("4\t14\t2015-07-30 10:22:34\t7"), &o));
	assert(o.code == 4 && same(o.objects[0], "7") && !o.objects[1].text);
	assert(!record_oplog(span_of("OPLOG 4\t\t2015-13-30 10:22:34"), &o));
	assert(!o.has_wall && same(o.time, "2015-13-30 10:22:34") && same(o.actor, ""));
	assert(strcmp(record_oplog(span_of("OPLOG x\t0\t1"), &o), "bad operation code") == 0);
	assert(strcmp(record_oplog(span_of("OPLOG 1\t0"), &o), "no time column") == 0);
	assert(record_oplog(span_of(""), &o));
}

static int captured_kinds[RECORD_SMS + 1];

static void captured_line(struct span line, const struct capture *c, enum record_kind of_table)
{
	struct record r;
	record_parse(line, of_table, &r);
	captured_kinds[r.kind]++;
	struct oplog_line o;
	if (r.kind == RECORD_OPLOG) {
		assert(!record_oplog(line, &o) && o.has_wall && o.objects[3].text);
		return;
	}
	if (r.kind == RECORD_OTHER)
		return;
	assert(record_get(&r, "PIN").len > 0);
	for (int i = 0; i < r.npairs; i++)
		assert(r.pairs[i].key.len > 0);
	if (r.kind == RECORD_FP || r.kind == RECORD_FACE || r.kind == RECORD_BIODATA)
		assert(record_get(&r, "TMP").len > 100);
}

static void captured(const struct capture *c)
{
	char table[32] = "", expected[32];
	capture_param(c, "table", table, sizeof(table));
	bool by_stamp = !table[0] && capture_param(c, "OpStamp", expected, sizeof(expected));
	if (!by_stamp && strcasecmp(table, "ATTLOG") != 0 && strcasecmp(table, "OPERLOG") != 0 &&
		strcasecmp(table, "BIODATA") != 0 && strcasecmp(table, "USERINFO") != 0)
		return;
	snprintf(expected, sizeof(expected), "OK: %zu", record_count_lines(c->body, c->len));
	if (strncmp(c->reply, "OK: ", 4) == 0)
		assert(strcmp(expected, c->reply) == 0);
	if (strcasecmp(table, "ATTLOG") == 0)
		return;
	struct record_lines lines = record_lines(c->body, c->len);
	struct span line;
	while (record_next_line(&lines, &line))
		captured_line(line, c, record_table_kind(span_of(table)));
}

static void test_captures(void)
{
	if (captures_each(captured) == 0)
		return;
	assert(captured_kinds[RECORD_OTHER] == 0);
	assert(captured_kinds[RECORD_USER] >= 10 && captured_kinds[RECORD_FP] >= 9);
	assert(captured_kinds[RECORD_OPLOG] >= 25 && captured_kinds[RECORD_BIODATA] >= 4);
	assert(captured_kinds[RECORD_FACE] == 1 && captured_kinds[RECORD_FVEIN] == 1);
	assert(captured_kinds[RECORD_BIOPHOTO] == 1);
}

static void pairs_are(const char *line, enum record_kind of, const char *const *expected)
{
	struct record r;
	record_parse(span_of(line), of, &r);
	for (; expected[0]; expected += 2)
		assert(same(record_get(&r, expected[0]), expected[1]));
}

/* Blanks around keys and values are padding; in a line without TABs they separate before a key. */
static void test_padding(void)
{
	const char *const al[] = { "PIN", "48", "Name", "Al Lee", "Pri", "14", NULL };
	static const char *const lines[] = { "USER PIN=48\tName=Al Lee\tPri=14",
		"USER PIN= 48 \t Name = Al Lee\tPri=14 ", "USER PIN=48 Name=Al Lee Pri=14",
		"  USER   PIN=48   Name=Al Lee   Pri=14  ", "user pin=48 name=Al Lee pri=14",
		"PIN=48 Name=Al Lee Pri=14" };
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		pairs_are(lines[i], RECORD_USER, al);
	pairs_are("USER PIN=48 x=1 Name=a=b", RECORD_USER,
		(const char *const[]){ "PIN", "48 x=1", "Name", "a=b", NULL });
	pairs_are("USER PIN=48\tName=Al Pri=14", RECORD_USER,
		(const char *const[]){ "PIN", "48", "Name", "Al Pri=14", NULL });
	pairs_are("FP PIN=7 FID=1 TMP=AA== Valid=1", RECORD_FP,
		(const char *const[]){ "TMP", "AA==", "Valid", "1", NULL });
}

static void test_padded_operations(void)
{
	static const char *const lines[] = { "OPLOG 6\t 0\t2026-08-08 06:38:34 \t 7 \t0",
		"OPLOG 6 0 2026-08-08 06:38:34 7 0 ", "OPLOG  6  0  2026-08-08 06:38:34  7  0" };
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct oplog_line o;
		assert(!record_oplog(span_of(lines[i]), &o) && o.code == 6 && o.has_wall);
		assert(same(o.actor, "0") && same(o.objects[0], "7") && same(o.objects[1], "0"));
		assert(!o.objects[2].text);
	}
}

static void test_the_mark_of_a_body_goes(void)
{
	char marked[] = "\xef\xbb\xbf"
			"7\t1\n\xef\xbb\xbf"
			"8\n";
	struct record_lines lines = record_lines(marked, strlen(marked));
	struct span line;
	assert(record_next_line(&lines, &line) && same(line, "7\t1"));
	assert(record_next_line(&lines, &line) && same(line, "\xef\xbb\xbf"
							     "8"));
	size_t n = strlen(marked);
	assert(record_comb_lines(marked, &n) == 2 && n == 9 && memcmp(marked, "7\t1\n", 4) == 0);
	assert(record_count_lines("\xef\xbb\xbf", 3) == 0);
	/* of another line it is none, though what stood before is gone */
	char later[] = "\n\xef\xbb\xbf"
		       "8\n";
	n = strlen(later);
	assert(record_comb_lines(later, &n) == 1 && n == strlen(later));
	lines = record_lines(later, n);
	assert(record_next_line(&lines, &line) && line.len == 4);
}

static void test_words_of_a_kind(void)
{
	static const struct {
		const char *word;
		enum record_kind kind;
	} words[] = { { "TEMPLATEV10", RECORD_FP }, { "templatev9", RECORD_FP },
		{ "user", RECORD_USER }, { "FACETMPV10", RECORD_FACE }, { "facev7", RECORD_FACE },
		{ "FACE7", RECORD_FACE }, { "FVTEMPLATE", RECORD_FVEIN },
		{ "FVEINV3", RECORD_FVEIN }, { "V10", RECORD_OTHER }, { "USER10", RECORD_OTHER },
		{ "NEWTHING", RECORD_OTHER }, { "", RECORD_OTHER } };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert(record_table_kind(span_of(words[i].word)) == words[i].kind);
}

static void test_access_controls_words(void)
{
	struct record r;
	record_parse(span_of("user uid=1\tcardno=77\tpin=1\tpassword=9\tname=Al\tprivilege=14"),
		RECORD_OTHER, &r);
	assert(record_is_one(&r) && record_translate(&r));
	assert(same(record_get(&r, "Card"), "77") && same(record_get(&r, "Passwd"), "9"));
	assert(same(record_get(&r, "Pri"), "14") && same(record_get(&r, "Name"), "Al"));
	record_parse(span_of("templatev10 size=4\tpin=1\tfingerid=22\tvalid=1\ttemplate=AAAA"),
		RECORD_OTHER, &r);
	assert(record_translate(&r) && same(record_get(&r, "FID"), "6"));
	assert(same(record_get(&r, "Valid"), "3") && same(record_get(&r, "TMP"), "AAAA"));
	record_parse(span_of("USER PIN=1\tName=Al\tCard="), RECORD_OTHER, &r);
	assert(record_is_one(&r) && !record_translate(&r));
	record_parse(span_of("WORD PIN=1\tName=Al"), RECORD_USER, &r);
	assert(!record_is_one(&r));
	record_parse(span_of("4\t0\t2026-05-01 08:00:00\t0"), RECORD_OPLOG, &r);
	assert(record_is_one(&r));
	record_parse(span_of("4\t0\tnever\t0"), RECORD_OPLOG, &r);
	assert(!record_is_one(&r));
}

int main(void)
{
	test_lines();
	test_numbers();
	test_encoded_time();
	test_user_line();
	test_kinds_and_words();
	test_many_pairs();
	test_oplog();
	test_padding();
	test_padded_operations();
	test_the_mark_of_a_body_goes();
	test_words_of_a_kind();
	test_access_controls_words();
	test_captures();
	return 0;
}
