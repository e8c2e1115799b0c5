#pragma once
#include "base.h"

enum { CMD_RUN = 1, CMD_LOAD = 2 };

/* Every option of both commands. Strings point into argv. */
struct settings {
	const char *server, *sn_prefix, *sn, *profile, *control, *mode, *acked_file, *start_time;
	long terminals, people, pin_base, lines, punches, requests, heartbeats, seed, step;
	long duplicate, batch, face_version, capacity;
	/* faults */
	long lose_uploads, lose_answers, phantoms, duplicate_sn, clock_error, language;
	const char *encoding;
	bool loop_on_bare_ok;
	double delay, error_delay, punch_every, enrol_every, duration, boot_time;
	double seconds, warmup, timeout, heartbeat_every;
	bool control_stdin, manual, verbose, aspx, keepalive, close, no_handshake, no_reboot_ack;
	bool strict_size, no_photos, refuse_url, refuse_inline, no_fetch, open_shell;
};

/* Reads argv[first..]; a wrong option ends the program with exit 2. */
void settings_parse(struct settings *s, int command, int argc, char **argv, int first);

/* Prints the options of one command. */
void settings_help(int command);
