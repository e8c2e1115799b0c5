/* What leaves with a heartbeat, and what terminals ask about people. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdbool.h>

#include "req.h"

struct terminal;

req_step command_poll; /* getrequest */
req_step command_result; /* devicecmd */
req_step photo_fetch; /* photo/<token>.jpg */
req_step remote_attendance; /* GET cdata with a PIN */
req_step remote_verify; /* POST cdata with AuthType */

/* Whether a POST of cdata is a question (adms-push 5) and no upload. */
bool remote_asks(struct req *);

/* A person's name as the terminal takes it: its encoding, cut between characters at its limit. last
 * NULL: first is the whole name, which this terminal has. */
const char *command_name(
	struct arena *a, const struct terminal *t, const char *first, const char *last);

/* command_text.c: the user line of a person, in the terminal's words and encoding; rows as of
 * command_take(). */
bool command_write_person(
	struct req *, struct str *out, const struct terminal *, const struct rows *, int i);

/* command_text.c: what command_take_all() gave, as the reply, on the request's arena; NULL: nothing that can
 * be sent. What must not be sent is told. */
const char *commands_text(struct req *, const struct rows *);

#endif
