/* SHELL and files: old firmware obeys, newer refuses. Results have a body of their own. */
#include "terminal_private.h"

#include <stdlib.h>
#include <string.h>

/* A result in the form of one key a line; what follows Content= may be anything. */
static int result_say(struct terminal *t, const struct command *c, const char *file, long code,
	const char *verb, struct slice content)
{
	struct job *j = terminal_queue(t, J_RESULT, true, target_make(t, "devicecmd"));

	buf_printf(&j->body, "ID=%.*s\n", (int)c->id.n, c->id.p);
	if (file)
		buf_printf(&j->body, "SN=%s\nFILENAME=%s\n", t->sn, file);
	buf_printf(&j->body, "CMD=%s\nReturn=%ld\nContent=", verb, code);
	buf_slice(&j->body, content);
	return CODE_SAID;
}

int file_shell(struct terminal *t, const struct command *c, int kind)
{
	struct buf said = { 0 };

	if (!t->set->open_shell || !c->after.n)
		return -1;
	buf_printf(&said, "%s: ", t->sn);
	buf_slice(&said, c->after);
	buf_text(&said, "\n");
	result_say(t, c, NULL, 0, "Shell", (struct slice){ said.data, said.len });
	buf_free(&said);
	return CODE_SAID;
}

/* All files hold the same: its settings, and bytes that are no text. */
int file_get(struct terminal *t, const struct command *c, int kind)
{
	static const char bytes[] = "\0\x01\xff\n";
	struct buf content = { 0 };

	if (!t->set->open_shell || !c->after.n)
		return -1;
	options_write(t, &content, '\n');
	buf_add(&content, bytes, sizeof(bytes) - 1);
	char *path = xstrndup(c->after.p, c->after.n);
	result_say(t, c, path, (long)content.len, "GetFile",
		(struct slice){ content.data, content.len });
	free(path);
	buf_free(&content);
	return CODE_SAID;
}

int file_put(struct terminal *t, const struct command *c, int kind)
{
	const char *tab = memchr(c->after.p, '\t', c->after.n);

	if (!t->set->open_shell || !tab || tab == c->after.p)
		return -1;
	terminal_queue(t, J_FETCH, false,
		url_target((struct slice){ c->after.p, (size_t)(tab - c->after.p) }));
	return CODE_LATER;
}

int file_upgrade(struct terminal *t, const struct command *c, int kind)
{
	static const char key[] = "url=";
	const char *end = c->after.p + c->after.n, *url = c->after.p;

	while (url + sizeof(key) - 1 <= end && memcmp(url, key, sizeof(key) - 1) != 0)
		url++;
	url += sizeof(key) - 1;
	if (!t->set->open_shell || url >= end)
		return -1;
	struct buf target = { 0 };
	char *start = target_make(t, "file");
	buf_printf(&target, "%s&url=", start);
	buf_add(&target, url, strcspn(url, ","));
	free(start);
	terminal_queue(t, J_FETCH, false, target.data);
	return CODE_LATER;
}
