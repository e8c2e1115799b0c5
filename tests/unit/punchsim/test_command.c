/* Command lines: typed transcripts, then every line of the captures that a server had sent. */
#include "check.h"
#include "command.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct command parsed(const char *line)
{
	struct command c;
	assert(command_parse(line, strlen(line), &c));
	return c;
}

static bool refused(const char *line)
{
	struct command c;
	return !command_parse(line, strlen(line), &c);
}

static void test_user_line(void)
{
	struct command c = parsed("C:123:DATA UPDATE USERINFO PIN=8\tName=Ann B\tCard=\tGrp=1\r");
	struct slice v;

	assert(slice_is(c.id, "123") && c.words == 3);
	assert(slice_is(c.word[0], "DATA") && slice_is(c.word[2], "USERINFO"));
	assert(pair_find(c.args, "pin", &v) && slice_is(v, "8"));
	assert(pair_find(c.args, "Name", &v) && slice_is(v, "Ann B"));
	assert(pair_find(c.args, "Card", &v) && v.n == 0); /* present and empty: cleared */
	assert(!pair_find(c.args, "Passwd", &v)); /* absent: unchanged */
	assert(pair_find(c.args, "Grp", &v) && slice_is(v, "1"));
}

static void test_first_equals_splits(void)
{
	struct command c = parsed("C:a_1-b:DATA UPDATE FINGERTMP PIN=1\tFID=6\tTMP=TcdT=AB==");
	struct slice v;

	assert(slice_is(c.id, "a_1-b"));
	assert(pair_find(c.args, "TMP", &v) && slice_is(v, "TcdT=AB=="));
	assert(pair_long(c.args, "FID", -1) == 6 && pair_long(c.args, "Size", -1) == -1);
}

static void test_words(void)
{
	struct command c = parsed("C:1:REBOOT");
	assert(c.words == 1 && c.args.n == 0);
	c = parsed("C:1:CLEAR LOG");
	assert(c.words == 2 && slice_is(c.word[1], "LOG") && c.args.n == 0);
	c = parsed("C:1:SET OPTION Delay=30");
	assert(c.words == 2 && slice_is(c.args, "Delay=30"));
	c = parsed(
		"C:1:DATA QUERY ATTLOG StartTime=2026-07-01 00:00:00\tEndTime=2026-07-31 23:59:59");
	assert(c.words == 3);
	struct slice v;
	assert(pair_find(c.args, "StartTime", &v) && slice_is(v, "2026-07-01 00:00:00"));
	c = parsed("C:1:DATA USER PIN=852\tName=Richard");
	assert(c.words == 2 && slice_is(c.word[1], "USER"));
	c = parsed("C:1:SHELL date -u");
	assert(slice_is(c.after, "date -u"));
	c = parsed("C:1:PutFile http://h/x\t/mnt/y");
	assert(c.words == 1 && slice_is(c.args, "http://h/x\t/mnt/y"));
	c = parsed("C:1:DATA QUERY tablename=user,fielddesc=*,filter=*");
	assert(c.words == 2);
}

static void test_refusals(void)
{
	assert(refused("") && refused("OK") && refused("C:") && refused("C:1") && refused("C:1:"));
	assert(refused("C::INFO") && refused("C:1 2:INFO") && refused("D:1:INFO"));
	assert(refused("REBOOT") && refused("C:x/y:INFO") && refused("C:\xff:INFO"));
	assert(refused("C:123456789012345678901234567890123:INFO"));
}

static void test_walk(void)
{
	static const char text[] = "C:1:INFO\r\njunk\n\nC:2:CHECK\nC:3:REBOOT";
	const char *at = text, *end = text + sizeof(text) - 1;
	struct command c;
	int n = 0;

	while (command_next(&at, end, &c))
		assert(c.id.p[0] == '1' + n++ && c.id.n == 1);
	assert(n == 3 && at == end);
}

static void test_never_reads_past(void)
{
	static const char line[] = "C:77:DATA UPDATE USERINFO PIN=1\tName=x\tCard=";

	for (size_t n = 0; n < sizeof(line); n++) {
		char *copy = malloc(n ? n : 1); /* the sanitizer watches its end */
		struct command c;
		struct slice k, v, rest;
		memcpy(copy, line, n);
		if (command_parse(copy, n, &c)) {
			rest = c.args;
			while (pair_next(&rest, &k, &v))
				assert(v.p + v.n <= copy + n);
		}
		free(copy);
	}
}

static int capture_check(const char *body, const char *name)
{
	const char *at = body, *end = body + strlen(body);
	struct command c;
	int lines = 0, found = 0;

	for (const char *p = body; *p; p++)
		lines += *p == '\n' && p[1];
	while (command_next(&at, end, &c)) {
		struct slice k, v, rest = c.args;
		int pairs = 0;
		while (pair_next(&rest, &k, &v))
			pairs += k.n > 0 && !memchr(v.p, '\t', v.n);
		printf("%s: id %.*s, %zu words, %d pairs\n", name, (int)c.id.n, c.id.p, c.words,
			pairs);
		assert(c.words > 0);
		assert(!memchr(c.text.p, '=', c.text.n) || pairs > 0);
		found++;
	}
	assert(found == lines + 1);
	return found;
}

static int captures_read(const char *dir, const char *file)
{
	char path[4096], *line = NULL;
	size_t room = 0;
	int n = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	FILE *f = fopen(path, "r");
	if (!f)
		return 0;
	while (getline(&line, &room, f) > 0) {
		json_t *j = json_loads(line, JSON_ALLOW_NUL, NULL);
		assert(j);
		const char *body = json_string_value(json_object_get(j, "resp_body"));
		if (body && strncmp(body, "C:", 2) == 0)
			n += capture_check(body, json_string_value(json_object_get(j, "id")));
		json_decref(j);
	}
	free(line);
	fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	const char *dir = getenv("PUNCHD_CAPTURES"), *ci = getenv("CI");

	test_user_line();
	test_first_equals_splits();
	test_words();
	test_refusals();
	test_walk();
	test_never_reads_past();
	if (!dir)
		dir = argc > 1 ? argv[1] : "";
	int n = captures_read(dir, "server-capture.jsonl") +
		captures_read(dir, "device-capture.jsonl");
	if (n == 0)
		printf("no captures at '%s': that part is skipped\n", dir);
	return n == 0 && ci && strcmp(ci, "true") == 0;
}
