/* Uploads beside punches and people: a punch's photo, an ID card, an error, a work code. */
#include "terminal_private.h"
#include "wallclock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void extra_send(struct terminal *t, struct job *j, struct buf *body)
{
	j->once = t->set->manual;
	j->body = *body;
	*body = (struct buf){ 0 };
	terminal_next(t);
}

/* The digits of "2026-07-01 08:00:00", as file names have them. */
static void time_digits(struct buf *out, struct slice time)
{
	for (size_t i = 0; i < time.n; i++)
		if (time.p[i] >= '0' && time.p[i] <= '9')
			buf_add(out, &time.p[i], 1);
}

/* No picture, but begins and ends as one; another for every name. */
static void picture_write(struct buf *out, struct slice name)
{
	static const char start[] = "\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01";
	static const char end[] = "\0\xff\xd9";
	buf_add(out, start, sizeof(start) - 1);
	buf_slice(out, name);
	buf_add(out, end, sizeof(end) - 1);
}

struct job *photo_queue(struct terminal *t, struct slice pin, struct slice time)
{
	struct buf name = { 0 }, picture = { 0 }, target = { 0 };
	bool old = t->profile->old_stamps;
	struct job *j;

	time_digits(&name, time);
	if (pin.n) { /* else: an attempt of nobody known */
		buf_text(&name, "-");
		buf_slice(&name, pin);
	}
	struct slice stem = { name.data, name.len };
	picture_write(&picture, stem);
	if (old) {
		char *start = target_make(t, "fdata");
		buf_printf(&target, "%s&PIN=", start);
		buf_slice(&target, stem);
		buf_printf(&target, ".jpg&PhotoStamp=%u", wallclock_stamp(terminal_wall(t)));
		free(start);
	}
	j = old ? terminal_queue(t, J_UPLOAD, true, target.data) : upload_queue(t, "ATTPHOTO");
	buf_text(&j->body, "PIN=");
	buf_slice(&j->body, stem);
	buf_printf(&j->body, "%s\nSN=%s\nsize=%zu\nCMD=%s", old ? "" : ".jpg", t->sn, picture.len,
		old ? "realupload" : "uploadphoto");
	buf_add(&j->body, "\0", 1);
	buf_add(&j->body, picture.data, picture.len);
	buf_free(&name);
	buf_free(&picture);
	return j;
}

void terminal_do_photo(struct terminal *t, struct slice pin, struct slice time)
{
	char now[20];

	if (!time.n) {
		wallclock_format(terminal_wall(t), now);
		time = slice_text(now);
	}
	if (slice_is(pin, "-"))
		pin.n = 0;
	buf_slice(&t->photos, time);
	buf_text(&t->photos, "\t");
	buf_slice(&t->photos, pin);
	buf_text(&t->photos, "\n");
	photo_queue(t, pin, time)->once = t->set->manual;
	terminal_next(t);
}

void terminal_do_id_card(struct terminal *t, struct slice pin)
{
	struct buf body = { 0 };

	buf_text(&body, "IDCARD PIN=");
	buf_slice(&body, pin);
	buf_printf(&body,
		"\tSNNum=%08u\tIDNum=11010119800101%04u\tDNNum=1\tName=Simulated\tGender=1\t"
		"Nation=1\tBirthday=19800101\tValidInfo=2020010120400101\tAddress=Nowhere 1\t"
		"AdditionalInfo=\tIssuer=punchsim\tPhoto=\tFPTemplate1=\tFPTemplate2=\tReserve=\t"
		"Notice=\n",
		t->index, t->index % 10000);
	extra_send(t, upload_queue(t, "IDCARD"), &body);
}

void terminal_do_error(struct terminal *t, struct slice code, struct slice command)
{
	struct buf body = { 0 };

	buf_text(&body, "ERRORLOG ErrCode=");
	buf_slice(&body, code);
	buf_printf(&body, "\tErrMsg=\tDataOrigin=%s\tCmdId=", command.n ? "cmd" : "dev");
	buf_slice(&body, command);
	buf_text(&body, "\tAdditional=\n");
	extra_send(t, upload_queue(t, "ERRORLOG"), &body);
}

void terminal_do_work_code(struct terminal *t, struct slice code, struct slice name)
{
	struct buf body = { 0 };

	buf_text(&body, "WORKCODE PIN=1\tCODE=");
	buf_slice(&body, code);
	buf_text(&body, "\tNAME=");
	buf_slice(&body, name);
	buf_text(&body, "\n");
	extra_send(t, upload_queue(t, "WORKCODE"), &body);
}
