/* What a terminal is sent, in its words and encoding, from rows of the database. The lines of templates are
 * made in template.c. */
#include <jansson.h>
#include <string.h>

#include "broken.h"
#include "card.h"
#include "commands.h"
#include "contact.h"
#include "dialect_command.h"
#include "fatal.h"
#include "log.h"
#include "template.h"

#define PIN_BYTES 80

/* Of command_take_all(). */
enum {
	COL_ID,
	COL_CONTENT,
	COL_PIN,
	COL_WANTED,
	COL_FIRST,
	COL_LAST,
	COL_PRIVILEGE,
	COL_VERIFY,
	COL_CARD,
	COL_ROW_KEY,
	COL_SEALED,
	COL_FORM /* and on: of templates, see template.c */
};

/* A member of the sealed record as text; NULL when it has none. */
static const char *person_member(json_t *person, const char *key)
{
	return json_string_value(json_object_get(person, key));
}

static size_t questions_count(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += *text == '?';
	return n;
}

/* Control characters of UTF-8 beyond ASCII: text_encode() makes blanks of them. */
static bool has_c1_control(const char *text)
{
	for (const char *p = text; (p = strchr(p, '\xc2')); p++)
		if ((unsigned char)p[1] < 0xa0)
			return true;
	return false;
}

/* NULL when the terminal cannot be told exactly this PIN: it would be somebody else's. */
static const char *pin_write(struct req *r, const struct rows *rows, int i)
{
	size_t n;
	const char *pin = rows_text(rows, i, COL_PIN);
	const char *written =
		text_encode(req_arena(r), pin, &contact_of(r)->terminal->encoding, PIN_BYTES, &n);
	if (questions_count(written) == questions_count(pin) && !has_c1_control(pin))
		return written;
	log_warn("pin_cannot_be_sent", "sn", contact_of(r)->sn, NULL);
	return NULL;
}

const char *command_name(
	struct arena *a, const struct terminal *t, const char *first, const char *last)
{
	const struct dialect_name_limit limit = dialect_name_limit(&t->dialect);
	size_t n;
	if (!last)
		return text_encode(a, first, &t->encoding, SIZE_MAX, &n);
	char *name = arena_printf(a, "%s%s%s", first, *first && *last ? " " : "", last);
	name[text_cut_chars(name, limit.chars)] = '\0';
	return text_encode(a, name, &t->encoding, limit.bytes, &n);
}

/* Not written (NULL) where it may not be given away, or is no number: who has it keeps it. */
static const char *card_given(struct arena *a, const struct rows *rows, int i, json_t *person)
{
	char card[CARD_SIZE];
	return rows_bool(rows, i, COL_CARD) &&
			       card_read(span_of(person_member(person, "card_no")), card)
		       ? arena_strdup(a, card)
		       : NULL;
}

bool command_write_person(
	struct req *r, struct str *out, const struct terminal *t, const struct rows *rows, int i)
{
	struct arena *a = req_arena(r);
	const struct contact *c = contact_of(r);
	size_t n;
	char *plain = seal_open(c->adms->o.seal, a, "employee.sealed",
		(const unsigned char *)rows_text(rows, i, COL_ROW_KEY),
		rows_text(rows, i, COL_SEALED), rows_len(rows, i, COL_SEALED), &n);
	json_t *person = plain ? json_loadb(plain, n, 0, NULL) : NULL;
	if (!person) {
		log_error("person_not_opened", "pin", rows_text(rows, i, COL_PIN), NULL);
		return false;
	}
	arena_defer(a, (void (*)(void *))json_decref, person);
	int64_t privilege = rows_int(rows, i, COL_PRIVILEGE),
		verify = rows_int(rows, i, COL_VERIFY);
	const char *password = person_member(person, "device_password");
	const char *pin = pin_write(r, rows, i);
	if (!pin)
		return false;
	struct dialect_user user = { .pin = pin,
		.name = command_name(
			a, t, rows_text(rows, i, COL_FIRST), rows_text(rows, i, COL_LAST)),
		.privilege = arena_printf(a, "%d", (int)privilege),
		.password = password ? password : "",
		.card = card_given(a, rows, i, person),
		.verify = verify > 0 ? arena_printf(a, "%d", (int)verify) : NULL };
	return dialect_user_write(out, &t->dialect, &user);
}

/* A line made by the database, column by column in the terminal's encoding. */
static void content_write(struct req *r, struct str *out, const char *content)
{
	const struct terminal *t = contact_of(r)->terminal;
	struct span rest = span_of(content);
	size_t n;
	while (rest.text) {
		struct span column = span_cut(&rest, '\t');
		const char *text = arena_memdup(req_arena(r), column.text, column.len);
		str_add(out, text_encode(req_arena(r), text, &t->encoding, column.len * 4, &n));
		if (rest.text)
			str_addc(out, '\t');
	}
}

/* A private message is sealed: the line in the database says "*" in its place. */
static bool message_write(struct req *r, struct str *out, const struct rows *rows, int i)
{
	static const char before[] = "DATA UPDATE SMS MSG=", line_end[] = "*\t";
	struct arena *a = req_arena(r);
	const char *content = rows_text(rows, i, COL_CONTENT);
	struct str line = str_new(a);
	size_t n = sizeof(before) - 1;
	if (strncmp(content, before, n) != 0 || strncmp(content + n, line_end, 2) != 0) {
		content_write(r, out, content);
		return true;
	}
	char *plain = seal_open(contact_of(r)->adms->o.seal, a, "private_message.sealed",
		(const unsigned char *)rows_text(rows, i, COL_ROW_KEY),
		rows_text(rows, i, COL_SEALED), rows_len(rows, i, COL_SEALED), &n);
	json_t *record = plain ? json_loadb(plain, n, 0, NULL) : NULL;
	const char *text = json_string_value(json_object_get(record, "content"));
	if (text) {
		str_add(&line, before);
		dialect_value(&line, text, strlen(text));
		str_add(&line, content + sizeof(before));
		content_write(r, out, str_text(&line));
	} else {
		log_error("sealed_record_unreadable", "place", "private_message.sealed", NULL);
	}
	json_decref(record);
	return text != NULL;
}

static bool command_write(
	struct req *r, struct str *out, const struct rows *rows, int i, const char **problem)
{
	const struct terminal *t = contact_of(r)->terminal;
	if (!rows_null(rows, i, COL_CONTENT) && !rows_null(rows, i, COL_SEALED))
		return message_write(r, out, rows, i);
	if (!rows_null(rows, i, COL_CONTENT)) {
		content_write(r, out, rows_text(rows, i, COL_CONTENT));
		return true;
	}
	const char *pin = pin_write(r, rows, i);
	if (!pin)
		return false;
	if (!rows_null(rows, i, COL_FORM))
		return template_write(r, out, pin, rows, i, COL_FORM, problem);
	if (!rows_bool(rows, i, COL_WANTED))
		return dialect_user_delete(out, &t->dialect, pin);
	return command_write_person(r, out, t, rows, i);
}

const char *commands_text(struct req *r, const struct rows *rows)
{
	struct adms *adms = contact_of(r)->adms;
	struct str out = str_new(req_arena(r)), line = str_new(req_arena(r));
	size_t room = (size_t)rows_count(rows) + 1;
	int64_t *broken = arena_array(req_arena(r), room, sizeof(*broken));
	const char **problems = arena_array(req_arena(r), room, sizeof(*problems));
	int nbroken = 0;
	for (int i = 0; i < rows_count(rows); i++) {
		line.len = 0;
		problems[nbroken] = NULL;
		if (!command_write(r, &line, rows, i, &problems[nbroken])) {
			broken[nbroken] = rows_int(rows, i, COL_ID);
			nbroken += problems[nbroken] != NULL;
			continue;
		}
		str_addf(&out, "C:%lld:", (long long)rows_int(rows, i, COL_ID));
		str_addn(&out, line.text, line.len);
		str_addc(&out, '\n');
		adms->stats.commands_sent++;
	}
	if (nbroken > 0)
		broken_tell(adms, contact_of(r)->terminal->id, broken, problems, nbroken);
	return out.len ? str_text(&out) : NULL;
}
