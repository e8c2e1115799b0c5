/* Users and templates of one terminal, found by PIN. */
#include "people.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"

const char *const user_key[U_KEYS] = {
	[U_NAME] = "Name",
	[U_PRI] = "Pri",
	[U_PASSWD] = "Passwd",
	[U_CARD] = "Card",
	[U_GRP] = "Grp",
	[U_TZ] = "TZ",
	[U_VERIFY] = "Verify",
	[U_VICECARD] = "ViceCard",
	[U_START] = "StartDatetime",
	[U_END] = "EndDatetime",
	[U_EXPIRES] = "Expires",
};

const char *const kind_word[T_KINDS] = {
	[T_FP] = "FP",
	[T_FACE] = "FACE",
	[T_FVEIN] = "FVEIN",
	[T_BIODATA] = "BIODATA",
	[T_BIOPHOTO] = "BIOPHOTO",
	[T_USERPIC] = "USERPIC",
};

static size_t pin_hash(struct slice pin)
{
	size_t h = 1469598103934665603u;
	for (size_t i = 0; i < pin.n; i++)
		h = (h ^ (unsigned char)pin.p[i]) * 1099511628211u;
	return h ^ (h >> 29);
}

void people_init(struct people *p)
{
	*p = (struct people){ 0 };
	TAILQ_INIT(&p->all);
}

struct user *people_find(const struct people *p, struct slice pin)
{
	if (!p->slots)
		return NULL;
	for (struct user *u = p->slot[pin_hash(pin) & (p->slots - 1)]; u; u = u->chain)
		if (slice_is(pin, u->pin))
			return u;
	return NULL;
}

static void people_link(struct people *p, struct user *u)
{
	struct user **at = &p->slot[pin_hash(slice_text(u->pin)) & (p->slots - 1)];
	u->chain = *at;
	*at = u;
}

static void people_grow(struct people *p)
{
	struct user *u;

	free(p->slot);
	p->slots = p->slots ? p->slots * 2 : 16;
	p->slot = xalloc(p->slots * sizeof(*p->slot));
	for (u = TAILQ_FIRST(&p->all); u; u = TAILQ_NEXT(u, next))
		people_link(p, u);
}

struct user *people_add(struct people *p, struct slice pin)
{
	struct user *u = people_find(p, pin);

	if (u)
		return u;
	if (p->users >= p->slots)
		people_grow(p);
	u = xalloc(sizeof(*u));
	u->pin = xstrndup(pin.p, pin.n);
	TAILQ_INIT(&u->templates);
	TAILQ_INSERT_TAIL(&p->all, u, next);
	people_link(p, u);
	p->users++;
	return u;
}

static void template_free(struct people *p, struct user *u, struct templ *t)
{
	TAILQ_REMOVE(&u->templates, t, next);
	p->templates[t->kind]--;
	free(t->fields);
	free(t);
}

void people_delete(struct people *p, struct user *u)
{
	struct user **at = &p->slot[pin_hash(slice_text(u->pin)) & (p->slots - 1)];
	struct templ *t;

	while (*at != u)
		at = &(*at)->chain;
	*at = u->chain;
	while ((t = TAILQ_FIRST(&u->templates)))
		template_free(p, u, t);
	TAILQ_REMOVE(&p->all, u, next);
	p->users--;
	for (int i = 0; i < U_KEYS; i++)
		free(u->value[i]);
	free(u->pin);
	free(u);
}

void people_clear(struct people *p)
{
	struct user *u;

	while ((u = TAILQ_FIRST(&p->all)))
		people_delete(p, u);
	free(p->slot);
	people_init(p);
}

void user_update(struct user *u, struct slice args)
{
	struct slice key, value;

	while (pair_next(&args, &key, &value)) {
		for (int i = 0; i < U_KEYS; i++) {
			if (!slice_is_nocase(key, user_key[i]))
				continue;
			free(u->value[i]);
			u->value[i] = xstrndup(value.p, value.n);
		}
	}
}

struct templ *template_find(const struct user *u, enum kind kind, long type, long no, long index)
{
	struct templ *t;

	for (t = TAILQ_FIRST(&u->templates); t; t = TAILQ_NEXT(t, next))
		if (t->kind == kind && t->type == type && t->no == no && t->index == index)
			return t;
	return NULL;
}

void template_put(struct people *p, struct user *u, enum kind kind, long type, long no, long index,
	struct slice fields)
{
	struct templ *t = template_find(u, kind, type, no, index);

	if (!t) {
		t = xalloc(sizeof(*t));
		*t = (struct templ){ .kind = kind, .type = type, .no = no, .index = index };
		TAILQ_INSERT_TAIL(&u->templates, t, next);
		p->templates[kind]++;
	}
	char *copy = xstrndup(fields.p, fields.n);
	free(t->fields);
	t->fields = copy;
}

size_t templates_delete(struct people *p, struct user *u, enum kind kind, long type, long no)
{
	size_t gone = 0;

	for (struct templ *t = TAILQ_FIRST(&u->templates), *after; t; t = after) {
		after = TAILQ_NEXT(t, next);
		if (t->kind != kind || (type >= 0 && t->type != type) || (no >= 0 && t->no != no))
			continue;
		template_free(p, u, t);
		gone++;
	}
	return gone;
}
