/* punchsim: simulated terminals and load for users without hardware, and for the tests. */
#include "load.h"
#include "run.h"
#include "settings.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#ifndef PUNCHSIM_VERSION
#define PUNCHSIM_VERSION "0.2.0"
#endif

static void help_print(void)
{
	puts("punchsim simulates ZKTeco terminals in attendance mode.\n"
	     "\n"
	     "usage: punchsim run --server HOST:PORT [options]    terminals that live\n"
	     "       punchsim load --server HOST:PORT --mode MODE [options]    load, ends with\n"
	     "                     one JSON object of figures\n"
	     "       punchsim --help | --version\n"
	     "\nOptions of run:");
	settings_help(CMD_RUN);
	puts("\nOptions of load:");
	settings_help(CMD_LOAD);
	puts("\nModes of load: heartbeat = polls, ingest = uploads, live = uploads of one punch,\n"
	     "storm = every terminal has --punches to deliver, all start at once, idle = a poll\n"
	     "each --delay seconds. Terminals have one request outstanding at a time.\n");
	run_help();
	puts("\nExit: 0 done, 1 failed (storm: not all acknowledged), 2 wrong option or command.");
}

/* A socket for each terminal. Root may go beyond the hard limit, so it is tried. */
static void files_raise(const struct settings *s)
{
	struct rlimit r, more;
	rlim_t need = (rlim_t)(s->terminals + s->heartbeats) + 64;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	more = (struct rlimit){ r.rlim_max, r.rlim_max };
	if (need > r.rlim_max)
		more.rlim_cur = more.rlim_max = need;
	if (setrlimit(RLIMIT_NOFILE, &more) == 0)
		return;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	if (need > r.rlim_max && !s->close)
		die(1, "only %lu open files allowed, %lu needed; raise the hard limit (ulimit -Hn)",
			(unsigned long)r.rlim_max, (unsigned long)need);
}

int main(int argc, char **argv)
{
	struct settings s;

	if (argc < 2)
		die(2, "no command; see punchsim --help");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			help_print();
			return 0;
		}
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("punchsim " PUNCHSIM_VERSION);
		return 0;
	}
	bool run = strcmp(argv[1], "run") == 0;
	if (!run && strcmp(argv[1], "load") != 0)
		die(2, "unknown command '%s'; see punchsim --help", argv[1]);
	settings_parse(&s, run ? CMD_RUN : CMD_LOAD, argc, argv, 2);
	files_raise(&s);
	return run ? run_terminals(&s) : load_run(&s);
}
