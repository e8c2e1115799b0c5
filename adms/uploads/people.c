#include <jansson.h>
#include <openssl/crypto.h>
#include <string.h>

#include "card.h"
#include "dialect_command.h"
#include "fatal.h"
#include "map.h"
#include "means.h"
#include "people_private.h"
#include "person_name.h"

#define SAID_CHARS 200 /* of a name that is remembered as the terminal has it */
#define PASSWORD_BYTES 20

struct people *people_new(struct adms *adms, const struct terminal *t, struct arena *a)
{
	struct people *p = arena_alloc(a, sizeof(*p));
	p->adms = adms;
	p->terminal = t;
	p->arena = a;
	p->by_pin = map_new();
	arena_defer(a, (void (*)(void *))map_free, p->by_pin);
	return p;
}

int people_count(const struct people *p)
{
	return p->n;
}

static struct user *people_slot(struct people *p, const char *pin)
{
	size_t at = map_get(p->by_pin, pin, strlen(pin));
	if (at)
		return &p->users[at - 1];
	if (p->n == p->room) {
		int room = p->room ? p->room * 2 : 16;
		struct user *users = arena_array(p->arena, (size_t)room, sizeof(*users));
		if (p->n > 0)
			memcpy(users, p->users, (size_t)p->n * sizeof(*users));
		p->users = users;
		p->room = room;
	}
	map_put(p->by_pin, pin, strlen(pin), (uintptr_t)p->n + 1);
	return &p->users[p->n++];
}

/* A column that is there and no text in any encoding known of this terminal. */
static bool word_is_foreign(struct people *p, const struct record *r, const char *key)
{
	struct span value = record_get(r, key);
	return value.len && !text_decode(p->arena, value, &p->terminal->encoding);
}

static const char *record_word(struct people *p, const struct record *r, const char *key)
{
	struct span value = record_get(r, key);
	const char *text = value.len ? text_decode(p->arena, value, &p->terminal->encoding) : NULL;
	return text ? text : "";
}

/* The person is taken all the same. */
static const char *card_problem(struct user *u, struct people *p, const struct record *r)
{
	char card[CARD_SIZE], other[CARD_SIZE];
	bool good = card_read(record_get(r, "Card"), card);
	u->card = good ? arena_strdup(p->arena, card) : "";
	if (!good)
		return "the person was taken, the card number cannot be read";
	return card_read(record_get(r, "ViceCard"), other)
		       ? NULL
		       : "the person was taken, the second card number cannot be read";
}

static void user_name(struct people *p, struct user *u, const struct record *r)
{
	char *text = arena_strdup(p->arena, record_word(p, r, "Name"));
	text[text_cut_chars(text, SAID_CHARS)] = '\0';
	if (person_name_is_long(&p->terminal->dialect, text, record_get(r, "Name")))
		u->said = arena_strdup(p->arena, text);
	p->nsaid += u->said != NULL;
	text[text_cut_chars(text, PERSON_NAME_WHOLE)] = '\0';
	u->name = text;
}

const char *people_add(struct people *p, const struct record *r, const char **aside)
{
	int64_t privilege;
	struct span sent = record_get(r, "PIN");
	const char *reason;
	const char *pin =
		text_pin(p->arena, sent.text ? sent : span_of(""), &p->terminal->encoding, &reason);
	if (!pin)
		return reason;
	if (word_is_foreign(p, r, "Name"))
		return "name cannot be decoded";
	struct user *u = people_slot(p, pin);
	*u = (struct user){ .pin = pin, .password = record_word(p, r, "Passwd") };
	user_name(p, u, r);
	if (strlen(u->password) > PASSWORD_BYTES)
		u->password = "";
	*aside = card_problem(u, p, r);
	u->privilege = record_get_number(r, "Pri", 0, 255, &privilege) ? (int32_t)privilege : 0;
	return NULL;
}

void people_take(struct people *p, const char *pin, const char *member, const char *value)
{
	struct user *u = people_slot(p, pin);
	if (!u->pin)
		*u = (struct user){ .pin = pin, .name = "", .password = "", .card = "" };
	p->taken = true;
	if (strcmp(member, "first_name") == 0)
		u->name = value;
	else if (strcmp(member, "device_password") == 0)
		u->password = value;
	else
		u->card = value;
}

/* ---- judging ---- */

static unsigned char *person_seal(struct people *p, const struct user *u, json_t *person, size_t *n)
{
	char *plain = json_dumps(person, JSON_COMPACT | JSON_SORT_KEYS);
	if (!plain)
		fatal("a person cannot be written as JSON");
	unsigned char *sealed = seal_close(
		p->adms->o.seal, p->arena, "employee.sealed", u->row_key, plain, strlen(plain), n);
	OPENSSL_cleanse(plain, strlen(plain));
	free(plain);
	return sealed;
}

static bool person_lacks(const json_t *person, const char *key)
{
	const char *has = json_string_value(json_object_get(person, key));
	return !has || !*has;
}

/* Sets a member that the person does not have yet; true when that changed anything. */
static bool person_fill(json_t *person, const char *key, const char *value)
{
	if (!*value || !person_lacks(person, key))
		return false;
	json_object_set_new(person, key, json_string(value));
	return true;
}

/* What the line fills in of the sealed record; true when that is something. changed: the record must
 * be sealed anyway. */
static bool user_seal(struct people *p, struct user *u, json_t *person, bool changed)
{
	bool password = person_fill(person, "device_password", u->password);
	if (!*u->card || !person_lacks(person, "card_no")) {
		if (changed || password)
			u->sealed = person_seal(p, u, person, &u->sealed_n);
		return password;
	}
	if (changed || password)
		u->bare = person_seal(p, u, person, &u->bare_n);
	person_fill(person, "card_no", u->card);
	u->sealed = person_seal(p, u, person, &u->sealed_n);
	u->card_hash = arena_alloc(p->arena, SEAL_KEY_SIZE);
	card_hash(p->adms->o.lookup_key, u->card, u->card_hash);
	return true;
}

static void user_create(struct people *p, struct user *u)
{
	json_t *person = json_object();
	seal_random(u->row_key, sizeof(u->row_key));
	user_seal(p, u, person, true);
	json_decref(person);
	p->create[p->ncreate++] = u;
}

static void user_claim_member(
	struct people *p, const struct user *u, const char *member, const char *value)
{
	struct claim *c = &p->claims[p->nclaims++];
	struct str said = str_new(p->arena);
	*c = (struct claim){ .pin = u->pin, .member = member };
	seal_random(c->row_key, sizeof(c->row_key));
	c->sealed = seal_close(p->adms->o.seal, p->arena, "person_claim.sealed", c->row_key, value,
		strlen(value), &c->sealed_n);
	str_addf(&said, "claim %s %s ", u->pin, member);
	str_add(&said, value);
	seal_hmac(p->adms->o.lookup_key, said.text, said.len, c->hash);
}

/* Of somebody who is in no area of the terminal: what the line would fill in waits. */
static void user_claim(struct people *p, const struct user *u, const json_t *person, bool named)
{
	if (*u->name && !named)
		user_claim_member(p, u, "first_name", u->name);
	if (*u->password && person_lacks(person, "device_password"))
		user_claim_member(p, u, "device_password", u->password);
	if (*u->card && person_lacks(person, "card_no"))
		user_claim_member(p, u, "card_no", u->card);
}

static void user_merge(struct people *p, struct user *u, json_t *person, bool named)
{
	bool name = *u->name && !named;
	if (user_seal(p, u, person, name) || name)
		p->fill[p->nfill++] = u;
}

static void user_fill(struct people *p, struct user *u, const struct rows *rows, int i)
{
	size_t n;
	bool named = rows_bool(rows, i, COL_NAMED);
	u->employee = rows_int(rows, i, COL_EMPLOYEE);
	u->was = rows_text(rows, i, COL_SEALED);
	u->was_n = rows_len(rows, i, COL_SEALED);
	u->closed = true;
	if (rows_len(rows, i, COL_ROW_KEY) != sizeof(u->row_key))
		return;
	memcpy(u->row_key, rows_text(rows, i, COL_ROW_KEY), sizeof(u->row_key));
	char *plain = seal_open(
		p->adms->o.seal, p->arena, "employee.sealed", u->row_key, u->was, u->was_n, &n);
	json_t *person = plain ? json_loadb(plain, n, 0, NULL) : NULL;
	if (!person)
		return;
	u->closed = false;
	if (p->taken || rows_bool(rows, i, COL_SHARES))
		user_merge(p, u, person, named);
	else
		user_claim(p, u, person, named);
	json_decref(person);
}

static void user_judge(struct people *p, struct user *u, const struct rows *rows, int i)
{
	if (p->taken) {
		if (!rows_null(rows, i, COL_EMPLOYEE))
			user_fill(p, u, rows, i);
		return;
	}
	if (rows_bool(rows, i, COL_REMOVING) || rows_bool(rows, i, COL_RESIGNED)) {
		p->remove[p->nremove++] = u;
	} else if (rows_null(rows, i, COL_EMPLOYEE)) {
		user_create(p, u);
	} else {
		p->report[p->nreport++] = u;
		user_fill(p, u, rows, i);
	}
}

void people_judge(struct people *p, const struct rows *rows)
{
	size_t n = (size_t)p->n;
	p->create = arena_array(p->arena, n, sizeof(*p->create));
	p->fill = arena_array(p->arena, n, sizeof(*p->fill));
	p->remove = arena_array(p->arena, n, sizeof(*p->remove));
	p->report = arena_array(p->arena, n, sizeof(*p->report));
	p->claims = arena_array(p->arena, n * PEOPLE_MEMBERS, sizeof(*p->claims));
	for (int i = 0; i < p->n && i < rows_count(rows); i++)
		user_judge(p, &p->users[i], rows, i);
}

bool people_creates(const struct people *p)
{
	return p->ncreate > 0;
}

bool people_closed(const struct people *p, const char *pin)
{
	size_t at = map_get(p->by_pin, pin, strlen(pin));
	return at && p->users[at - 1].closed;
}
