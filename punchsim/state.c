/* The memory of a terminal as JSON, for tests to compare with the server's. */
#include "jsontext.h"
#include "terminal_private.h"
#include "wallclock.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void pair_set(json_t *obj, struct slice key, struct slice value)
{
	char *name = xstrndup(key.p, key.n);
	json_object_set_new(obj, name, text_json(value));
	free(name);
}

static json_t *lines_json(const struct buf *lines)
{
	json_t *obj = json_object();
	struct slice rest = { lines->data ? lines->data : "", lines->len }, key, value;

	while (block_next(&rest, &key, &value))
		pair_set(obj, key, value);
	return obj;
}

static json_t *user_json(const struct user *u)
{
	json_t *obj = json_object();

	for (int i = 0; i < U_KEYS; i++)
		if (u->value[i])
			json_object_set_new(obj, user_key[i], text_json(slice_text(u->value[i])));
	return obj;
}

static void templates_add(json_t *list, const struct user *u)
{
	struct templ *x;

	for (x = TAILQ_FIRST(&u->templates); x; x = TAILQ_NEXT(x, next)) {
		json_t *obj = json_object();
		struct slice rest = slice_text(x->fields), key, value;
		json_object_set_new(obj, "kind", json_string(kind_word[x->kind]));
		while (pair_next(&rest, &key, &value))
			pair_set(obj, key, value);
		json_object_set_new(obj, "PIN", text_json(slice_text(u->pin)));
		json_array_append_new(list, obj);
	}
}

static json_t *punches_json(const struct terminal *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->punch_count; i++)
		json_array_append_new(list,
			json_pack("{s:o, s:b}", "line", text_json(slice_text(t->punches[i].line)),
				"uploaded", i < t->punch_sent && !t->punches[i].forgotten));
	return list;
}

static json_t *commands_json(const struct terminal *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->executed_count; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:o, s:I}", "id", t->executed[i].id, "text",
				      text_json(slice_text(t->executed[i].text)), "return",
				      (json_int_t)t->executed[i].code));
	return list;
}

static json_t *counts_json(const struct counts *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "handshakes",
		(json_int_t)c->handshakes, "polls", (json_int_t)c->polls, "uploads",
		(json_int_t)c->uploads, "lines_acked", (json_int_t)c->lines_acked, "resends",
		(json_int_t)c->resends, "failures", (json_int_t)c->failures, "reboots",
		(json_int_t)c->reboots, "unlocks", (json_int_t)c->unlocks);
}

static void people_json(const struct terminal *t, json_t *obj)
{
	json_t *users = json_object(), *templates = json_array();
	struct user *u;

	for (u = TAILQ_FIRST(&t->people.all); u; u = TAILQ_NEXT(u, next)) {
		json_object_set_new(users, u->pin, user_json(u));
		templates_add(templates, u);
	}
	json_object_set_new(obj, "users", users);
	json_object_set_new(obj, "templates", templates);
}

char *terminal_state_json(const struct terminal *t)
{
	char clock[20];

	wallclock_format(terminal_wall(t), clock);
	json_t *obj = json_pack("{s:b, s:s, s:s, s:b, s:b, s:s, s:I}", "ok", 1, "sn", t->sn,
		"profile", t->profile->name, "online", t->online, "shaken", t->shaken, "clock",
		clock, "zone_seconds", (json_int_t)t->block.zone);
	json_object_set_new(obj, "options", lines_json(&t->option_block));
	json_object_set_new(obj, "settings", lines_json(&t->settings));
	json_object_set_new(obj, "punches", punches_json(t));
	json_object_set_new(obj, "commands", commands_json(t));
	json_object_set_new(obj, "counts", counts_json(&t->counts));
	people_json(t, obj);
	char *text = json_dumps(obj, JSON_COMPACT);
	json_decref(obj);
	return text;
}
