#include <assert.h>
#include <string.h>

#include "captures.h"
#include "devicecmd.h"

static bool same(struct span s, const char *text)
{
	return s.text && s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

static bool result_is(
	const struct devicecmd_result *r, const char *id, int64_t code, const char *cmd)
{
	return same(r->id, id) && r->has_return && r->code == code && same(r->cmd, cmd);
}

/* Reads the whole body; returns how many results it held, the first few in out. */
static int results(const char *body, size_t n, struct devicecmd_result *out, int max)
{
	struct devicecmd d = devicecmd_start(body, n);
	struct devicecmd_result r;
	int count = 0;
	while (devicecmd_next(&d, &r)) {
		if (count < max)
			out[count] = r;
		count++;
		assert((size_t)count <= n);
	}
	return count;
}

static void test_several_in_one_body(void)
{
	static const char body[] = "ID=1&Return=0&CMD=DATA\nID=cmd_eda0cff24b62a6a43&Return=-1004"
				   "&CMD=DATA UPDATE\r\n\nID=3&SN=99&return=0&CMD=CHECK";
	struct devicecmd_result r[4];
	assert(results(body, sizeof(body) - 1, r, 4) == 3);
	assert(result_is(&r[0], "1", 0, "DATA"));
	assert(result_is(&r[1], "cmd_eda0cff24b62a6a43", -1004, "DATA UPDATE"));
	assert(result_is(&r[2], "3", 0, "CHECK") && same(r[2].sn, "99"));
	assert(!r[0].content.text && !r[2].content.text);
}

static void test_dump_belongs_to_its_result(void)
{
	static const char body[] = "ID=4&Return=0&CMD=INFO\n~DeviceName=X&Y\nMAC=00:17\nID=5\n"
				   "ID=6&Return=-1&CMD=DATA\n";
	struct devicecmd_result r[3];
	assert(results(body, sizeof(body) - 1, r, 3) == 2);
	assert(result_is(&r[0], "4", 0, "INFO"));
	assert(same(r[0].content, "~DeviceName=X&Y\nMAC=00:17\nID=5\n"));
	assert(same(r[0].head, "ID=4&Return=0&CMD=INFO"));
	assert(result_is(&r[1], "6", -1, "DATA"));
}

static void test_one_key_a_line(void)
{
	struct devicecmd_result r[3];
	static const char crlf[] = "ID=2\r\nReturn=-14\r\nCMD=DATA\r\n";
	assert(results(crlf, sizeof(crlf) - 1, r, 3) == 1);
	assert(result_is(&r[0], "2", -14, "DATA") && !r[0].content.text);
	static const char two[] = "ID=2\nReturn=0\nCMD=DATA\nID=3\nReturn=-1\nCMD=CHECK\n";
	assert(results(two, sizeof(two) - 1, r, 3) == 2);
	assert(result_is(&r[0], "2", 0, "DATA") && result_is(&r[1], "3", -1, "CHECK"));
	static const char mixed[] = "ID=2\nReturn=0\nCMD=DATA\nID=3&Return=-1&CMD=CHECK\n";
	assert(results(mixed, sizeof(mixed) - 1, r, 3) == 2);
	assert(result_is(&r[1], "3", -1, "CHECK"));
	static const char dump[] = "ID=2\nReturn=0\nCMD=INFO\n~OS=1\nMAC=0\n";
	assert(results(dump, sizeof(dump) - 1, r, 3) == 1);
	assert(result_is(&r[0], "2", 0, "INFO") && same(r[0].content, "~OS=1\nMAC=0\n"));
}

static void test_binary_content(void)
{
	static const char body[] = "ID=1234\nSN=99999\nFILENAME=/a b.dat\nCMD=GetFile\nReturn=9\n"
				   "Content=\0\1\nID=5&\r\n\377";
	struct devicecmd_result r[2];
	assert(results(body, sizeof(body) - 1, r, 2) == 1);
	assert(result_is(&r[0], "1234", 9, "GetFile") && same(r[0].sn, "99999"));
	assert(r[0].content.len == 11 && memcmp(r[0].content.text, "\0\1\nID=5&\r\n\377", 11) == 0);
	assert(same(devicecmd_field(&r[0], "filename"), "/a b.dat"));
	static const char line[] = "ID=7&Return=3&CMD=GetFile&Content=a&b\nID=9&c";
	assert(results(line, sizeof(line) - 1, r, 2) == 1);
	assert(result_is(&r[0], "7", 3, "GetFile") && same(r[0].content, "a&b\nID=9&c"));
	static const char after[] = "ID=7&Return=3&CMD=GetFile\nContent=abc";
	assert(results(after, sizeof(after) - 1, r, 2) == 1 && same(r[0].content, "abc"));
}

static void test_odd_bodies(void)
{
	struct devicecmd_result r[2];
	assert(results("", 0, r, 2) == 0 && results(NULL, 0, r, 2) == 0);
	assert(results("\r\n\n \0", 5, r, 2) == 0);
	assert(results("nonsense", 8, r, 2) == 1 && !r[0].id.text && !r[0].has_return);
	assert(results("Return=0&CMD=DATA", 17, r, 2) == 1 && !r[0].id.text && r[0].has_return);
	assert(results("ID=5", 4, r, 2) == 1 && same(r[0].id, "5") && !r[0].has_return);
	assert(results("ID=5&Return=x&CMD=A", 19, r, 2) == 1 && !r[0].has_return);
	assert(results("ID=5&", 5, r, 2) == 1 && same(r[0].id, "5"));
	assert(results("&&&&", 4, r, 2) == 1);
}

static void test_query(void)
{
	struct devicecmd_result r;
	assert(devicecmd_query(span_of("SN=CE1&ID=5&Return=-1002&CMD=CHECK"), &r));
	assert(result_is(&r, "5", -1002, "CHECK") && same(r.sn, "CE1"));
	assert(!devicecmd_query(span_of("SN=CE1"), &r));
	assert(!devicecmd_query(span_of(NULL), &r));
}

static void test_field(void)
{
	static const char body[] =
		"ID=9&Return=0&CMD=VERIFY SUM&StartTime=a&EndTime=b&AttlogSum=17";
	struct devicecmd_result r[1];
	assert(results(body, sizeof(body) - 1, r, 1) == 1);
	assert(same(devicecmd_field(&r[0], "attlogsum"), "17"));
	assert(!devicecmd_field(&r[0], "None").text);
}

static int captured_results;

static void captured(const struct capture *c)
{
	if (!strstr(c->target, "/devicecmd"))
		return;
	struct devicecmd d = devicecmd_start(c->body, c->len);
	struct devicecmd_result r;
	int n = 0;
	for (; devicecmd_next(&d, &r); n++) {
		assert(r.id.len && r.has_return && r.cmd.len);
		assert(!!r.content.text == (span_is(r.cmd, "INFO") || span_is(r.cmd, "Shell")));
	}
	captured_results += n;
	if (strcmp(c->id, "g4-ack-multi-line") == 0)
		assert(n == 3);
	if (strcmp(c->id, "vd-devicecmd-multi") == 0)
		assert(n == 5);
}

static void test_captures(void)
{
	if (captures_each(captured) > 0)
		assert(captured_results >= 18);
}

int main(void)
{
	test_several_in_one_body();
	test_dump_belongs_to_its_result();
	test_one_key_a_line();
	test_binary_content();
	test_odd_bodies();
	test_query();
	test_field();
	test_captures();
	return 0;
}
