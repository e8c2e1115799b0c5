#pragma once
/* Inside of the control channel: control.c (sessions, replies), control_verbs.c (commands). */
#include "control.h"

#include <event2/event_struct.h>
#include <jansson.h>
#include <sys/queue.h>

enum wait { WAIT_NO, WAIT_SETTLED, WAIT_COMMANDS };

struct session {
	TAILQ_ENTRY(session) next;
	struct control *control;
	int in_fd, out_fd;
	struct event *readable;
	struct event timer;
	struct buf in;
	enum wait wait;
	bool starting, gone; /* gone: cannot be written to */
	bool ended; /* no more lines will come */
	struct terminal *terminal; /* the one that the command is about */
	const char *wanted; /* which exchange gives status and body of the reply */
	uint64_t commands; /* WAIT_COMMANDS: so many executed */
	json_t *exchanges;
	const char *error;
};

struct control {
	struct event_base *base;
	struct terminal **terminals;
	size_t count;
	char *path;
	int listen_fd;
	struct event *acceptable;
	TAILQ_HEAD(sessions, session) sessions;
};

/* control.c */
void session_reply(struct session *s, json_t *reply); /* takes it over; ends the wait */
void session_refuse(struct session *s, const char *why);
void session_write(struct session *s, const char *text, size_t len);
void session_wait(struct session *s, enum wait wait, double seconds); /* 0: for ever */

/* control_verbs.c */
void session_command(struct session *s, struct slice line);
