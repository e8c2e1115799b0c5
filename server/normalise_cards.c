/* Cards as they were typed, "0007654321" among them, become numbers. */
#include <jansson.h>
#include <string.h>

#include "card.h"
#include "fatal.h"
#include "log.h"
#include "normalise.h"

enum { COL_ID, COL_ROW_KEY, COL_SEALED };

/* What becomes of the rows, in their order. */
struct cards {
	const struct normalise_batch *batch;
	int32_t *ids, *unread;
	const void **was, **hashes, **sealed; /* hashes NULL: no card; sealed NULL: stays */
	size_t *was_n, *hash_n, *sealed_n;
	int n, nunread;
};

static json_t *person_open(
	const struct normalise_batch *b, int i, const unsigned char row_key[SEAL_ROW_KEY_SIZE])
{
	size_t n;
	char *plain = seal_open(b->o->seal, b->arena, "employee.sealed", row_key,
		rows_text(b->rows, i, COL_SEALED), (size_t)rows_len(b->rows, i, COL_SEALED), &n);
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
	c->sealed[c->n] = seal_close(c->batch->o->seal, c->batch->arena, "employee.sealed", row_key,
		plain, strlen(plain), &c->sealed_n[c->n]);
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
	unsigned char *hash = arena_alloc(c->batch->arena, SEAL_KEY_SIZE);
	card_hash(c->batch->o->lookup_key, card, hash);
	c->hashes[c->n] = hash;
}

static void row_judge(struct cards *c, int i)
{
	const struct rows *rows = c->batch->rows;
	const unsigned char *row_key = (const void *)rows_text(rows, i, COL_ROW_KEY);
	json_t *person = rows_len(rows, i, COL_ROW_KEY) == SEAL_ROW_KEY_SIZE
				 ? person_open(c->batch, i, row_key)
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
	struct arena *a = c->batch->arena;
	struct db_arg *args = arena_array(a, 7, sizeof(*args));
	args[0] = db_int(a, c->batch->from);
	args[1] = db_int(a, c->batch->to);
	args[2] = db_int4_array(a, c->ids, NULL, c->n);
	args[3] = db_bytes_array(a, c->was, c->was_n, c->n);
	args[4] = db_bytes_array(a, c->hashes, c->hash_n, c->n);
	args[5] = db_bytes_array(a, c->sealed, c->sealed_n, c->n);
	args[6] = db_int4_array(a, c->unread, NULL, c->nunread);
	return (struct db_statement){
		"select cards_normalise($1::bigint, $2::bigint, $3::int[], $4::bytea[],"
		" $5::bytea[], $6::bytea[], $7::int[])",
		args, 7
	};
}

static struct db_statement cards_judge(const struct normalise_batch *b)
{
	struct arena *a = b->arena;
	size_t n = (size_t)rows_count(b->rows);
	struct cards c = { .batch = b,
		.ids = arena_array(a, n, sizeof(*c.ids)),
		.unread = arena_array(a, n, sizeof(*c.unread)),
		.was = arena_array(a, n, sizeof(*c.was)),
		.hashes = arena_array(a, n, sizeof(*c.hashes)),
		.sealed = arena_array(a, n, sizeof(*c.sealed)),
		.was_n = arena_array(a, n, sizeof(*c.was_n)),
		.hash_n = arena_array(a, n, sizeof(*c.hash_n)),
		.sealed_n = arena_array(a, n, sizeof(*c.sealed_n)) };
	for (int i = 0; i < (int)n; i++)
		row_judge(&c, i);
	return cards_statement(&c);
}

const struct normalise_walk normalise_cards = {
	.name = "cards",
	.select = "select id::bigint, row_key, sealed from employee"
		  " where id > $1::bigint and card_hash is not null order by id limit $2::int",
	.judge = cards_judge,
};
