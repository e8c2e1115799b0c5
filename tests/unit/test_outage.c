/* How many lines a crowd of failures is. */
#include "outage.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static char text[20000];

/* What was logged since, to a pipe in place of stderr. */
static void captured(void (*say)(void))
{
	int ends[2], before = dup(STDERR_FILENO);

	assert(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	say();
	dup2(before, STDERR_FILENO);
	close(before);
	close(ends[1]);
	ssize_t n = read(ends[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(ends[0]);
}

static int lines(void)
{
	int n = 0;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

static struct outage o;

static void say_a_crowd(void)
{
	for (int i = 0; i < 1000; i++)
		outage_failed(&o, 5000 + i, "not_stored", "08006", "gone");
}

static void say_the_next_minute(void)
{
	for (int i = 0; i < 1000; i++)
		outage_failed(&o, 65000 + i, "not_stored", "08006", "gone");
}

/* Some pass while others fail. */
static void say_both(void)
{
	for (int i = 0; i < 1000; i++) {
		outage_failed(&o, 66000 + i, "not_stored", "08006", "gone");
		outage_passed(&o, 66000 + i);
	}
}

static void say_the_end(void)
{
	outage_passed(&o, 76998);
	outage_passed(&o, 76999);
	outage_passed(&o, 77000);
}

static void say_another(void)
{
	outage_failed(&o, 77001, "not_stored", "53100", "full");
}

int main(void)
{
	captured(say_a_crowd);
	assert(lines() == 1 && strstr(text, "error not_stored state=08006 reason=gone times=1\n"));
	captured(say_the_next_minute);
	assert(lines() == 1 && strstr(text, " times=1000\n"));
	captured(say_both);
	assert(lines() == 0);
	captured(say_the_end);
	assert(lines() == 1);
	assert(strstr(text, "info outage_over event=not_stored times=3000 seconds=71\n"));
	captured(say_another);
	assert(lines() == 1 && strstr(text, "state=53100"));
	return 0;
}
