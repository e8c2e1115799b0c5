/* Sessions of the control channel: lines in, waiting, replies out. */
#include "control_private.h"
#include "jsontext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_BYTES (64u << 20)

/* Blocking: who asks for a reply reads it, and order is all that matters here. */
void session_write(struct session *s, const char *text, size_t len)
{
	while (len && !s->gone) {
		ssize_t n = write(s->out_fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			s->gone = true;
			break;
		}
		text += n;
		len -= (size_t)n;
	}
}

void session_reply(struct session *s, json_t *reply)
{
	char *text = json_dumps(reply, JSON_COMPACT);

	json_decref(reply);
	json_decref(s->exchanges);
	s->exchanges = NULL;
	s->wait = WAIT_NO;
	evtimer_del(&s->timer);
	session_write(s, text, strlen(text));
	session_write(s, "\n", 1);
	free(text);
}

void session_refuse(struct session *s, const char *why)
{
	session_reply(s, json_pack("{s:b, s:s}", "ok", 0, "error", why));
}

/* status and body of the reply are those of the exchange that the command was about. */
static void session_finish(struct session *s)
{
	json_t *reply = json_pack("{s:b}", "ok", s->error == NULL), *main = NULL;

	for (size_t i = 0; i < json_array_size(s->exchanges); i++) {
		json_t *e = json_array_get(s->exchanges, i);
		const char *request = json_string_value(json_object_get(e, "request"));
		if (!main && (!s->wanted || (request && strstr(request, s->wanted))))
			main = e;
	}
	if (main) {
		json_object_set(reply, "status", json_object_get(main, "status"));
		json_object_set(reply, "body", json_object_get(main, "body"));
	}
	if (s->error)
		json_object_set_new(reply, "error", json_string(s->error));
	json_object_set(reply, "exchanges", s->exchanges);
	session_reply(s, reply);
}

static void session_free(struct session *s)
{
	TAILQ_REMOVE(&s->control->sessions, s, next);
	event_free(s->readable);
	event_del(&s->timer);
	json_decref(s->exchanges);
	buf_free(&s->in);
	if (s->in_fd != STDIN_FILENO)
		close(s->in_fd);
	free(s);
}

/* Runs the lines that have come, one at a time; a waiting command holds the next ones up. */
static void session_lines(struct session *s)
{
	size_t used = 0;
	char *lf;

	while (s->wait == WAIT_NO && !s->gone && s->in.len > used &&
		(lf = memchr(s->in.data + used, '\n', s->in.len - used))) {
		struct slice line = { s->in.data + used, (size_t)(lf - s->in.data) - used };
		used += line.n + 1;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n)
			session_command(s, line);
	}
	if (used) {
		memmove(s->in.data, s->in.data + used, s->in.len - used);
		s->in.len -= used;
	}
}

/* Whoever drove stdin has gone when it ends: so does the program, after the last reply. */
static void session_went_on(struct session *s)
{
	struct event_base *base = s->in_fd == STDIN_FILENO ? s->control->base : NULL;

	session_lines(s);
	if (!s->gone && !(s->ended && s->wait == WAIT_NO))
		return;
	session_free(s);
	if (base)
		event_base_loopexit(base, NULL);
}

static void session_timed_out(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;
	session_refuse(s, "timeout");
	session_went_on(s);
}

void session_wait(struct session *s, enum wait wait, double seconds)
{
	struct timeval tv = { (time_t)seconds,
		(suseconds_t)((seconds - (double)(time_t)seconds) * 1e6) };

	s->wait = wait;
	s->error = NULL;
	s->exchanges = json_array();
	if (seconds > 0)
		evtimer_add(&s->timer, &tv);
}

static void session_readable(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;
	ssize_t n = read(fd, buf_reserve(&s->in, 65536), 65536);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		s->in.len += (size_t)n;
	if (s->in.len > LINE_MAX_BYTES)
		n = 0;
	if (n <= 0) {
		s->ended = true;
		event_del(s->readable);
	}
	session_went_on(s);
}

static void session_new(struct control *c, int in_fd, int out_fd)
{
	struct session *s = xalloc(sizeof(*s));

	s->control = c;
	s->in_fd = in_fd;
	s->out_fd = out_fd;
	s->readable = event_new(c->base, in_fd, EV_READ | EV_PERSIST, session_readable, s);
	if (event_add(s->readable, NULL) != 0)
		die(1, "cannot wait for stdin; connect it to a pipe or a terminal");
	evtimer_assign(&s->timer, c->base, session_timed_out, s);
	TAILQ_INSERT_TAIL(&c->sessions, s, next);
}

static void control_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct control *c = arg;
	int peer = accept(fd, NULL, NULL);
	if (peer >= 0)
		session_new(c, peer, peer);
}

static void control_listen(struct control *c, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(un.sun_path))
		die(1, "the path of --control is too long; use a shorter one");
	memcpy(un.sun_path, path, strlen(path) + 1);
	unlink(path);
	c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->listen_fd < 0 || bind(c->listen_fd, (struct sockaddr *)&un, sizeof(un)) < 0 ||
		listen(c->listen_fd, 16) < 0)
		die(1, "cannot make the socket '%s': %s; check --control", path, strerror(errno));
	c->path = xstrndup(path, strlen(path));
	c->acceptable =
		event_new(c->base, c->listen_fd, EV_READ | EV_PERSIST, control_acceptable, c);
	event_add(c->acceptable, NULL);
}

struct control *control_new(struct event_base *base, struct terminal **terminals, size_t count,
	const char *socket_path, bool with_stdin)
{
	struct control *c = xalloc(sizeof(*c));

	*c = (struct control){
		.base = base, .terminals = terminals, .count = count, .listen_fd = -1
	};
	TAILQ_INIT(&c->sessions);
	if (socket_path)
		control_listen(c, socket_path);
	if (with_stdin)
		session_new(c, STDIN_FILENO, STDOUT_FILENO);
	return c;
}

void control_free(struct control *c)
{
	struct session *s;

	while ((s = TAILQ_FIRST(&c->sessions)))
		session_free(s);
	if (c->acceptable) {
		event_free(c->acceptable);
		close(c->listen_fd);
		unlink(c->path);
		free(c->path);
	}
	free(c);
}

static json_t *exchange_json(
	const char *request, struct slice sent, const struct reply *r, const char *error)
{
	json_t *e = json_object();

	json_object_set_new(e, "request", text_json(slice_text(request)));
	if (sent.n)
		json_object_set_new(e, "sent", text_json(sent));
	if (r) {
		json_object_set_new(e, "status", json_integer(r->status));
		json_object_set_new(e, "body", text_json(r->body));
	} else {
		json_object_set_new(e, "error", json_string(error));
	}
	return e;
}

void control_exchanged(struct control *c, struct terminal *t, const char *request,
	struct slice sent, const struct reply *r, const char *error)
{
	struct session *s;

	for (s = TAILQ_FIRST(&c->sessions); s; s = TAILQ_NEXT(s, next)) {
		if (s->wait != WAIT_SETTLED || s->terminal != t)
			continue;
		json_array_append_new(s->exchanges, exchange_json(request, sent, r, error));
		s->error = r ? NULL : error;
	}
}

static bool session_is_due(const struct session *s)
{
	if (s->wait == WAIT_COMMANDS)
		return terminal_executed(s->terminal) >= s->commands;
	return s->error || terminal_is_settled(s->terminal) || json_array_size(s->exchanges) > 500;
}

void control_settled(struct control *c, struct terminal *t)
{
	for (struct session *s = TAILQ_FIRST(&c->sessions), *after; s; s = after) {
		after = TAILQ_NEXT(s, next);
		if (s->starting || s->wait == WAIT_NO || s->terminal != t || !session_is_due(s))
			continue;
		session_finish(s);
		session_went_on(s);
	}
}
