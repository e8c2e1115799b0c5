#pragma once
#include "terminal.h"

/*
 * Line commands that drive terminals, one JSON object as the reply to each, in order. A session is
 * stdin/stdout or one connection to the Unix socket.
 */
struct control;

/* terminals: an array that stays. socket_path NULL and with_stdin false: it only listens in. */
struct control *control_new(struct event_base *base, struct terminal **terminals, size_t count,
	const char *socket_path, bool with_stdin);
void control_free(struct control *c); /* removes the socket */

/* To be told by whoever watches the terminals. */
void control_exchanged(struct control *c, struct terminal *t, const char *request,
	struct slice sent, const struct reply *r, const char *error);
void control_settled(struct control *c, struct terminal *t);

void control_help(void);
