/* What a log line looks like, whatever the values hold. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

static char line[20000];

/* The line that was logged to a pipe in place of stderr. */
static void captured(void (*say)(void))
{
	int ends[2], before = dup(STDERR_FILENO);
	assert(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	say();
	dup2(before, STDERR_FILENO);
	close(before);
	close(ends[1]);
	ssize_t n = read(ends[0], line, sizeof(line) - 1);
	assert(n >= 0);
	line[n] = '\0';
	close(ends[0]);
}

static void say_plain(void)
{
	log_info("terminal_new", "sn", "ABC1", "name", "two words", "none", NULL, NULL);
}

static void say_hostile(void)
{
	log_warn("odd", "v", "a\nb\x1b[31m\"\\\xff\xc2\x85\xe2\x80\xa8\xc3\xa9", NULL);
}

static void say_long(void)
{
	static char value[5000];
	memset(value, 'x', sizeof(value) - 1);
	log_error(
		"long", "a", value, "b", value, "c", value, "d", value, "e", value, "f", "1", NULL);
}

static void say_debug(void)
{
	log_debug("quiet", NULL);
}

static void is(const char *expected)
{
	if (strcmp(line, expected))
		fprintf(stderr, "%s is not %s", line, expected);
	assert(strcmp(line, expected) == 0);
}

int main(void)
{
	clock_fix(1424361130123456LL);
	captured(say_plain);
	is("2015-02-19T15:52:10.123Z info terminal_new sn=ABC1 name=\"two words\" none=\"\"\n");
	captured(say_hostile);
	is("2015-02-19T15:52:10.123Z warn odd "
	   "v=\"a\\x0ab\\x1b[31m\\\"\\\\\\xff\\xc2\\x85\\xe2\\x80\\xa8\xc3\xa9\"\n");
	captured(say_debug);
	is("");
	log_setup(LOG_DEBUG, true);
	captured(say_debug);
	is("{\"time\":\"2015-02-19T15:52:10.123Z\",\"level\":\"debug\",\"event\":\"quiet\"}\n");
	captured(say_hostile);
	is("{\"time\":\"2015-02-19T15:52:10.123Z\",\"level\":\"warn\",\"event\":\"odd\","
	   "\"v\":\"a\\u000ab\\u001b[31m\\\"\\\\\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\xc3\xa9\"}\n");
	captured(say_long);
	assert(strlen(line) < 8192 && strcmp(line + strlen(line) - 3, "\"}\n") == 0);
	assert(strcmp(log_num(-5), "-5") == 0);
	return 0;
}
