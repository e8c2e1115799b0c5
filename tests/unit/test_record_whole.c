#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "captures.h"
#include "record_whole.h"

static bool same(struct span s, const char *text)
{
	return s.text && s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

/* The records of a table's body, one after the other; NULL ends. */
static void reads(const char *table, const char *body, const char *const *expected)
{
	struct record_lines lines = record_lines(body, strlen(body));
	struct span record;
	while (*expected) {
		assert(record_next(&lines, record_table_kind(span_of(table)), &record));
		if (!same(record, *expected))
			fprintf(stderr, "is:\n%.*s\nshould be:\n%s\n", (int)record.len, record.text,
				*expected);
		assert(same(record, *expected));
		expected++;
	}
	assert(!record_next(&lines, record_table_kind(span_of(table)), &record));
}

#define READS(table, body, ...) reads(table, body, (const char *const[]){ __VA_ARGS__, NULL })

static void test_records_that_go_on(void)
{
	READS("OPERLOG", "FP PIN=1\tTMP=AAAA\nBBBB\nCC==\nFP PIN=2\tTMP=AAAA\n",
		"FP PIN=1\tTMP=AAAA\nBBBB\nCC==", "FP PIN=2\tTMP=AAAA");
	READS("OPERLOG", "fp pin=1\ttmp=\r\nAAAA\r\n\r\n \t\r\nBBBB\r\nUSER PIN=2\r\n",
		"fp pin=1\ttmp=\r\nAAAA\r\n\r\n \t\r\nBBBB", "USER PIN=2");
	READS("USERPIC", "PIN=1\tSize=8\nContent=AAAA\nBBBB\nPIN=2\nContent=AAAA",
		"PIN=1\tSize=8\nContent=AAAA\nBBBB", "PIN=2\nContent=AAAA");
	READS("BIODATA", "No=1\tPin=1\tTmp=AAAA\nBBBB\tIndex=1\nNo=2\tPin=1\tTmp=A",
		"No=1\tPin=1\tTmp=AAAA\nBBBB\tIndex=1", "No=2\tPin=1\tTmp=A");
	/* what reads as a key without a value is the end of base64 */
	READS("BIODATA", "PIN=1\tTmp=AAAA\nPIN=\nPIN=2\tTmp=AAAA",
		"PIN=1\tTmp=AAAA\nPIN=", "PIN=2\tTmp=AAAA");
	READS("BIODATA", "PIN=1\tTmp=\nPIN=\n", "PIN=1\tTmp=", "PIN=");
	READS("IDCARD", "IDCARD PIN=1\tPhoto=AAAA\nBBBB\nFPTemplate1=AAAA\nBBB=\tNotice=x y",
		"IDCARD PIN=1\tPhoto=AAAA\nBBBB\nFPTemplate1=AAAA\nBBB=\tNotice=x y");
	READS("OPERLOG", "NEW PIN=1\tTMP=AAAA\nBBBB\nOPLOG 4\t0\n", "NEW PIN=1\tTMP=AAAA\nBBBB",
		"OPLOG 4\t0");
	/* damage belongs to the value that it is in */
	READS("OPERLOG", "FP PIN=1\tTMP=AAAA\n@@@@ not\nBBBB\n",
		"FP PIN=1\tTMP=AAAA\n@@@@ not\nBBBB");
	READS("OPERLOG",
		"FP PIN=1\tTMP=AAAA\n"
		"AAAAAAAAAA BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\n",
		"FP PIN=1\tTMP=AAAA\n"
		"AAAAAAAAAA BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB");
}

static void test_lines_of_their_own(void)
{
	READS("OPERLOG", "AAAA\nBBBB\n", "AAAA", "BBBB");
	READS("OPERLOG", "USER PIN=1\tName=A\nBBBB\nName=B\n", "USER PIN=1\tName=A", "BBBB",
		"Name=B");
	READS("OPERLOG", "OPLOG 4\t0\nAAAA\n", "OPLOG 4\t0", "AAAA");
	READS("OPERLOG", "FP PIN=1\tTMP=AAAA\nPIN=2\tTMP=AAAA\n", "FP PIN=1\tTMP=AAAA",
		"PIN=2\tTMP=AAAA");
	READS("OPERLOG", "FP PIN=1\tTMP=AAAA\nSOMELOG 4\t0\t2026\nno record\n7\t2026-05-02\t0\n",
		"FP PIN=1\tTMP=AAAA", "SOMELOG 4\t0\t2026", "no record", "7\t2026-05-02\t0");
	READS("OPERLOG", "FP PIN=1\tTMP=AAAA\nno record\n", "FP PIN=1\tTMP=AAAA", "no record");
	READS("ERRORLOG", "ERRORLOG ErrCode=1\tErrMsg=a\nb\n", "ERRORLOG ErrCode=1\tErrMsg=a", "b");
	READS("OPERLOG", "NEW PIN=1\tA=2\nAAAA\n", "NEW PIN=1\tA=2", "AAAA");
}

static void parse(struct record *r, const char *text)
{
	record_parse(span_of(text), RECORD_OTHER, r);
}

static void test_parsing(void)
{
	struct arena *a = arena_new();
	struct record r;
	parse(&r, "USERPIC PIN=640\tFileName=640.jpg\nSize= 8 \r\nContent=\r\nAAAA\n  BBB=\tX=1\n");
	assert(r.kind == RECORD_USERPIC && r.npairs == 5);
	assert(same(record_get(&r, "FileName"), "640.jpg") && same(record_get(&r, "x"), "1"));
	assert(same(record_joined(a, record_get(&r, "content")), "AAAABBB="));
	int64_t n;
	assert(record_get_number(&r, "Size", 0, 9, &n) && n == 8);
	parse(&r, "FP PIN=1\tTMP=AAAA\t\nBBBB\n \t \nCC==\nValid=1");
	assert(r.npairs == 3 && same(record_get(&r, "Valid"), "1"));
	assert(same(record_joined(a, record_get(&r, "TMP")), "AAAABBBBCC=="));
	assert(!record_joined(a, record_get(&r, "None")).text);
	const char *whole = "one";
	assert(record_joined(a, span_of(whole)).text == whole);
	parse(&r, "FP PIN=1\tTMP=AAAA\nNo==\nTMP=\n");
	assert(same(record_joined(a, record_get(&r, "TMP")), "AAAANo==TMP="));
	arena_free(a);
}

/* No recorded upload has records that go on: every line is one. */
static void captured(const struct capture *c)
{
	char table[32] = "OPERLOG", stamp[32];
	if (!capture_param(c, "table", table, sizeof(table)) &&
		!capture_param(c, "OpStamp", stamp, sizeof(stamp)))
		return;
	enum record_kind kind = record_table_kind(span_of(table));
	struct record_lines lines = record_lines(c->body, c->len), whole = lines;
	struct span line, record;
	while (record_next_line(&lines, &line)) {
		assert(record_next(&whole, kind, &record));
		assert(record.text == line.text && record.len == line.len);
	}
	assert(!record_next(&whole, kind, &record));
}

/* As much time for a line as ever, however many there are. */
static void test_many(void)
{
	enum { LINES = 2000000 };
	static const char *const lines[] = { "AAAA\n", "A=1\n", "\n\n\n\n\n", "A\tB=\n" };
	for (size_t k = 0; k < sizeof(lines) / sizeof(*lines); k++) {
		size_t n = strlen(lines[k]);
		char *body = malloc(LINES * n + 32);
		size_t len = (size_t)sprintf(body, "FP PIN=1\tTMP=\n");
		for (int i = 0; i < LINES; i++, len += n)
			memcpy(body + len, lines[k], n);
		struct record_lines all = record_lines(body, len);
		struct span record;
		struct record r;
		assert(record_next(&all, RECORD_OTHER, &record));
		record_parse(record, RECORD_OTHER, &r);
		assert(!record_next(&all, RECORD_OTHER, &record));
		free(body);
	}
}

int main(void)
{
	test_records_that_go_on();
	test_lines_of_their_own();
	test_parsing();
	test_many();
	captures_each(captured);
	return 0;
}
