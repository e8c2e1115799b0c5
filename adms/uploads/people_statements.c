/* What USER lines change, as statements. */
#include <string.h>

#include "means.h"
#include "people_private.h"
#include "person_name.h"

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

static struct db_arg names_arg(struct people *p, struct user **users, int n)
{
	const char **names = arena_array(p->arena, (size_t)n, sizeof(*names));
	for (int i = 0; i < n; i++)
		names[i] = person_name_split(p->arena, users[i]->name);
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

/* So that this terminal gets no shorter names back. */
static struct db_statement said_statement(struct people *p)
{
	struct db_arg *args = arena_array(p->arena, 3, sizeof(*args));
	struct user **said = arena_array(p->arena, (size_t)p->nsaid, sizeof(*said));
	const char **names = arena_array(p->arena, (size_t)p->nsaid, sizeof(*names));
	int n = 0;
	for (int i = 0; i < p->n; i++)
		if (p->users[i].said) {
			said[n] = &p->users[i];
			names[n++] = p->users[i].said;
		}
	args[0] = db_int(p->arena, p->terminal->id);
	args[1] = pins_arg(p, said, n);
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
