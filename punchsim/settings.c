/* One table of options; it alone drives reading, range check and --help. */
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, TEXT, WHOLE, SECONDS };

struct option {
	const char *name;
	int commands;
	enum kind kind;
	size_t at;
	const char *initial; /* NULL: none */
	long min, max;
	const char *help;
};

#define AT(member) offsetof(struct settings, member)
#define BOTH (CMD_RUN | CMD_LOAD)

static const struct option options[] = {
	{ "server", BOTH, TEXT, AT(server), NULL, 0, 0, "HOST:PORT of the server (needed)" },
	{ "terminals", BOTH, WHOLE, AT(terminals), "1", 1, 65000, "how many terminals" },
	{ "sn-prefix", BOTH, TEXT, AT(sn_prefix), "SIM", 0, 0,
		"serial numbers: this and 7 digits" },
	{ "people", BOTH, WHOLE, AT(people), NULL, 0, 100000000,
		"run: people each terminal enrols (0); load: PINs punched by all (10000)" },
	{ "pin-base", BOTH, WHOLE, AT(pin_base), "1000", 0, 2000000000, "first PIN" },
	{ "seed", BOTH, WHOLE, AT(seed), "0", 0, 100000,
		"run: choice of people; load: moves the PINs by seed x people" },
	{ "timeout", BOTH, SECONDS, AT(timeout), "30", 0, 3600, "longest wait for an answer" },
	{ "keepalive", BOTH, FLAG, AT(keepalive), NULL, 0, 0,
		"keep connections (default of load)" },
	{ "close", BOTH, FLAG, AT(close), NULL, 0, 0, "a connection per request (default of run)" },
	{ "error-delay", BOTH, SECONDS, AT(error_delay), NULL, 0, 3600,
		"wait after a failure; run: instead of the server's ErrorDelay; load: 0.5" },
	{ "delay", BOTH, SECONDS, AT(delay), NULL, 0, 3600,
		"between polls; run: instead of the server's Delay; load, idle: 10" },
	{ "batch", CMD_RUN, WHOLE, AT(batch), "128", 1, 10000, "punches in one upload" },

	{ "sn", CMD_RUN, TEXT, AT(sn), NULL, 0, 0,
		"serial numbers, comma list, one terminal each" },
	{ "profile", CMD_RUN, TEXT, AT(profile), "g4", 0, 0, "g1, g2, g3, g4, g5 or mixed" },
	{ "aspx", CMD_RUN, FLAG, AT(aspx), NULL, 0, 0, "endpoints end in .aspx (eSSL builds)" },
	{ "punch-every", CMD_RUN, SECONDS, AT(punch_every), "0", 0, 86400,
		"somebody punches at each terminal so often; 0 = never" },
	{ "enrol-every", CMD_RUN, SECONDS, AT(enrol_every), "1", 0, 86400,
		"pause between the enrolments of --people" },
	{ "duration", CMD_RUN, SECONDS, AT(duration), "0", 0, 1e7, "end after so long; 0 = never" },
	{ "boot-time", CMD_RUN, SECONDS, AT(boot_time), "1", 0, 600, "how long a REBOOT takes" },
	{ "no-reboot-ack", CMD_RUN, FLAG, AT(no_reboot_ack), NULL, 0, 0, "REBOOT is not answered" },
	{ "strict-size", CMD_RUN, FLAG, AT(strict_size), NULL, 0, 0,
		"Size of templates must be what the firmware counts, else -9" },
	{ "no-photos", CMD_RUN, FLAG, AT(no_photos), NULL, 0, 0,
		"says that it takes no comparison photos, and refuses them" },
	{ "refuse-url", CMD_RUN, FLAG, AT(refuse_url), NULL, 0, 0,
		"photos by address are refused with -1" },
	{ "refuse-inline", CMD_RUN, FLAG, AT(refuse_inline), NULL, 0, 0,
		"photos with their content are refused with -1" },
	{ "no-fetch", CMD_RUN, FLAG, AT(no_fetch), NULL, 0, 0,
		"photos by address cannot be fetched: -1008" },
	{ "open-shell", CMD_RUN, FLAG, AT(open_shell), NULL, 0, 0,
		"SHELL, GetFile, PutFile and UPGRADE work; else they are refused with -1" },
	{ "capacity", CMD_RUN, WHOLE, AT(capacity), "0", 0, 100000000,
		"templates and photos a terminal holds, then -1001; 0 = any number" },
	{ "face-version", CMD_RUN, WHOLE, AT(face_version), "0", 0, 99,
		"major version of visible-light faces; 0 = the profile's" },
	{ "control", CMD_RUN, TEXT, AT(control), NULL, 0, 0, "Unix socket for control commands" },
	{ "control-stdin", CMD_RUN, FLAG, AT(control_stdin), NULL, 0, 0,
		"control commands on stdin, replies on stdout" },
	{ "manual", CMD_RUN, FLAG, AT(manual), NULL, 0, 0,
		"a terminal sends only what a control command asks for" },
	{ "lose-uploads", CMD_RUN, WHOLE, AT(lose_uploads), "0", 0, 100,
		"fault: percent of punches forgotten in uploads, yet counted and given when asked" },
	{ "lose-answers", CMD_RUN, WHOLE, AT(lose_answers), "0", 0, 90,
		"fault: percent of answers to uploads and results that never arrive" },
	{ "phantoms", CMD_RUN, WHOLE, AT(phantoms), "0", 0, 1000000,
		"fault: punches it counts and does not have, on the day of its first one" },
	{ "duplicate-sn", CMD_RUN, WHOLE, AT(duplicate_sn), "0", 0, 65000,
		"fault: so many of the terminals exist twice, the other one at another address "
		"(loopback only)" },
	{ "clock-error", CMD_RUN, WHOLE, AT(clock_error), "0", -2000000000, 2000000000,
		"fault: seconds by which the clock is wrong, whatever the server says" },
	{ "encoding", CMD_RUN, TEXT, AT(encoding), NULL, 0, 0,
		"fault: of names, an old code page such as GBK or CP1256" },
	{ "language", CMD_RUN, WHOLE, AT(language), "0", 0, 999,
		"language of the handshake; 0 = the profile's" },
	{ "loop-on-bare-ok", CMD_RUN, FLAG, AT(loop_on_bare_ok), NULL, 0, 0,
		"fault: lines answered with OK and no count are sent again" },
	{ "verbose", CMD_RUN, FLAG, AT(verbose), NULL, 0, 0, "one line for each exchange" },

	{ "mode", CMD_LOAD, TEXT, AT(mode), NULL, 0, 0,
		"heartbeat, ingest, live, storm or idle (needed)" },
	{ "lines", CMD_LOAD, WHOLE, AT(lines), NULL, 1, 20000,
		"punches in one upload (100; live: 1)" },
	{ "punches", CMD_LOAD, WHOLE, AT(punches), "0", 0, 100000000,
		"of each terminal, then it stops (storm: 2000)" },
	{ "punch-every", CMD_LOAD, SECONDS, AT(punch_every), "0", 0, 86400,
		"live: pause of a terminal between uploads; 0 = none" },
	{ "seconds", CMD_LOAD, SECONDS, AT(seconds), NULL, 0, 1e7,
		"end after so long (10, unless --punches or --requests or storm)" },
	{ "requests", CMD_LOAD, WHOLE, AT(requests), "0", 0, 2000000000,
		"end after so many in all" },
	{ "warmup", CMD_LOAD, SECONDS, AT(warmup), "0", 0, 3600,
		"not counted, comes before --seconds" },
	{ "duplicate", CMD_LOAD, WHOLE, AT(duplicate), "0", 0, 100,
		"percent of lines sent before" },
	{ "heartbeats", CMD_LOAD, WHOLE, AT(heartbeats), "0", 0, 65000,
		"further terminals that poll meanwhile, reported apart" },
	{ "heartbeat-every", CMD_LOAD, SECONDS, AT(heartbeat_every), "1", 0, 3600,
		"of each of them" },
	{ "no-handshake", CMD_LOAD, FLAG, AT(no_handshake), NULL, 0, 0,
		"terminals do not shake hands before the clock starts" },
	{ "start-time", CMD_LOAD, TEXT, AT(start_time), "2025-01-01 00:00:00", 0, 0,
		"of the punches" },
	{ "step", CMD_LOAD, WHOLE, AT(step), "600", 1, 86400, "seconds between one PIN's punches" },
	{ "acked-file", CMD_LOAD, TEXT, AT(acked_file), NULL, 0, 0,
		"appends SN<TAB>line for each acknowledged line" },
};

static double seconds_parse(const char *name, const char *text, const struct option *o)
{
	char *end;
	errno = 0;
	double v = strtod(text, &end);
	if (errno || end == text || *end || !(v >= (double)o->min && v <= (double)o->max))
		die(2, "--%s wants seconds from %ld to %ld, not '%s'", name, o->min, o->max, text);
	return v;
}

static long whole_parse(const char *name, const char *text, const struct option *o)
{
	char *end;
	errno = 0;
	long v = strtol(text, &end, 10);
	if (errno || end == text || *end || v < o->min || v > o->max)
		die(2, "--%s wants a number from %ld to %ld, not '%s'", name, o->min, o->max, text);
	return v;
}

static void option_set(struct settings *s, const struct option *o, const char *text)
{
	void *at = (char *)s + o->at;

	if (!text) { /* only flags have none */
		*(bool *)at = true;
		return;
	}
	switch (o->kind) {
	case FLAG:
		*(bool *)at = true;
		break;
	case TEXT:
		*(const char **)at = text;
		break;
	case WHOLE:
		*(long *)at = whole_parse(o->name, text, o);
		break;
	case SECONDS:
		*(double *)at = seconds_parse(o->name, text, o);
		break;
	}
}

static const struct option *option_find(int command, const char *name, size_t len)
{
	for (size_t i = 0; i < LEN(options); i++)
		if ((options[i].commands & command) && strlen(options[i].name) == len &&
			memcmp(options[i].name, name, len) == 0)
			return &options[i];
	return NULL;
}

static void defaults_set(struct settings *s, int command)
{
	*s = (struct settings){ .delay = -1, .error_delay = -1, .seconds = -1, .people = -1 };
	for (size_t i = 0; i < LEN(options); i++)
		if ((options[i].commands & command) && options[i].initial)
			option_set(s, &options[i], options[i].initial);
}

void settings_parse(struct settings *s, int command, int argc, char **argv, int first)
{
	defaults_set(s, command);
	for (int i = first; i < argc; i++) {
		const char *name = argv[i], *value = NULL;
		if (strncmp(name, "--", 2) != 0)
			die(2, "'%s' is not an option; see punchsim --help", name);
		name += 2;
		size_t len = strcspn(name, "=");
		if (name[len] == '=')
			value = name + len + 1;
		const struct option *o = option_find(command, name, len);
		if (!o)
			die(2, "unknown option '%s'; see punchsim --help", argv[i]);
		if (o->kind == FLAG && value)
			die(2, "--%s takes no value", o->name);
		if (o->kind != FLAG && !value) {
			if (++i == argc)
				die(2, "--%s wants a value", o->name);
			value = argv[i];
		}
		option_set(s, o, value);
	}
	if (!s->server)
		die(2, "--server HOST:PORT is missing");
	if (s->keepalive && s->close)
		die(2, "--keepalive and --close exclude each other");
}

void settings_help(int command)
{
	static const char *const value[] = { "", " TEXT", " N", " S" };

	for (size_t i = 0; i < LEN(options); i++) {
		const struct option *o = &options[i];
		char left[40];
		if (!(o->commands & command))
			continue;
		snprintf(left, sizeof(left), "--%s%s", o->name, value[o->kind]);
		printf("  %-22s %s", left, o->help);
		if (o->initial && *o->initial)
			printf(" (%s)", o->initial);
		putchar('\n');
	}
}
