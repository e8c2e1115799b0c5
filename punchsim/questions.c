/* What a terminal asks its server about people, and uploads that are not lines. */
#include "terminal_private.h"

#include <stdio.h>
#include <stdlib.h>

static void request_send(struct terminal *t, enum job_kind kind, bool post, struct buf *target,
	const char *body, size_t n)
{
	struct job *j = terminal_queue(t, kind, post, target->data);

	j->once = true;
	buf_add(&j->body, body, n);
	terminal_next(t);
}

static struct buf target_start(const struct terminal *t)
{
	struct buf b = { 0 };
	char *start = target_make(t, "cdata");

	buf_text(&b, start);
	free(start);
	return b;
}

void terminal_do_remote(struct terminal *t, struct slice pin)
{
	struct buf target = target_start(t);

	buf_printf(&target, "%s&PIN=", t->profile->old_stamps ? "" : "&table=RemoteAtt");
	buf_slice(&target, pin);
	request_send(t, J_ASK, false, &target, "", 0);
}

void terminal_do_verify(struct terminal *t, struct slice kind, struct slice tmp)
{
	struct buf target = target_start(t), body = { 0 };

	buf_text(&target, "&AuthType=");
	buf_slice(&target, kind);
	buf_printf(&body, "PIN=0\tSize=%zu\tTMP=", tmp.n);
	buf_slice(&body, tmp);
	request_send(t, J_RAW, true, &target, body.data, body.len);
	buf_free(&body);
}

void terminal_do_fp_image(struct terminal *t, struct slice pin, long finger)
{
	static const char image[] = "BM\x36\0\0\0\0\0\0\0";
	struct buf target = target_start(t), body = { 0 };

	buf_text(&target, "&FPImage=/tmp/enroll_fp_1.bmp&PIN=");
	buf_slice(&target, pin);
	buf_printf(&target, "&FID=%ld", finger);
	buf_add(&body, image, sizeof(image) - 1);
	buf_slice(&body, pin); /* another one for every finger */
	buf_printf(&body, " %ld", finger);
	request_send(t, J_RAW, true, &target, body.data, body.len);
	buf_free(&body);
}

void terminal_do_verify_data(struct terminal *t, struct slice text)
{
	struct buf target = target_start(t);

	buf_text(&target, "&type=PostVerifyData");
	request_send(t, J_RAW, true, &target, text.p, text.n);
}

void terminal_do_packed(struct terminal *t)
{
	struct buf target = target_start(t), lines = { 0 }, body = { 0 };
	struct user *u;

	for (u = TAILQ_FIRST(&t->people.all); u; u = TAILQ_NEXT(u, next)) {
		oplog_line(t, &lines, 36, u->pin);
		user_line(t, u, &lines);
	}
	package_write(&body, "operlog.txt", (struct slice){ lines.data, lines.len });
	buf_text(&target, "&table=OPERLOG&ContentType=tgz&OpStamp=9999");
	request_send(t, J_RAW, true, &target, body.data, body.len);
	buf_free(&lines);
	buf_free(&body);
}
