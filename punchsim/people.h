#pragma once
#include "base.h"

#include <sys/queue.h>

/* What one terminal remembers of its users. Readers may walk the structs; only people.c writes. */

enum {
	U_NAME,
	U_PRI,
	U_PASSWD,
	U_CARD,
	U_GRP,
	U_TZ,
	U_VERIFY,
	U_VICECARD,
	U_START,
	U_END,
	U_EXPIRES,
	U_KEYS
};
extern const char *const user_key[U_KEYS];

enum kind { T_FP, T_FACE, T_FVEIN, T_BIODATA, T_BIOPHOTO, T_USERPIC, T_KINDS };
extern const char *const kind_word[T_KINDS]; /* FP, FACE, ... as in upload lines */

struct templ {
	TAILQ_ENTRY(templ) next;
	enum kind kind;
	long type, no, index; /* FID is no; what a kind does not have is 0 */
	char *fields; /* the Key=Value pairs as they came */
};

struct user {
	TAILQ_ENTRY(user) next; /* in order of arrival */
	struct user *chain;
	char *pin;
	char *value[U_KEYS]; /* NULL: never set */
	TAILQ_HEAD(templates, templ) templates;
};

TAILQ_HEAD(users, user);
struct people {
	struct users all;
	struct user **slot;
	size_t slots, users, templates[T_KINDS];
};

void people_init(struct people *p);
void people_clear(struct people *p); /* also frees; people_init not needed again */
struct user *people_find(const struct people *p, struct slice pin);
struct user *people_add(struct people *p, struct slice pin); /* the old one when it is there */
void people_delete(struct people *p, struct user *u);

/* Takes over the known keys of a command; absent = unchanged, empty = cleared. */
void user_update(struct user *u, struct slice args);

struct templ *template_find(const struct user *u, enum kind kind, long type, long no, long index);
void template_put(struct people *p, struct user *u, enum kind kind, long type, long no, long index,
	struct slice fields);
/* -1 = any; returns how many went. */
size_t templates_delete(struct people *p, struct user *u, enum kind kind, long type, long no);
