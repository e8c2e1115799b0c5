/* What happens at the terminal itself: somebody punches, enrols, pulls a plug. */
#include "terminal_private.h"
#include "wallclock.h"

#include <stdlib.h>
#include <string.h>

void terminal_do_handshake(struct terminal *t)
{
	t->shake_due = true;
	terminal_next(t);
}

void terminal_do_poll(struct terminal *t)
{
	t->poll_due = true;
	terminal_next(t);
}

void terminal_do_go_on(struct terminal *t)
{
	terminal_next(t);
}

void terminal_do_offline(struct terminal *t, bool offline)
{
	if (t->online == !offline)
		return;
	t->online = !offline;
	if (offline) {
		link_cut(t->link);
		event_del(&t->poll_timer);
		return;
	}
	event_del(&t->wait_timer);
	t->waiting = false;
	t->lost = true;
	terminal_next(t);
}

void terminal_do_cut(struct terminal *t)
{
	link_cut(t->link);
}

void terminal_do_lose(struct terminal *t, unsigned n)
{
	t->lose = n;
}

static void punch_keep(struct terminal *t, char *line, size_t time)
{
	if (t->punch_count == t->punch_room) {
		t->punch_room = t->punch_room ? t->punch_room * 2 : 16;
		t->punches = xrealloc(t->punches, t->punch_room * sizeof(*t->punches));
	}
	/* evenly: of each hundred as many as were asked for */
	size_t i = t->punch_count++, share = (size_t)t->set->lose_uploads;
	bool forgotten = i * share / 100 != (i + 1) * share / 100;
	t->punches[i] = (struct punch){ line, time, forgotten };
	t->info_due = true;
}

void terminal_do_punch(struct terminal *t, struct slice pin, struct slice time, long state,
	long verify, struct slice workcode)
{
	struct buf b = { 0 };
	char now[20];
	const char *tail = t->profile->attlog_tail;

	if (!time.n) {
		wallclock_format(terminal_wall(t), now);
		time = slice_text(now);
	}
	buf_slice(&b, pin);
	buf_text(&b, "\t");
	size_t at = b.len;
	buf_slice(&b, time);
	buf_printf(&b, "\t%ld\t%ld", state < 0 ? 0 : state,
		verify < 0 ? (long)t->profile->verify : verify);
	if (workcode.n && *tail) { /* takes the place of the first column of the tail */
		const char *rest = strchr(tail + 1, '\t');
		buf_text(&b, "\t");
		buf_slice(&b, workcode);
		tail = rest ? rest : "";
	}
	buf_text(&b, tail);
	punch_keep(t, b.data, at);
	terminal_next(t);
}

void terminal_do_upload(struct terminal *t, struct slice table, struct slice body)
{
	char *name = xstrndup(table.p, table.n);
	struct job *j = upload_queue(t, name);

	free(name);
	j->once = t->set->manual;
	buf_slice(&j->body, body);
	terminal_next(t);
}

void terminal_do_request(struct terminal *t, bool post, struct slice target, struct slice body)
{
	struct job *j = terminal_queue(t, J_RAW, post, xstrndup(target.p, target.n));
	j->once = true;
	buf_slice(&j->body, body);
	terminal_next(t);
}

/* Uploads lines of the operation log, as far as the server wants such. */
static void operlog_send(struct terminal *t, struct buf *lines, unsigned flag)
{
	if ((t->block.trans & TF_OPLOG) && (t->block.trans & flag) && lines->len) {
		struct job *j = upload_queue(t, "OPERLOG");
		j->body = *lines;
		*lines = (struct buf){ 0 };
	}
	buf_free(lines);
	t->info_due = true;
	terminal_next(t);
}

void terminal_do_enrol(struct terminal *t, struct slice pin, struct slice fields)
{
	bool known = people_find(&t->people, pin);
	struct user *u = people_add(&t->people, pin);
	struct buf lines = { 0 };

	user_update(u, fields);
	oplog_line(t, &lines, known ? 36 : 30, u->pin);
	user_line(t, u, &lines);
	operlog_send(t, &lines, known ? TF_CHGUSER : TF_ENROLLUSER);
}

bool terminal_do_enrol_fp(struct terminal *t, struct slice pin, long finger)
{
	struct user *u = people_find(&t->people, pin);
	struct buf lines = { 0 };

	if (!u)
		return false;
	oplog_line(t, &lines, 6, u->pin);
	if (t->profile->fp_unified) {
		struct job *j = upload_queue(t, "BIODATA");
		fp_make(t, u, finger, &j->body);
	} else {
		fp_make(t, u, finger, &lines);
	}
	operlog_send(t, &lines, TF_ENROLLFP | TF_CHGFP);
	return true;
}

bool terminal_do_enrol_face(struct terminal *t, struct slice pin)
{
	struct user *u = people_find(&t->people, pin);
	struct buf lines = { 0 };

	if (!u || t->profile->face_version < 0)
		return false;
	oplog_line(t, &lines, 101, u->pin);
	if (t->profile->face_version >= 30) {
		struct job *j = upload_queue(t, "BIODATA");
		face_make(t, u, &j->body);
	} else {
		face_make(t, u, &lines);
	}
	operlog_send(t, &lines, TF_FACE);
	return true;
}

bool terminal_do_enrol_bio(struct terminal *t, struct slice pin, struct slice kind)
{
	struct user *u = people_find(&t->people, pin);
	struct buf lines = { 0 };
	bool operlog = false, done = true;

	if (!u || t->profile->old)
		return false;
	if (slice_is(kind, "vein")) {
		done = bio_version(t, 7);
		operlog = t->profile->bit == G3;
		if (done)
			vein_make(t, u, &lines);
	} else if (slice_is(kind, "palm")) {
		done = palm_make(t, u, &lines);
	} else if (slice_is(kind, "picture")) {
		operlog = true;
		photo_make(t, u, T_USERPIC, &lines);
	} else if (slice_is(kind, "photo") && t->profile->face_version >= 30) {
		photo_make(t, u, T_BIOPHOTO, &lines);
	} else {
		done = false;
	}
	if (done) {
		struct job *j = upload_queue(t, operlog			  ? "OPERLOG"
						: slice_is(kind, "photo") ? "BIOPHOTO"
									  : "BIODATA");
		j->body = lines;
		terminal_next(t);
	}
	return done;
}

bool terminal_do_delete_user(struct terminal *t, struct slice pin)
{
	struct user *u = people_find(&t->people, pin);
	struct buf lines = { 0 };

	if (!u)
		return false;
	oplog_line(t, &lines, 9, u->pin);
	people_delete(&t->people, u);
	operlog_send(t, &lines, TF_OPLOG);
	return true;
}

bool terminal_punch_random(struct terminal *t, uint64_t random)
{
	struct user *u = TAILQ_FIRST(&t->people.all);

	if (!u)
		return false;
	for (uint64_t n = random % t->people.users; n; n--)
		u = TAILQ_NEXT(u, next);
	terminal_do_punch(t, slice_text(u->pin), slice_text(""), (long)(random >> 40 & 1), -1,
		slice_text(""));
	return true;
}
