/*
 * A chore per terminal, some claims at a time: read, judge by what the people have, fill in. Every
 * process may do it at once: who comes second finds the person changed, and reads again.
 */
#include "claims.h"

#include "clock.h"
#include "fatal.h"
#include "log.h"
#include "means.h"
#include "people.h"
#include "verdict.h"

#define CLAIMS_AT_ONCE 100
#define AT_ONCE 1 /* chores */
#define MAX_TRIES 5 /* lost races, one after the other */
#define DEADLINE_MS 25000
#define PATIENCE_US 60000000 /* after a failure */

struct claims {
	struct chore chore;
	struct adms *adms;
	struct terminal *terminal;
	int limit, tries;
	/* a round */
	struct arena *round;
	struct people *people;
	int64_t *ids, *closed; /* closed: they or their people cannot be opened */
	const char **codes; /* whose ids are */
	int n, nclosed;
	struct db_statement statements[PEOPLE_TAKEN_STATEMENTS];
	struct db_arg args[2];
};

static void claims_read(struct claims *);

static void claims_end(struct claims *c, bool good)
{
	struct adms *adms = c->adms;
	struct terminal *t = c->terminal;
	t->claiming = false;
	if (!good) {
		t->claims = true;
		t->claim_at = clock_now() + PATIENCE_US;
	}
	adms->claiming--;
	chore_end(adms, &c->chore);
}

static void claims_query(struct claims *c, int n, db_done *done)
{
	db_query(c->adms->db, &(struct db_query){ .statements = c->statements,
				      .nstatements = n,
				      .binary = true,
				      .deadline_ms = DEADLINE_MS,
				      .done = done,
				      .arg = c });
}

static void claims_returned(void *arg, struct rows *rows, const struct db_error *error)
{
	struct claims *c = arg;
	rows_free(rows);
	if (error)
		claims_end(c, false);
	else
		claims_read(c);
}

/* They wait on, and somebody is told. */
static void claims_return(struct claims *c, const int64_t *ids, int n)
{
	c->args[0] = db_int8_array(c->round, ids, NULL, n);
	c->statements[0] =
		(struct db_statement){ "select claims_returned($1::bigint[])", c->args, 1 };
	claims_query(c, 1, claims_returned);
}

/* True: the round is over, one way or the other. A refused value is put back once it is alone. */
static bool claims_failed(struct claims *c, const struct db_error *error)
{
	if (!error)
		return false;
	enum verdict verdict = verdict_of(error);
	log_warn("claims_not_filled", "sn", c->terminal->sn, "state", error->state, NULL);
	if (verdict == VERDICT_FAIL || (verdict == VERDICT_AGAIN && ++c->tries == MAX_TRIES)) {
		claims_end(c, false);
	} else if (verdict == VERDICT_HALVE && c->n <= 1) {
		claims_return(c, c->ids, c->n);
	} else {
		c->limit = verdict == VERDICT_HALVE ? c->n / 2 : c->limit;
		claims_read(c);
	}
	return true;
}

static void claims_filled(void *arg, struct rows *rows, const struct db_error *error)
{
	struct claims *c = arg;
	rows_free(rows);
	if (claims_failed(c, error))
		return;
	log_info("claims_filled", "sn", c->terminal->sn, "members", log_num(c->n), NULL);
	c->tries = 0;
	claims_read(c);
}

static void people_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct claims *c = arg;
	if (claims_failed(c, error))
		return;
	arena_defer(c->round, (void (*)(void *))rows_free, rows);
	int nstatements = people_taken_statements(
		c->people, rows, db_int8_array(c->round, c->ids, NULL, c->n), c->statements);
	for (int i = 0; i < c->n; i++)
		if (people_closed(c->people, c->codes[i]))
			c->closed[c->nclosed++] = c->ids[i];
	if (c->nclosed > 0) {
		log_error("person_not_opened", "sn", c->terminal->sn, NULL);
		claims_return(c, c->closed, c->nclosed);
		return;
	}
	claims_query(c, nstatements, claims_filled);
}

/* A row of claims_due(). */
static void claim_open(struct claims *c, const struct rows *rows, int i)
{
	size_t n;
	char *value = NULL;
	if (rows_len(rows, i, 3) == SEAL_ROW_KEY_SIZE)
		value = seal_open(c->adms->o.seal, c->round, "person_claim.sealed",
			(const unsigned char *)rows_text(rows, i, 3), rows_text(rows, i, 4),
			rows_len(rows, i, 4), &n);
	if (!value) {
		log_error("claim_not_opened", "sn", c->terminal->sn, NULL);
		c->closed[c->nclosed++] = rows_int(rows, i, 0);
		return;
	}
	people_take(c->people, rows_text(rows, i, 1), rows_text(rows, i, 2), value);
	c->codes[c->n] = rows_text(rows, i, 1);
	c->ids[c->n++] = rows_int(rows, i, 0);
}

static void claims_found(void *arg, struct rows *rows, const struct db_error *error)
{
	struct claims *c = arg;
	int n = rows_count(rows);
	if (error || n == 0) {
		rows_free(rows);
		claims_end(c, !error);
		return;
	}
	arena_defer(c->round, (void (*)(void *))rows_free, rows);
	c->ids = arena_array(c->round, (size_t)n, sizeof(*c->ids));
	c->closed = arena_array(c->round, (size_t)n, sizeof(*c->closed));
	c->codes = arena_array(c->round, (size_t)n, sizeof(*c->codes));
	c->people = people_new(c->adms, c->terminal, c->round);
	for (int i = 0; i < n; i++)
		claim_open(c, rows, i);
	if (c->nclosed > 0) {
		claims_return(c, c->closed, c->nclosed);
		return;
	}
	c->statements[0] = people_question(c->people);
	claims_query(c, 1, people_found);
}

static void claims_read(struct claims *c)
{
	arena_free(c->round);
	c->round = arena_new();
	c->n = c->nclosed = 0;
	c->terminal->claims = false; /* what is taken from here on says so again */
	c->args[0] = db_int(c->round, c->terminal->id);
	c->args[1] = db_int(c->round, c->limit);
	c->statements[0] =
		(struct db_statement){ "select * from claims_due($1::int, $2::int)", c->args, 2 };
	claims_query(c, 1, claims_found);
}

static void round_free(void *arg)
{
	arena_free(((struct claims *)arg)->round);
}

static void claims_start(struct adms *adms, struct terminal *t)
{
	struct arena *a = arena_new();
	struct claims *c = arena_alloc(a, sizeof(*c));
	c->adms = adms;
	c->terminal = terminal_hold(a, t);
	c->limit = CLAIMS_AT_ONCE;
	chore_begin(adms, &c->chore, a);
	arena_defer(a, round_free, c);
	adms->claiming++;
	t->claiming = true;
	claims_read(c);
}

static void claims_check(void *arg, struct terminal *t)
{
	struct adms *adms = arg;
	if (t->claims && !t->claiming && adms->claiming < AT_ONCE && clock_now() >= t->claim_at)
		claims_start(adms, t);
}

void claims_tick(struct adms *adms)
{
	terminals_each(adms->terminals, claims_check, adms);
}
