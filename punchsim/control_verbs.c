/* The commands of the control channel: one table and a few lines each. */
#include "control_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct control_verb {
	const char *name, *args, *help;
	/* does it; the text of a refusal or NULL */
	const char *(*run)(struct session *s, struct slice args);
	const char *wanted; /* see struct session; NULL: replies at once */
};

static struct slice word_take(struct slice *rest)
{
	size_t i = 0, n;

	while (i < rest->n && rest->p[i] == ' ')
		i++;
	for (n = i; n < rest->n && rest->p[n] != ' ';)
		n++;
	struct slice word = { rest->p + i, n - i };
	n += n < rest->n;
	*rest = (struct slice){ rest->p + n, rest->n - n };
	return word;
}

/* \t \n \r \0 \\ and \xHH */
static void unescape(struct buf *out, struct slice s)
{
	static const char from[] = "tnr0\\", to[] = "\t\n\r\0\\";

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		const char *at = NULL;
		if (c == '\\' && i + 1 < s.n)
			at = memchr(from, s.p[i + 1], sizeof(from) - 1);
		if (at) {
			c = to[at - from];
			i++;
		} else if (c == '\\' && i + 3 < s.n && s.p[i + 1] == 'x') {
			char hex[3] = { s.p[i + 2], s.p[i + 3], '\0' };
			c = (char)strtol(hex, NULL, 16);
			i += 3;
		}
		buf_add(out, &c, 1);
	}
}

static const char *do_handshake(struct session *s, struct slice args)
{
	terminal_do_handshake(s->terminal);
	return NULL;
}

static const char *do_poll(struct session *s, struct slice args)
{
	terminal_do_poll(s->terminal);
	return NULL;
}

static const char *do_idle(struct session *s, struct slice args)
{
	terminal_do_go_on(s->terminal);
	return NULL;
}

/* A time has a space in it, so two words may be one. */
static struct slice time_take(struct slice *rest)
{
	struct slice day = word_take(rest), ahead = *rest;
	struct slice clock = word_take(&ahead);

	if (slice_is(day, "-") || slice_is(day, "now"))
		return (struct slice){ day.p, 0 };
	if (day.n && clock.n && memchr(clock.p, ':', clock.n)) {
		*rest = ahead;
		return (struct slice){ day.p, (size_t)(clock.p + clock.n - day.p) };
	}
	return day;
}

static const char *do_punch(struct session *s, struct slice args)
{
	struct slice pin = word_take(&args);
	struct slice time = time_take(&args);
	long state = slice_long(word_take(&args), -1);
	long verify = slice_long(word_take(&args), -1);

	if (!pin.n)
		return "usage: punch PIN [TIME|- [STATE [VERIFY [WORKCODE]]]]";
	terminal_do_punch(s->terminal, pin, time, state, verify, word_take(&args));
	return NULL;
}

static const char *do_upload(struct session *s, struct slice args)
{
	struct slice table = word_take(&args);
	struct buf body = { 0 };

	if (!table.n)
		return "usage: upload TABLE BODY";
	unescape(&body, args);
	terminal_do_upload(s->terminal, table, (struct slice){ body.data, body.len });
	buf_free(&body);
	return NULL;
}

static const char *request_run(struct session *s, struct slice args, bool post)
{
	struct slice target = word_take(&args);
	struct buf body = { 0 };

	if (!target.n || target.p[0] != '/')
		return "usage: get /TARGET or post /TARGET BODY";
	unescape(&body, args);
	terminal_do_request(s->terminal, post, target, (struct slice){ body.data, body.len });
	buf_free(&body);
	return NULL;
}

static const char *do_get(struct session *s, struct slice args)
{
	return request_run(s, args, false);
}

static const char *do_post(struct session *s, struct slice args)
{
	return request_run(s, args, true);
}

static const char *do_broken(struct session *s, struct slice args)
{
	static const char body[] = "1\t2026-07-01 08:00:00\t0\t1\t0\t0\t0\n"
				   "no tabs in this line\n"
				   "2\t2026-13-45 99:99:99\t0\t1\t0\t0\t0\n"
				   "\n"
				   "\t\t\t\n"
				   "3\t1971--10--29 -23:-27:-54\t255\t15\t\xff\xfe\t\x01\t\n"
				   "4\t2026-07-01 08:00:01\t0\t1\t0\t0\t0\r\n";
	terminal_do_upload(s->terminal, slice_text("ATTLOG"), slice_text(body));
	return NULL;
}

static const char *do_enrol(struct session *s, struct slice args)
{
	struct slice pin = word_take(&args);
	struct buf fields = { 0 };

	if (!pin.n)
		return "usage: enrol PIN NAME, or enrol PIN Name=...\\tCard=...";
	if (args.n && !memchr(args.p, '=', args.n))
		buf_text(&fields, "Name=");
	unescape(&fields, args);
	terminal_do_enrol(s->terminal, pin, (struct slice){ fields.data, fields.len });
	buf_free(&fields);
	return NULL;
}

static const char *do_enrol_fp(struct session *s, struct slice args)
{
	struct slice pin = word_take(&args);
	long finger = slice_long(word_take(&args), 0);
	return terminal_do_enrol_fp(s->terminal, pin, finger) ? NULL : "no such user";
}

static const char *do_enrol_face(struct session *s, struct slice args)
{
	return terminal_do_enrol_face(s->terminal, word_take(&args)) ? NULL
								     : "no such user, or no camera";
}

static const char *do_enrol_bio(struct session *s, struct slice args)
{
	struct slice pin = word_take(&args);
	return terminal_do_enrol_bio(s->terminal, pin, word_take(&args)) ? NULL
									 : "no such user or sensor";
}

static const char *do_delete_user(struct session *s, struct slice args)
{
	return terminal_do_delete_user(s->terminal, word_take(&args)) ? NULL : "no such user";
}

static const char *do_photo(struct session *s, struct slice args)
{
	struct slice pin = word_take(&args);
	terminal_do_photo(s->terminal, pin, time_take(&args));
	return NULL;
}

static const char *do_id_card(struct session *s, struct slice args)
{
	terminal_do_id_card(s->terminal, word_take(&args));
	return NULL;
}

static const char *do_error(struct session *s, struct slice args)
{
	struct slice code = word_take(&args);
	terminal_do_error(s->terminal, code, word_take(&args));
	return NULL;
}

static const char *do_work_code(struct session *s, struct slice args)
{
	struct slice code = word_take(&args);
	terminal_do_work_code(s->terminal, code, args);
	return NULL;
}

static const char *do_remote(struct session *s, struct slice args)
{
	terminal_do_remote(s->terminal, word_take(&args));
	return NULL;
}

static const char *do_verify(struct session *s, struct slice args)
{
	struct slice kind = word_take(&args);
	terminal_do_verify(s->terminal, kind, word_take(&args));
	return NULL;
}

static const char *do_fp_image(struct session *s, struct slice args)
{
	struct slice pin = word_take(&args);
	terminal_do_fp_image(s->terminal, pin, slice_long(word_take(&args), 0));
	return NULL;
}

static const char *do_verify_data(struct session *s, struct slice args)
{
	terminal_do_verify_data(s->terminal, args);
	return NULL;
}

static const char *do_packed(struct session *s, struct slice args)
{
	terminal_do_packed(s->terminal);
	return NULL;
}

static const char *do_online(struct session *s, struct slice args)
{
	terminal_do_offline(s->terminal, false);
	return NULL;
}

static const char *do_offline(struct session *s, struct slice args)
{
	terminal_do_offline(s->terminal, true);
	return NULL;
}

static const char *do_drop(struct session *s, struct slice args)
{
	terminal_do_cut(s->terminal);
	return NULL;
}

static const char *do_lose(struct session *s, struct slice args)
{
	terminal_do_lose(s->terminal, (unsigned)slice_long(word_take(&args), 1));
	return NULL;
}

static const char *do_state(struct session *s, struct slice args)
{
	char *text = terminal_state_json(s->terminal);
	session_write(s, text, strlen(text));
	session_write(s, "\n", 1);
	free(text);
	s->wait = WAIT_SETTLED; /* tells the caller that it has replied */
	return NULL;
}

static const char *do_wait_commands(struct session *s, struct slice args)
{
	long n = slice_long(word_take(&args), 1), limit = slice_long(word_take(&args), 30);

	s->commands = (uint64_t)(n < 0 ? 0 : n);
	session_wait(s, WAIT_COMMANDS, (double)limit);
	if (terminal_executed(s->terminal) >= s->commands)
		session_reply(s, json_pack("{s:b}", "ok", 1));
	return NULL;
}

static const char *do_quit(struct session *s, struct slice args)
{
	event_base_loopexit(s->control->base, NULL);
	return NULL;
}

static const struct control_verb verbs[] = {
	{ "handshake", "", "asks for the option block", do_handshake, "options=all" },
	{ "poll", "", "one poll; executes its commands and sends the results", do_poll,
		"/getrequest" },
	{ "punch", "PIN [TIME|- [STATE [VERIFY [WORKCODE]]]]",
		"kept, and uploaded when online after a handshake", do_punch, "/cdata" },
	{ "upload", "TABLE BODY", "any upload; \\t \\n \\r \\0 \\\\ \\xHH in BODY", do_upload,
		"/cdata" },
	{ "get", "/TARGET", "any request", do_get, "" },
	{ "post", "/TARGET BODY", "any request", do_post, "" },
	{ "enrol", "PIN NAME", "a user typed in; or: enrol PIN Name=..\\tCard=..", do_enrol,
		"/cdata" },
	{ "enrol-fp", "PIN FINGER", "a fingerprint taken", do_enrol_fp, "/cdata" },
	{ "enrol-face", "PIN", "a face taken", do_enrol_face, "/cdata" },
	{ "enrol-bio", "PIN KIND", "KIND: vein, palm, photo, picture", do_enrol_bio, "/cdata" },
	{ "photo", "PIN|- [TIME|-]", "the photo taken with a punch", do_photo, "data" },
	{ "idcard", "PIN", "an ID card read", do_id_card, "/cdata" },
	{ "error", "CODE [ID]", "an error, of the command with that id", do_error, "/cdata" },
	{ "workcode", "CODE NAME", "a work code typed in", do_work_code, "/cdata" },
	{ "remote", "PIN", "an unknown PIN typed in: asks the server who that is", do_remote,
		"/cdata" },
	{ "verify", "CARD|FP TMP", "has the server verify a card or a finger", do_verify,
		"/cdata" },
	{ "fp-image", "PIN FINGER", "the image of a finger", do_fp_image, "/cdata" },
	{ "verify-data", "TEXT", "PostVerifyData", do_verify_data, "/cdata" },
	{ "packed", "", "all users in a packed operation log", do_packed, "/cdata" },
	{ "delete-user", "PIN", "a user deleted at the terminal", do_delete_user, "/cdata" },
	{ "broken", "", "uploads punches with broken lines among them", do_broken, "/cdata" },
	{ "offline", "", "loses its network; punches are kept", do_offline, NULL },
	{ "online", "", "shakes hands and uploads what was kept", do_online, "/cdata" },
	{ "drop", "", "cuts the connection now", do_drop, NULL },
	{ "lose-reply", "N", "the next N replies to uploads never arrive", do_lose, NULL },
	{ "wait-idle", "", "sends what is left, until there is nothing more", do_idle, "" },
	{ "wait-commands", "N [SECONDS]", "until N commands were executed in all", do_wait_commands,
		NULL },
	{ "state", "", "all that the terminal remembers", do_state, NULL },
	{ "quit", "", "ends punchsim", do_quit, NULL },
};

void control_help(void)
{
	puts("Control commands, a line each; the reply to each is one JSON object. The first\n"
	     "terminal is meant unless the line begins with @SN and a space.");
	for (size_t i = 0; i < LEN(verbs); i++) {
		char left[64];
		snprintf(left, sizeof(left), "%s %s", verbs[i].name, verbs[i].args);
		printf("  %-22s %s\n", left, verbs[i].help);
	}
	puts("Commands that send wait for the answers and reply with ok, status and body of what\n"
	     "was asked for, and all exchanges until the terminal has nothing more to send.");
}

static bool terminal_choose(struct session *s, struct slice *line)
{
	s->terminal = s->control->terminals[0];
	if (line->p[0] != '@')
		return true;
	struct slice sn = word_take(line);
	sn = (struct slice){ sn.p + 1, sn.n - 1 };
	for (size_t i = 0; i < s->control->count; i++) {
		s->terminal = s->control->terminals[i];
		if (slice_is(sn, terminal_sn(s->terminal)))
			return true;
	}
	return false;
}

static void verb_run(struct session *s, const struct control_verb *v, struct slice args)
{
	const char *refusal;

	if (!v->wanted) {
		refusal = v->run(s, args);
		if (refusal)
			session_refuse(s, refusal);
		else if (v->run == do_state)
			s->wait = WAIT_NO;
		else if (v->run != do_wait_commands)
			session_reply(s, json_pack("{s:b}", "ok", 1));
		return;
	}
	s->wanted = v->wanted;
	session_wait(s, WAIT_SETTLED, 60);
	s->starting = true;
	refusal = v->run(s, args);
	s->starting = false;
	if (refusal)
		session_refuse(s, refusal);
	else if (!terminal_is_online(s->terminal))
		session_reply(s, json_pack("{s:b, s:b}", "ok", 1, "offline", 1));
	else if (terminal_is_settled(s->terminal))
		session_reply(s, json_pack("{s:b, s:[]}", "ok", 1, "exchanges"));
}

void session_command(struct session *s, struct slice line)
{
	if (!terminal_choose(s, &line)) {
		session_refuse(s, "no terminal with that SN");
		return;
	}
	struct slice name = word_take(&line);
	for (size_t i = 0; i < LEN(verbs); i++) {
		if (slice_is(name, verbs[i].name)) {
			verb_run(s, &verbs[i], line);
			return;
		}
	}
	session_refuse(s, "unknown control command; see punchsim --help");
}
