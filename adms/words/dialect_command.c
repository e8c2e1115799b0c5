/* What is said of a person: one table of keys. */
#include "dialect_command.h"

#include <stdlib.h>

#include "fatal.h"

/* A value can hold no control byte: LF would end the command, TAB the column. */
void dialect_value(struct str *s, const char *text, size_t n)
{
	size_t start = s->len;
	str_addn(s, text, n);
	for (size_t i = start; i < s->len; i++)
		if ((unsigned char)s->text[i] < 0x20 || s->text[i] == 0x7f)
			s->text[i] = ' ';
}

void dialect_pair(struct str *s, const char *key, const char *value, size_t n)
{
	str_addc(s, '\t');
	str_add(s, key);
	str_addc(s, '=');
	dialect_value(s, value, n);
}

/* "DATA UPDATE USERINFO PIN=7": the verb, its first key and the PIN. */
static void verb_add(struct str *s, const char *verb, const char *key, const char *pin)
{
	str_add(s, verb);
	str_addc(s, ' ');
	str_add(s, key);
	str_addc(s, '=');
	dialect_value(s, pin, strlen(pin));
}

/* ---- cards ---- */

/* G1 and G2 want the bytes in hex, lowest first, five of them as their own records have. */
static void card_add_hex(struct str *s, const char *card)
{
	uint64_t n = strtoull(card, NULL, 10);
	str_addc(s, '[');
	for (int i = 0; i < 5 || n; i++, n >>= 8)
		str_addf(s, "%02X", (unsigned)(n & 0xff));
	str_addc(s, ']');
}

/* ---- users ---- */

static const struct user_key {
	const char *key;
	size_t field; /* in struct dialect_user */
	enum generation from;
	bool basic; /* known to firmware that refuses others with -629 */
} user_keys[] = {
	{ "Name", offsetof(struct dialect_user, name), GENERATION_1, true },
	{ "Pri", offsetof(struct dialect_user, privilege), GENERATION_1, true },
	{ "Passwd", offsetof(struct dialect_user, password), GENERATION_1, true },
	{ "Card", offsetof(struct dialect_user, card), GENERATION_1, true },
	{ "Verify", offsetof(struct dialect_user, verify), GENERATION_3, false },
};

static const char *user_value(const struct dialect_user *u, const struct user_key *k)
{
	const char *value;
	memcpy(&value, (const char *)u + k->field, sizeof(value));
	return value;
}

bool dialect_user_write(struct str *s, const struct dialect *d, const struct dialect_user *u)
{
	if (d->generation == GENERATION_ACC)
		return false;
	verb_add(s, d->generation == GENERATION_1 ? "DATA USER" : "DATA UPDATE USERINFO", "PIN",
		u->pin);
	for (size_t i = 0; i < LEN(user_keys); i++) {
		const struct user_key *k = &user_keys[i];
		const char *value = user_value(u, k);
		if (!value || k->from > d->generation ||
			(!k->basic && (d->quirks & DIALECT_BASIC_USER)))
			continue;
		if (k->field == offsetof(struct dialect_user, card) &&
			d->generation <= GENERATION_2) {
			str_add(s, "\tCard=");
			card_add_hex(s, value);
		} else {
			dialect_pair(s, k->key, value, strlen(value));
		}
	}
	return true;
}

bool dialect_user_delete(struct str *s, const struct dialect *d, const char *pin)
{
	if (d->generation == GENERATION_ACC)
		return false;
	verb_add(s, d->generation == GENERATION_1 ? "DATA DEL_USER" : "DATA DELETE USERINFO", "PIN",
		pin);
	return true;
}
