/* DATA commands: what they do to users, templates and punches, and the codes terminals give. */
#include "terminal_private.h"
#include "wallclock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DONE = 0,
	BAD = -1,
	BAD_PHOTO = -2,
	BAD_SIZE = -9,
	NO_PIN = -10,
	BAD_FORM = -11,
	BAD_VERSION = -30,
	FULL = -1001,
	NOT_FETCHED = -1008
};

static struct user *user_of(struct terminal *t, const struct command *c)
{
	struct slice pin;
	return pair_find(c->args, "PIN", &pin) ? people_find(&t->people, pin) : NULL;
}

int data_user_update(struct terminal *t, const struct command *c, int kind)
{
	struct slice pin;

	if (!pair_find(c->args, "PIN", &pin) || !pin.n)
		return BAD;
	user_update(people_add(&t->people, pin), c->args);
	return DONE;
}

int data_user_delete(struct terminal *t, const struct command *c, int kind)
{
	struct user *u = user_of(t, c);

	if (!u)
		return t->profile->nothing_found;
	people_delete(&t->people, u);
	return DONE;
}

int data_accept(struct terminal *t, const struct command *c, int kind)
{
	return DONE;
}

/* Base64 digits and their padding; 0 when something else is in it. */
static size_t base64_bytes(struct slice s)
{
	size_t n = s.n, pad = 0;

	while (n && pad < 2 && s.p[n - 1] == '=') {
		n--;
		pad++;
	}
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '+' && s.p[i] != '/')
			return 0;
	return n * 3 / 4;
}

/* Firmware differs in what Size counts; a tolerant terminal takes both. */
static int size_check(const struct terminal *t, const struct command *c, struct slice tmp)
{
	size_t bytes = base64_bytes(tmp);
	long size = pair_long(c->args, "Size", -1);

	if (!bytes)
		return BAD_FORM;
	if (size < 0)
		return t->set->strict_size ? BAD_SIZE : DONE;
	bool as_bytes = (size_t)size == bytes, as_text = (size_t)size == tmp.n;
	if (t->set->strict_size)
		return (t->profile->size_decoded ? as_bytes : as_text) ? DONE : BAD_SIZE;
	return as_bytes || as_text ? DONE : BAD_SIZE;
}

static int biodata_check(const struct terminal *t, const struct command *c)
{
	long type = pair_long(c->args, "Type", 0), major = pair_long(c->args, "MajorVer", -1);

	if (t->profile->bit == G3 && !t->block.biodata_announced)
		return BAD_VERSION;
	return major > 0 && major == bio_version(t, type) ? DONE : BAD_VERSION;
}

char *url_target(struct slice url)
{
	struct buf b = { 0 };
	const char *p = url.p, *end = url.p + url.n;

	if (url.n > 7 && memcmp(p, "http://", 7) == 0) {
		const char *slash = memchr(p + 7, '/', url.n - 7);
		p = slash ? slash : end;
	}
	if (p < end && *p == '/')
		p++;
	buf_text(&b, "/");
	if (end - p < 7 || memcmp(p, "iclock/", 7) != 0)
		buf_text(&b, "iclock/");
	buf_add(&b, p, (size_t)(end - p));
	return b.data;
}

static bool is_full(const struct terminal *t)
{
	size_t n = 0;

	for (int kind = 0; kind < T_KINDS; kind++)
		n += t->people.templates[kind];
	return t->set->capacity && n >= (size_t)t->set->capacity;
}

static int photo_update(struct terminal *t, const struct command *c, struct user *u, int kind)
{
	struct slice url, content;

	if (kind == T_BIOPHOTO && t->set->no_photos)
		return BAD_VERSION;
	if (is_full(t))
		return FULL;
	if (pair_long(c->args, "Format", 0) == 1) {
		if (!pair_find(c->args, "Url", &url) || !url.n || t->set->refuse_url)
			return BAD;
		if (t->set->no_fetch)
			return NOT_FETCHED;
		terminal_queue(t, J_FETCH, false, url_target(url));
		return CODE_LATER;
	}
	if (t->set->refuse_inline)
		return BAD;
	if (!pair_find(c->args, "Content", &content) || !base64_bytes(content))
		return BAD_FORM;
	if (size_check(t, c, content) != DONE)
		return BAD_PHOTO;
	template_put(&t->people, u, (enum kind)kind, pair_long(c->args, "Type", 0), 0, 0, c->args);
	return DONE;
}

int data_template_update(struct terminal *t, const struct command *c, int kind)
{
	struct user *u = user_of(t, c);
	struct slice tmp;
	int code = DONE;

	if (!u)
		return kind == T_FACE && (t->profile->bit & (G2 | G3)) ? -2 : NO_PIN;
	if (kind == T_BIOPHOTO || kind == T_USERPIC)
		return photo_update(t, c, u, kind);
	if (!pair_find(c->args, "TMP", &tmp) || !base64_bytes(tmp))
		return BAD_FORM;
	if (kind == T_BIODATA)
		code = biodata_check(t, c);
	else if ((kind == T_FP && t->profile->fp_unified) ||
		 (kind == T_FACE && t->profile->face_version >= 30))
		code = BAD_VERSION;
	else
		code = size_check(t, c, tmp);
	if (code != DONE)
		return code;
	long type = pair_long(c->args, "Type", 0), index = pair_long(c->args, "Index", 0);
	long no = pair_long(c->args, kind == T_BIODATA ? "No" : "FID", 0);
	if (is_full(t) && !template_find(u, (enum kind)kind, type, no, index))
		return FULL;
	template_put(&t->people, u, (enum kind)kind, type, no, index, c->args);
	return DONE;
}

int data_template_delete(struct terminal *t, const struct command *c, int kind)
{
	struct user *u = user_of(t, c);

	if (!u)
		return t->profile->nothing_found;
	bool typed = kind == T_BIODATA || kind == T_BIOPHOTO;
	size_t gone = templates_delete(&t->people, u, (enum kind)kind,
		typed ? pair_long(c->args, "Type", -1) : -1,
		pair_long(c->args, kind == T_BIODATA ? "No" : "FID", -1));
	if (gone)
		return DONE;
	return kind == T_USERPIC ? -2 : t->profile->nothing_found;
}

/* Answers with one body: all lines that match. */
static size_t templates_write(
	const struct command *c, const struct user *u, int kind, struct buf *out)
{
	struct templ *x;
	long type = pair_long(c->args, "Type", -1);
	long no = pair_long(
		c->args, kind == T_BIODATA ? "No" : "FID", pair_long(c->args, "FingerID", -1));
	size_t n = 0;

	for (x = TAILQ_FIRST(&u->templates); x; x = TAILQ_NEXT(x, next)) {
		if (x->kind != (enum kind)kind || (type >= 0 && x->type != type) ||
			(no >= 0 && x->no != no))
			continue;
		template_line(u, x, out);
		n++;
	}
	return n;
}

static int query_templates(struct terminal *t, const struct command *c, int kind)
{
	struct buf lines = { 0 };
	struct slice pin;
	struct user *u;

	if (pair_find(c->args, "PIN", &pin)) {
		u = people_find(&t->people, pin);
		if (u)
			templates_write(c, u, kind, &lines);
	} else {
		for (u = TAILQ_FIRST(&t->people.all); u; u = TAILQ_NEXT(u, next))
			templates_write(c, u, kind, &lines);
	}
	if (!lines.len) {
		buf_free(&lines);
		return t->profile->nothing_found;
	}
	struct job *j = upload_queue(t, kind == T_BIODATA ? "BIODATA" : "OPERLOG");
	j->body = lines;
	return DONE;
}

int data_query(struct terminal *t, const struct command *c, int kind)
{
	struct slice pin;

	if (kind >= 0)
		return query_templates(t, c, kind);
	if (!pair_find(c->args, "PIN", &pin)) {
		upload_everybody(t, true, true);
		return DONE;
	}
	struct user *u = people_find(&t->people, pin);
	if (!u)
		return t->profile->nothing_found;
	upload_person(t, u);
	return DONE;
}

static int64_t bound_read(struct slice args, const char *key, int64_t missing)
{
	struct slice text;
	int64_t wall;
	return pair_find(args, key, &text) && wallclock_parse(text, &wall) ? wall : missing;
}

size_t punches_between(const struct terminal *t, struct slice args, struct buf *out)
{
	int64_t from = bound_read(args, "StartTime", INT64_MIN);
	int64_t to = bound_read(args, "EndTime", INT64_MAX), wall;
	size_t n = 0;

	for (size_t i = 0; i < t->punch_count; i++) {
		const char *text = t->punches[i].line + t->punches[i].time;
		struct slice s = { text, strcspn(text, "\t") };
		if (!wallclock_parse(s, &wall) || wall < from || wall > to)
			continue;
		n++;
		if (i == 0 && !out)
			n += (size_t)t->set->phantoms;
		if (out)
			buf_printf(out, "%s\n", t->punches[i].line);
	}
	return n;
}

int data_query_punches(struct terminal *t, const struct command *c, int kind)
{
	struct buf lines = { 0 };

	if (!punches_between(t, c->args, &lines)) {
		buf_free(&lines);
		return t->profile->nothing_found;
	}
	char *target =
		t->profile->bit == G2 ? target_answer(t, "ATTLOG") : target_table(t, "ATTLOG");
	terminal_queue(t, J_UPLOAD, true, target)->body = lines;
	return DONE;
}

int data_query_photos(struct terminal *t, const struct command *c, int kind)
{
	int64_t from = bound_read(c->args, "StartTime", INT64_MIN);
	int64_t to = bound_read(c->args, "EndTime", INT64_MAX), wall;
	size_t n = 0;

	/* lines of time, TAB, PIN */
	for (const char *p = t->photos.data; p && p < t->photos.data + t->photos.len;) {
		const char *tab = strchr(p, '\t'), *lf = strchr(p, '\n');
		struct slice time = { p, (size_t)(tab - p) };
		struct slice pin = { tab + 1, (size_t)(lf - tab - 1) };
		if (wallclock_parse(time, &wall) && wall >= from && wall <= to) {
			photo_queue(t, pin, time);
			n++;
		}
		p = lf + 1;
	}
	return n ? DONE : t->profile->nothing_found;
}

/* Somebody puts a finger down at once. */
int enroll_fp(struct terminal *t, const struct command *c, int kind)
{
	struct user *u = user_of(t, c);
	long finger = pair_long(c->args, "FID", 0);

	if (!u)
		return NO_PIN;
	bool there =
		template_find(u, T_FP, 0, finger, 0) || template_find(u, T_BIODATA, 1, finger, 0);
	if (there && pair_long(c->args, "OVERWRITE", 1) != 1)
		return t->profile->old_stamps ? -2 : 2;
	struct job *j = upload_queue(t, t->profile->fp_unified ? "BIODATA" : "OPERLOG");
	fp_make(t, u, finger, &j->body);
	return DONE;
}

int enroll_bio(struct terminal *t, const struct command *c, int kind)
{
	struct user *u = user_of(t, c);
	long type = pair_long(c->args, "TYPE", 9);

	if (type == 1)
		return enroll_fp(t, c, kind);
	if (!u)
		return NO_PIN;
	if (type != 9)
		return BAD_VERSION;
	if (template_find(u, T_BIODATA, 9, 0, 0) && pair_long(c->args, "OVERWRITE", 1) != 1)
		return 2;
	struct job *j = upload_queue(t, "BIODATA");
	face_make(t, u, &j->body);
	return DONE;
}

/* Somebody holds a card before it. */
int enroll_card(struct terminal *t, const struct command *c, int kind)
{
	struct user *u = user_of(t, c);
	char card[32];

	if (!u)
		return NO_PIN;
	snprintf(card, sizeof(card), "Card=%lu", 1000000 + (unsigned long)t->executed_count);
	user_update(u, slice_text(card));
	struct job *j = upload_queue(t, "OPERLOG");
	user_line(t, u, &j->body);
	return DONE;
}
