/* Cards that were stored as they were typed, "0007654321" among them, become numbers. */
#include <jansson.h>
#include <string.h>

#include "card.h"
#include "fatal.h"
#include "log.h"
#include "walk.h"

enum { COL_ID, COL_ROW_KEY, COL_SEALED };

/* What becomes of the rows, in their order. */
struct cards {
	const struct walk_tools *tools;
	struct arena *arena;
	const struct rows *rows;
	int32_t *ids, *unread;
	const void **was, **hashes, **sealed; /* hashes NULL: no card; sealed NULL: stays */
	size_t *was_n, *hash_n, *sealed_n;
	int n, nunread;
};

static json_t *person_open(
	const struct cards *c, int i, const unsigned char row_key[SEAL_ROW_KEY_SIZE])
{
	size_t n;
	char *plain = seal_open(c->tools->seal, c->arena, "employee.sealed", row_key,
		rows_text(c->rows, i, COL_SEALED), (size_t)rows_len(c->rows, i, COL_SEALED), &n);
	json_t *person = plain ? json_loadb(plain, n, 0, NULL) : NULL;
	if (plain)
		explicit_bzero(plain, n);
	return person;
}

/* The record with the card in its form, under the same row key. */
static void person_seal(struct cards *c, json_t *person,
	const unsigned char row_key[SEAL_ROW_KEY_SIZE], const char *card)
{
	if (*card)
		json_object_set_new(person, "card_no", json_string(card));
	else
		json_object_del(person, "card_no");
	char *plain = json_dumps(person, JSON_COMPACT);
	if (!plain)
		fatal("a person cannot be written as JSON");
	c->sealed[c->n] = seal_close(c->tools->seal, c->arena, "employee.sealed", row_key, plain,
		strlen(plain), &c->sealed_n[c->n]);
	explicit_bzero(plain, strlen(plain));
	free(plain);
}

static void card_judge(struct cards *c, int i, json_t *person, const unsigned char *row_key)
{
	char card[CARD_SIZE];
	const char *typed = json_string_value(json_object_get(person, "card_no"));
	if (!card_read(span_of(typed), card)) {
		c->unread[c->nunread++] = c->ids[c->n];
		return;
	}
	if (typed && strcmp(typed, card) != 0)
		person_seal(c, person, row_key, card);
	if (!*card)
		return;
	unsigned char *hash = arena_alloc(c->arena, SEAL_KEY_SIZE);
	card_hash(c->tools->lookup_key, card, hash);
	c->hashes[c->n] = hash;
}

static void row_judge(struct cards *c, int i)
{
	const struct rows *rows = c->rows;
	const unsigned char *row_key = (const void *)rows_text(rows, i, COL_ROW_KEY);
	json_t *person = rows_len(rows, i, COL_ROW_KEY) == SEAL_ROW_KEY_SIZE
				 ? person_open(c, i, row_key)
				 : NULL;
	c->ids[c->n] = (int32_t)rows_int(rows, i, COL_ID);
	c->was[c->n] = rows_text(rows, i, COL_SEALED);
	c->was_n[c->n] = (size_t)rows_len(rows, i, COL_SEALED);
	c->hash_n[c->n] = SEAL_KEY_SIZE;
	if (person) {
		card_judge(c, i, person, row_key);
		c->n++;
	} else { /* stays, and is nobody's */
		log_error("sealed_record_unreadable", "place", "employee.sealed", NULL);
	}
	json_decref(person);
}

static struct db_statement cards_statement(const struct cards *c)
{
	struct arena *a = c->arena;
	struct db_arg *args = arena_array(a, 5, sizeof(*args));
	args[0] = db_int4_array(a, c->ids, NULL, c->n);
	args[1] = db_bytes_array(a, c->was, c->was_n, c->n);
	args[2] = db_bytes_array(a, c->hashes, c->hash_n, c->n);
	args[3] = db_bytes_array(a, c->sealed, c->sealed_n, c->n);
	args[4] = db_int4_array(a, c->unread, NULL, c->nunread);
	return (struct db_statement){
		"select cards_normalise($1::int[], $2::bytea[], $3::bytea[], $4::bytea[], $5::int[])",
		args, 5
	};
}

static int cards_judge(const struct walk_tools *tools, struct arena *a, const struct rows *rows,
	struct db_statement *out)
{
	size_t n = (size_t)rows_count(rows) + 1;
	struct cards c = { .tools = tools,
		.arena = a,
		.rows = rows,
		.ids = arena_array(a, n, sizeof(*c.ids)),
		.unread = arena_array(a, n, sizeof(*c.unread)),
		.was = arena_array(a, n, sizeof(*c.was)),
		.hashes = arena_array(a, n, sizeof(*c.hashes)),
		.sealed = arena_array(a, n, sizeof(*c.sealed)),
		.was_n = arena_array(a, n, sizeof(*c.was_n)),
		.hash_n = arena_array(a, n, sizeof(*c.hash_n)),
		.sealed_n = arena_array(a, n, sizeof(*c.sealed_n)) };
	for (int i = 0; i < rows_count(rows); i++)
		row_judge(&c, i);
	*out = cards_statement(&c);
	return c.n > 0;
}

const struct walk walk_cards = { "cards",
	"select id::bigint, row_key, sealed from employee"
	" where id > $1::bigint and card_hash is not null order by id limit 500",
	cards_judge };
