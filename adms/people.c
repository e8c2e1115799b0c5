#include "people.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <string.h>

#include "adms_private.h"
#include "card.h"
#include "dialect_command.h"
#include "fatal.h"
#include "map.h"

#define NAME_CHARS 25 /* zkbio-time-api 4.1: first_name, and last_name likewise */
#define SAID_CHARS 200 /* of a name that is remembered as the terminal has it */
#define PASSWORD_BYTES 20

enum { COL_EMPLOYEE, COL_NAMED, COL_ROW_KEY, COL_SEALED, COL_RESIGNED, COL_REMOVING, COL_SHARES };

enum { MEMBERS = 3 }; /* that a line fills: a name, a password, a card */

/* A USER line, and what becomes of it. */
struct user {
	const char *pin, *name; /* "" when the line has none */
	const char *said; /* the name, where it is longer than we would send it there; or NULL */
	const char *password, *card;
	int32_t privilege;
	int64_t employee;
	const void *was;
	size_t was_n;
	unsigned char row_key[SEAL_ROW_KEY_SIZE];
	unsigned char *sealed, *bare; /* bare: without the card that is new; NULL: as it was */
	size_t sealed_n, bare_n;
	unsigned char *card_hash; /* NULL: no card is new */
	bool closed; /* what the person has cannot be opened */
};

/* A member that waits for a confirmation (claims.sql). */
struct claim {
	const char *pin, *member;
	unsigned char row_key[SEAL_ROW_KEY_SIZE], hash[SEAL_KEY_SIZE];
	unsigned char *sealed;
	size_t sealed_n;
};

struct people {
	struct adms *adms;
	const struct terminal *terminal;
	struct arena *arena;
	struct user *users;
	int n, room;
	struct map *by_pin; /* index + 1: of equal PINs in one upload the last one counts */
	struct user **create, **fill, **remove, **report;
	int ncreate, nfill, nremove, nreport, nsaid;
	struct claim *claims;
	int nclaims;
	bool taken; /* not lines, but claims that were taken */
};

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

/* What we would send to this terminal is shorter than what it has. */
static bool name_is_long(const struct people *p, const char *name, struct span sent)
{
	const struct dialect_name_limit limit = dialect_name_limit(&p->terminal->dialect);
	return name[text_cut_chars(name, limit.chars)] || sent.len > limit.bytes ||
	       name[text_cut_chars(name, 2 * NAME_CHARS)];
}

static void user_name(struct people *p, struct user *u, const struct record *r)
{
	char *text = arena_strdup(p->arena, record_word(p, r, "Name"));
	text[text_cut_chars(text, SAID_CHARS)] = '\0';
	if (name_is_long(p, text, record_get(r, "Name")))
		u->said = arena_strdup(p->arena, text);
	p->nsaid += u->said != NULL;
	text[text_cut_chars(text, 2 * NAME_CHARS + 1)] = '\0';
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

/* ---- columns ---- */

static struct db_arg pins_arg(struct people *p, struct user **users, int n)
{
	const char **pins = arena_array(p->arena, (size_t)n, sizeof(*pins));
	for (int i = 0; i < n; i++)
		pins[i] = users ? users[i]->pin : p->users[i].pin;
	return db_text_array(p->arena, pins, n);
}

struct db_statement people_question(struct people *p)
{
	struct db_arg *args = arena_array(p->arena, 2, sizeof(*args));
	args[0] = db_int(p->arena, p->terminal->id);
	args[1] = pins_arg(p, NULL, p->n);
	return (struct db_statement){
		"select employee, named, row_key, sealed, resigned, removing, "
		"shares from people_known($1::int, $2::text[])",
		args, 2
	};
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

static void people_judge(struct people *p, const struct rows *rows)
{
	size_t n = (size_t)p->n;
	p->create = arena_array(p->arena, n, sizeof(*p->create));
	p->fill = arena_array(p->arena, n, sizeof(*p->fill));
	p->remove = arena_array(p->arena, n, sizeof(*p->remove));
	p->report = arena_array(p->arena, n, sizeof(*p->report));
	p->claims = arena_array(p->arena, n * MEMBERS, sizeof(*p->claims));
	for (int i = 0; i < p->n && i < rows_count(rows); i++)
		user_judge(p, &p->users[i], rows, i);
}

/* ---- statements ---- */

static struct db_arg sealed_arg(struct people *p, struct user **users, int n, char what)
{
	const void **bytes = arena_array(p->arena, (size_t)n, sizeof(*bytes));
	size_t *lens = arena_array(p->arena, (size_t)n, sizeof(*lens));
	for (int i = 0; i < n; i++) {
		const struct user *u = users[i];
		bytes[i] = what == 'k'	 ? u->row_key
			   : what == 's' ? u->sealed
			   : what == 'b' ? u->bare
			   : what == 'w' ? u->was
					 : (const void *)u->card_hash;
		lens[i] = what == 'k'	? sizeof(u->row_key)
			  : what == 's' ? u->sealed_n
			  : what == 'b' ? u->bare_n
			  : what == 'w' ? u->was_n
					: SEAL_KEY_SIZE;
	}
	return db_bytes_array(p->arena, bytes, lens, n);
}

/* A name as first and last name, a LF between: what is too long for the one goes on in the other, from
 * a blank on where there is one. Both are sent as one name. */
static const char *name_split(struct arena *a, const char *name)
{
	size_t most = text_cut_chars(name, NAME_CHARS), cut = most;
	if (!name[most])
		return name;
	while (cut > 0 && name[cut] != ' ')
		cut--;
	cut = cut ? cut : most;
	const char *last = name + cut;
	while (*last == ' ')
		last++;
	return arena_printf(
		a, "%.*s\n%.*s", (int)cut, name, (int)text_cut_chars(last, NAME_CHARS), last);
}

static struct db_arg names_arg(struct people *p, struct user **users, int n)
{
	const char **names = arena_array(p->arena, (size_t)n, sizeof(*names));
	for (int i = 0; i < n; i++)
		names[i] = name_split(p->arena, users[i]->name);
	return db_text_array(p->arena, names, n);
}

static struct db_arg pris_arg(struct people *p, struct user **users, int n)
{
	int32_t *pris = arena_array(p->arena, (size_t)n, sizeof(*pris));
	for (int i = 0; i < n; i++)
		pris[i] = users[i]->privilege;
	return db_int4_array(p->arena, pris, NULL, n);
}

static struct db_arg ids_arg(struct people *p, struct user **users, int n)
{
	int32_t *ids = arena_array(p->arena, (size_t)n, sizeof(*ids));
	for (int i = 0; i < n; i++)
		ids[i] = (int32_t)users[i]->employee;
	return db_int4_array(p->arena, ids, NULL, n);
}

static struct db_statement create_statement(struct people *p)
{
	struct db_arg *args = arena_array(p->arena, 8, sizeof(*args));
	args[0] = db_int(p->arena, p->terminal->id);
	args[1] = pins_arg(p, p->create, p->ncreate);
	args[2] = names_arg(p, p->create, p->ncreate);
	args[3] = sealed_arg(p, p->create, p->ncreate, 'k');
	args[4] = sealed_arg(p, p->create, p->ncreate, 's');
	args[5] = sealed_arg(p, p->create, p->ncreate, 'b');
	args[6] = sealed_arg(p, p->create, p->ncreate, 'c');
	args[7] = pris_arg(p, p->create, p->ncreate);
	return (struct db_statement){
		"select people_create($1::int, $2::text[], $3::text[], "
		"$4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::int[])",
		args, 8
	};
}

static struct db_statement fill_statement(struct people *p)
{
	struct db_arg *args = arena_array(p->arena, 8, sizeof(*args));
	args[0] = db_int(p->arena, p->terminal->id);
	args[1] = ids_arg(p, p->fill, p->nfill);
	args[2] = names_arg(p, p->fill, p->nfill);
	args[3] = sealed_arg(p, p->fill, p->nfill, 'w');
	args[4] = sealed_arg(p, p->fill, p->nfill, 's');
	args[5] = sealed_arg(p, p->fill, p->nfill, 'b');
	args[6] = sealed_arg(p, p->fill, p->nfill, 'c');
	args[7] = db_bool(p->taken);
	return (struct db_statement){
		"select people_fill($1::int, $2::int[], $3::text[], $4::bytea[], "
		"$5::bytea[], $6::bytea[], $7::bytea[], $8::bool)",
		args, 8
	};
}

static struct db_statement claim_statement(struct people *p)
{
	struct arena *a = p->arena;
	size_t n = (size_t)p->nclaims;
	struct db_arg *args = arena_array(a, 6, sizeof(*args));
	const char **words[2] = { arena_array(a, n, sizeof(char *)),
		arena_array(a, n, sizeof(char *)) };
	const void **bytes[3];
	size_t *lens[3];
	for (int k = 0; k < 3; k++) {
		bytes[k] = arena_array(a, n, sizeof(void *));
		lens[k] = arena_array(a, n, sizeof(size_t));
	}
	for (size_t i = 0; i < n; i++) {
		const struct claim *c = &p->claims[i];
		words[0][i] = c->pin;
		words[1][i] = c->member;
		bytes[0][i] = c->row_key;
		lens[0][i] = sizeof(c->row_key);
		bytes[1][i] = c->sealed;
		lens[1][i] = c->sealed_n;
		bytes[2][i] = c->hash;
		lens[2][i] = sizeof(c->hash);
	}
	args[0] = db_int(a, p->terminal->id);
	for (int k = 0; k < 2; k++)
		args[1 + k] = db_text_array(a, words[k], p->nclaims);
	for (int k = 0; k < 3; k++)
		args[3 + k] = db_bytes_array(a, bytes[k], lens[k], p->nclaims);
	return (struct db_statement){ "select user_said($1::int, $2::text[], $3::text[], "
				      "$4::bytea[], $5::bytea[], $6::bytea[])",
		args, 6 };
}

static struct db_statement report_statement(struct people *p)
{
	struct db_arg *args = arena_array(p->arena, 3, sizeof(*args));
	args[0] = db_int(p->arena, p->terminal->id);
	args[1] = pins_arg(p, p->report, p->nreport);
	args[2] = pris_arg(p, p->report, p->nreport);
	return (struct db_statement){ "select people_reported($1::int, $2::text[], $3::int[])",
		args, 3 };
}

/* So that these terminals get no shorter name back. */
static struct db_statement said_statement(struct people *p)
{
	struct db_arg *args = arena_array(p->arena, 3, sizeof(*args));
	const char **pins = arena_array(p->arena, (size_t)p->nsaid, sizeof(*pins)),
		   **names = arena_array(p->arena, (size_t)p->nsaid, sizeof(*names));
	int n = 0;
	for (int i = 0; i < p->n; i++) {
		if (!p->users[i].said)
			continue;
		pins[n] = p->users[i].pin;
		names[n++] = p->users[i].said;
	}
	args[0] = db_int(p->arena, p->terminal->id);
	args[1] = db_text_array(p->arena, pins, n);
	args[2] = db_text_array(p->arena, names, n);
	return (struct db_statement){ "select people_named($1::int, $2::text[], $3::text[])", args,
		3 };
}

static struct db_statement remove_statement(struct people *p)
{
	struct db_arg *args = arena_array(p->arena, 2, sizeof(*args));
	args[0] = db_int(p->arena, p->terminal->id);
	args[1] = pins_arg(p, p->remove, p->nremove);
	return (struct db_statement){ "select people_remove_again($1::int, $2::text[])", args, 2 };
}

int people_statements(struct people *p, const struct rows *rows, struct db_statement *out)
{
	int n = 0;
	people_judge(p, rows);
	if (p->ncreate > 0)
		out[n++] = create_statement(p);
	if (p->nfill > 0)
		out[n++] = fill_statement(p);
	if (p->nclaims > 0)
		out[n++] = claim_statement(p);
	if (p->nreport > 0)
		out[n++] = report_statement(p);
	if (p->nremove > 0)
		out[n++] = remove_statement(p);
	if (p->nsaid > 0)
		out[n++] = said_statement(p);
	return n;
}

bool people_creates(const struct people *p)
{
	return p->ncreate > 0;
}

int people_taken_statements(
	struct people *p, const struct rows *rows, struct db_arg claims, struct db_statement *out)
{
	struct db_arg *args = arena_array(p->arena, 4, sizeof(*args));
	people_judge(p, rows);
	args[0] = db_int(p->arena, p->terminal->id);
	args[1] = claims;
	args[2] = ids_arg(p, p->fill, p->nfill);
	args[3] = sealed_arg(p, p->fill, p->nfill, 'w');
	out[0] = (struct db_statement){
		"select claims_filled($1::int, $2::bigint[], $3::int[], $4::bytea[])", args, 4
	};
	if (p->nfill == 0)
		return 1;
	out[1] = fill_statement(p);
	return 2;
}

bool people_closed(const struct people *p, const char *pin)
{
	size_t at = map_get(p->by_pin, pin, strlen(pin));
	return at && p->users[at - 1].closed;
}
