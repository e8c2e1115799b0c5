/* Executes commands one after the other and gathers their results. */
#include "encoding.h"
#include "terminal_private.h"
#include "wallclock.h"

#include <stdlib.h>
#include <string.h>

#define EXECUTED_KEPT 100000

typedef int command_run(struct terminal *t, const struct command *c, int kind);

struct verb {
	const char *word[3];
	unsigned generations;
	command_run *run;
	int kind;
	const char *answer; /* CMD= of the result; NULL: the first word */
};

static int run_nothing(struct terminal *t, const struct command *c, int kind)
{
	return 0;
}

static int run_check(struct terminal *t, const struct command *c, int kind)
{
	t->recheck = true;
	return 0;
}

static int run_reboot(struct terminal *t, const struct command *c, int kind)
{
	struct received *r;

	t->reboot = true;
	while ((r = TAILQ_FIRST(&t->received))) { /* what follows in the batch is lost */
		TAILQ_REMOVE(&t->received, r, next);
		free(r->line);
		free(r);
	}
	return 0;
}

static int run_log(struct terminal *t, const struct command *c, int kind)
{
	t->flush = true;
	return 0;
}

static int run_unlock(struct terminal *t, const struct command *c, int kind)
{
	t->counts.unlocks++;
	return 0;
}

static int run_clear_log(struct terminal *t, const struct command *c, int kind)
{
	punches_clear(t);
	return 0;
}

static int run_clear_photo(struct terminal *t, const struct command *c, int kind)
{
	buf_clear(&t->photos);
	return 0;
}

static int run_clear_data(struct terminal *t, const struct command *c, int kind)
{
	punches_clear(t);
	people_clear(&t->people);
	buf_clear(&t->photos);
	return 0;
}

static int run_clear_users(struct terminal *t, const struct command *c, int kind)
{
	people_clear(&t->people);
	return 0;
}

static int run_clear_biodata(struct terminal *t, const struct command *c, int kind)
{
	struct user *u;

	for (u = TAILQ_FIRST(&t->people.all); u; u = TAILQ_NEXT(u, next))
		for (int k = 0; k < T_KINDS; k++)
			if (k != T_USERPIC)
				templates_delete(&t->people, u, (enum kind)k, -1, -1);
	return 0;
}

/* One pair only: everything after the first '=' is the value, as on real terminals. */
static int run_set_option(struct terminal *t, const struct command *c, int kind)
{
	if (!c->args.n || !memchr(c->args.p, '=', c->args.n))
		return -1;
	buf_slice(&t->settings, c->args);
	buf_text(&t->settings, "\n");
	return 0;
}

static const struct verb verbs[] = {
	{ { "REBOOT" }, G_ALL, run_reboot },
	{ { "INFO" }, G_ALL, run_nothing },
	{ { "CHECK" }, G_ALL, run_check },
	{ { "LOG" }, G_ALL, run_log },
	{ { "CLEAR", "LOG" }, G_ALL, run_clear_log, 0, "CLEAR_LOG" },
	{ { "CLEAR", "PHOTO" }, G_ALL, run_clear_photo, 0, "CLEAR_PHOTO" },
	{ { "CLEAR", "DATA" }, G_ALL, run_clear_data, 0, "CLEAR_DATA" },
	{ { "CLEAR", "BIODATA" }, G_FROM_3, run_clear_biodata, 0, "CLEAR_BIODATA" },
	{ { "CLEAR", "ALL", "USERINFO" }, G4 | G5, run_clear_users, 0, "CLEAR_DATA" },
	{ { "SET", "OPTION" }, G_ALL, run_set_option, 0, "SET OPTION" },
	{ { "RELOAD", "OPTIONS" }, G_ALL, run_nothing, 0, "RELOAD OPTIONS" },
	{ { "AC_UNLOCK" }, G1 | G2, run_unlock, 0, "LOG" },
	{ { "AC_UNALARM" }, G1 | G2, run_nothing, 0, "LOG" },
	{ { "AC_UNLOCK" }, G_FROM_3, run_unlock },
	{ { "AC_UNALARM" }, G_FROM_3, run_nothing },
	{ { "SHELL" }, G_ALL, file_shell, 0, "Shell" },
	{ { "PutFile" }, G_ALL, file_put },
	{ { "GetFile" }, G_ALL, file_get },
	{ { "UPGRADE" }, G_ALL, file_upgrade },
	{ { "SMS" }, G1, data_accept },
	{ { "ENROLL_FP" }, G_ALL, enroll_fp },
	{ { "ENROLL_MF" }, G_FROM_2, enroll_card },
	{ { "ENROLL_BIO" }, G4 | G5, enroll_bio },
	{ { "VERIFY", "SUM", "ATTLOG" }, G3 | G4, run_nothing, 0, "VERIFY SUM" },
	{ { "DATA", "USER" }, G1 | G2, data_user_update },
	{ { "DATA", "DEL_USER" }, G1 | G2, data_user_delete },
	{ { "DATA", "FP" }, G1 | G2, data_template_update, T_FP },
	{ { "DATA", "DEL_FP" }, G1 | G2, data_template_delete, T_FP },
	{ { "DATA", "UPDATE", "USERINFO" }, G_FROM_2, data_user_update },
	{ { "DATA", "DELETE", "USERINFO" }, G_FROM_2, data_user_delete },
	{ { "DATA", "UPDATE", "FINGERTMP" }, G_FROM_2, data_template_update, T_FP },
	{ { "DATA", "DELETE", "FINGERTMP" }, G_FROM_2, data_template_delete, T_FP },
	{ { "DATA", "UPDATE", "FACE" }, G_FROM_2, data_template_update, T_FACE },
	{ { "DATA", "DELETE", "FACE" }, G_FROM_2, data_template_delete, T_FACE },
	{ { "DATA", "UPDATE", "FVEIN" }, G_FROM_2, data_template_update, T_FVEIN },
	{ { "DATA", "DELETE", "FVEIN" }, G_FROM_2, data_template_delete, T_FVEIN },
	{ { "DATA", "UPDATE", "BIODATA" }, G_FROM_3, data_template_update, T_BIODATA },
	{ { "DATA", "DELETE", "BIODATA" }, G_FROM_3, data_template_delete, T_BIODATA },
	{ { "DATA", "UPDATE", "BIOPHOTO" }, G4 | G5, data_template_update, T_BIOPHOTO },
	{ { "DATA", "DELETE", "BIOPHOTO" }, G4 | G5, data_template_delete, T_BIOPHOTO },
	{ { "DATA", "UPDATE", "USERPIC" }, G_FROM_2, data_template_update, T_USERPIC },
	{ { "DATA", "DELETE", "USERPIC" }, G_FROM_2, data_template_delete, T_USERPIC },
	{ { "DATA", "QUERY", "USERINFO" }, G_FROM_2, data_query, -1 },
	{ { "DATA", "QUERY", "FINGERTMP" }, G_FROM_2, data_query, T_FP },
	{ { "DATA", "QUERY", "BIODATA" }, G4 | G5, data_query, T_BIODATA },
	{ { "DATA", "QUERY", "ATTLOG" }, G_FROM_2, data_query_punches },
	{ { "DATA", "QUERY", "ATTPHOTO" }, G_FROM_2, data_query_photos },
	{ { "DATA", "UPDATE", "SMS" }, G2 | G3 | G4, data_accept },
	{ { "DATA", "DELETE", "SMS" }, G2 | G3 | G4, data_accept },
	{ { "DATA", "UPDATE", "USER_SMS" }, G2 | G3 | G4, data_accept },
	{ { "DATA", "UPDATE", "TIMEZONE" }, G2, data_accept },
	{ { "DATA", "DELETE", "TIMEZONE" }, G2, data_accept },
	{ { "DATA", "UPDATE", "GLOCK" }, G2, data_accept },
	{ { "DATA", "DELETE", "GLOCK" }, G2, data_accept },
	{ { "DATA", "UPDATE", "ADPIC" }, G_FROM_3, data_accept },
	{ { "DATA", "DELETE", "ADPIC" }, G_FROM_3, data_accept },
	{ { "DATA", "UPDATE", "WALLPAPER" }, G_FROM_3, data_accept },
	{ { "DATA", "DELETE", "WALLPAPER" }, G_FROM_3, data_accept },
	{ { "DATA", "UPDATE", "AccTimeZone" }, G_FROM_3, data_accept },
	{ { "DATA", "UPDATE", "AccGroup" }, G_FROM_3, data_accept },
	{ { "DATA", "UPDATE", "AccHoliday" }, G_FROM_3, data_accept },
	{ { "DATA", "UPDATE", "AccUnLockComb" }, G_FROM_3, data_accept },
	{ { "DATA", "UPDATE", "ShortcutKey" }, G_FROM_3, data_accept },
	{ { "DATA", "UPDATE", "WORKCODE" }, G_FROM_2, data_accept },
	{ { "DATA", "DELETE", "WORKCODE" }, G_FROM_2, data_accept },
};

static const struct verb *verb_find(const struct command *c, unsigned generation)
{
	for (size_t i = 0; i < LEN(verbs); i++) {
		const struct verb *v = &verbs[i];
		size_t n = 0;
		while (n < 3 && v->word[n] && n < c->words && slice_is(c->word[n], v->word[n]))
			n++;
		if ((v->generations & generation) && (n == 3 || !v->word[n]))
			return v;
	}
	return NULL;
}

static void executed_keep(struct terminal *t, const struct command *c, long code)
{
	if (t->executed_count == EXECUTED_KEPT)
		return;
	if (t->executed_count == t->executed_room) {
		t->executed_room = t->executed_room ? t->executed_room * 2 : 8;
		t->executed = xrealloc(t->executed, t->executed_room * sizeof(*t->executed));
	}
	t->executed[t->executed_count++] = (struct executed){ xstrndup(c->id.p, c->id.n),
		xstrndup(c->text.p, c->text.n), code };
}

static void result_extra(struct terminal *t, const struct command *c)
{
	if (slice_is(c->word[0], "VERIFY")) {
		size_t sum = punches_between(t, c->args, NULL);
		struct slice from = slice_text(""), to = slice_text("");
		pair_find(c->args, "StartTime", &from);
		pair_find(c->args, "EndTime", &to);
		buf_printf(&t->results, "&StartTime=%.*s&EndTime=%.*s&AttlogSum=%zu", (int)from.n,
			from.p, (int)to.n, to.p, sum);
	}
	buf_text(&t->results, "\n");
	if (slice_is(c->word[0], "INFO")) {
		options_write(t, &t->results, '\n');
		buf_text(&t->results, "\n");
	}
}

static void result_keep(
	struct terminal *t, const struct command *c, const struct verb *v, long code)
{
	executed_keep(t, c, code);
	if (t->reboot && t->set->no_reboot_ack)
		return;
	buf_printf(&t->results, "ID=%.*s&Return=%ld&CMD=", (int)c->id.n, c->id.p, code);
	if (v && v->answer)
		buf_text(&t->results, v->answer);
	else
		buf_slice(&t->results, c->words ? c->word[0] : c->text);
	if (v)
		result_extra(t, c);
	else
		buf_text(&t->results, "\n");
}

void execute_reply(struct terminal *t, struct slice body)
{
	struct buf plain = { 0 };
	struct command c;

	if (t->set->encoding) {
		encoding_convert(&plain, "UTF-8", t->set->encoding, body);
		body = (struct slice){ plain.data, plain.len };
	}
	const char *at = body.p, *end = body.p + body.n;
	while (command_next(&at, end, &c)) {
		struct received *r = xalloc(sizeof(*r));
		const char *line = c.id.p - 2;
		r->line = xstrndup(line, (size_t)(c.text.p + c.text.n - line));
		TAILQ_INSERT_TAIL(&t->received, r, next);
	}
	buf_free(&plain);
}

static long command_execute(struct terminal *t, const struct command *c, const struct verb *v)
{
	if (v)
		return v->run(t, c, v->kind);
	bool data = c->words > 0 && slice_is(c->word[0], "DATA");
	return data ? t->profile->unknown_table : t->profile->unknown_verb;
}

bool execute_next(struct terminal *t)
{
	struct received *r = TAILQ_FIRST(&t->received);
	struct command c;

	if (!r || t->fetching)
		return false;
	TAILQ_REMOVE(&t->received, r, next);
	command_parse(r->line, strlen(r->line), &c);
	const struct verb *v = verb_find(&c, t->profile->bit);
	long code = command_execute(t, &c, v);
	if (code == CODE_LATER) {
		t->fetching = r->line;
	} else if (code == CODE_SAID) {
		executed_keep(t, &c, 0);
		free(r->line);
	} else {
		result_keep(t, &c, v, code);
		free(r->line);
	}
	free(r);
	return true;
}

/* As if its content had been in the command. */
static void photo_keep(struct terminal *t, struct user *u, const struct command *c, enum kind kind,
	struct slice photo)
{
	struct buf fields = { 0 };

	buf_slice(&fields, c->args);
	buf_text(&fields, "\tContent=");
	base64_write(&fields, photo);
	template_put(&t->people, u, kind, pair_long(c->args, "Type", 0), 0, 0,
		(struct slice){ fields.data, fields.len });
	buf_free(&fields);
}

/* The photo of a command came, or did not. */
void execute_fetched(struct terminal *t, const struct reply *r)
{
	char *line = t->fetching;
	struct command c;
	struct slice pin;
	bool fine = r && r->status == 200 && r->body.n > 0;

	t->fetching = NULL;
	command_parse(line, strlen(line), &c);
	const struct verb *v = verb_find(&c, t->profile->bit);
	bool photo = slice_is(c.word[0], "DATA");
	struct user *u = pair_find(c.args, "PIN", &pin) ? people_find(&t->people, pin) : NULL;
	if (fine && photo && u && v)
		photo_keep(t, u, &c, (enum kind)v->kind, r->body);
	result_keep(t, &c, v, !fine ? -1008 : photo ? 0 : (long)r->body.n);
	free(line);
}

void execute_told(struct terminal *t, struct slice body)
{
	struct buf text = { 0 };
	struct command c;

	for (const char *p = body.p, *end = p + body.n; p < end;) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const char *stop = lf ? lf : end;
		buf_text(&text, "C:0:");
		buf_add(&text, p, (size_t)(stop - p));
		if (command_parse(text.data, text.len, &c) && slice_is(c.word[0], "DATA"))
			command_execute(t, &c, verb_find(&c, t->profile->bit));
		buf_clear(&text);
		p = lf ? lf + 1 : end;
	}
	buf_free(&text);
}
