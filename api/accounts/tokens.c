/* General tokens: 256 bits, kept as SHA-256, shown once. */
#include <string.h>

#include "auth.h"
#include "body.h"
#include "clock.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "resource_private.h"
#include "users.h"

static req_step token_made, token_revoked;

enum { TOKEN_BYTES = 32 };

#define TOKEN_FIELDS                                                                               \
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },                                                  \
		{ "user", "t.account_id", FT_INT, F_ORDER, OP_EQ },                                \
		{ "username", "a.name", FT_TEXT, F_ORDER, OP_EQ },                                 \
		{ "name", "t.name", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },                       \
		{ "scope", "to_json(t.scope)::text", FT_LIST },                                    \
		{ "created", "t.created", FT_TIME, F_ORDER },                                      \
		{ "expires", "t.expires", FT_TIME, F_ORDER },                                      \
		{ "last_used", "t.last_used", FT_TIME, F_ORDER },                                  \
	{                                                                                          \
		"revoked", "t.revoked", FT_TIME, F_ORDER                                           \
	}

static const struct field token_fields[] = { TOKEN_FIELDS, { 0 } };
const struct field token_reply[] = { TOKEN_FIELDS, { "token", NULL, FT_TEXT, F_REQUIRED }, { 0 } };

const struct resource tokens = {
	.name = "token",
	.table = "token",
	.from = "token t join account a on a.id = t.account_id",
	.count_from = "token t join account a on a.id = t.account_id",
	.fields = token_fields,
	.holder = "t.account_id = $$::int",
};

enum { NAME, SCOPE, EXPIRES, USER };

const struct field token_members[] = {
	[NAME] = { "name", NULL, FT_TEXT, F_WRITE, .max = 150, .example = "payroll" },
	/* null: all that the user may */
	[SCOPE] = { "scope", NULL, FT_LIST, F_WRITE, .example = "personnel.view_employee" },
	[EXPIRES] = { "expires", NULL, FT_TIME, F_WRITE },
	[USER] = { "user", NULL, FT_REF, F_WRITE, .table = "account" }, /* superusers: of others */
	{ 0 },
};

static const struct resource token_body = { .name = "token", .fields = token_members };

struct making {
	struct write write;
	char token[2 * TOKEN_BYTES + 1];
};

/* A token with a scope makes none that may do more. */
static bool is_more(const struct account *account, const struct value *scope)
{
	struct rights rights = { { 0 } };

	if (!account->scoped)
		return false;
	for (int i = 0; i < scope->n; i++)
		rights_add(&rights, scope->words[i]);
	return !scope->present || scope->null || !rights_cover(&account->rights, &rights);
}

void tokens_create(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	const struct account *account = auth_account(r);
	struct making *m = arena_alloc(a, sizeof(*m));
	struct write *w = &m->write;
	unsigned char bytes[TOKEN_BYTES], *hash = arena_alloc(a, SEAL_KEY_SIZE);

	*w = (struct write){ .req = r, .arena = a, .res = &token_body, .create = true };
	w->body = body_read(r);
	if (!w->body)
		return;
	write_prepare(w);
	const struct value *scope = &w->given[SCOPE], *user = &w->given[USER];
	for (int i = 0; i < scope->n; i++)
		if (scope->words[i] && !rights_known(scope->words[i]))
			errors_add(
				w->errors, "scope", "\"%s\" is not a permission.", scope->words[i]);
	if (errors_reply(r, w->errors))
		return;
	bool other = user->present && !user->null && strtol(user->text, NULL, 10) != account->id;
	if (is_more(account, scope) || (other && !account->superuser)) {
		error_detail(r, 403, "You do not have permission to perform this action.");
		return;
	}
	req_set_data(r, m);
	seal_random(bytes, sizeof(bytes));
	str_hex(bytes, sizeof(bytes), m->token);
	auth_token_hash(m->token, hash);
	bool all = !scope->present || scope->null;
	const char *name = write_text(w, "name");
	const struct db_arg args[] = { other ? db_text(user->text) : db_int(a, account->id),
		db_text(name ? name : ""), db_bytes(hash, SEAL_KEY_SIZE),
		all ? db_text(NULL) : db_text_array(a, scope->words, scope->n),
		db_text(write_text(w, "expires")),
		db_int(a, api_of(r)->options.config->token_lifetime) };
	req_query(r, token_made,
		"insert into token (account_id, name, hash, scope, expires)"
		" select id, $2::text, $3::bytea, $4::text[], coalesce($5::timestamp::timestamptz,"
		" case when $6::int8 > 0 then now() + make_interval(secs => $6::int8) end)"
		" from account where id = $1::int and active"
		" returning id, account_id, (select a.name from account a where a.id = account_id),"
		" name, to_json(scope)::text, to_char(created, 'YYYY-MM-DD HH24:MI:SS'),"
		" to_char(expires, 'YYYY-MM-DD HH24:MI:SS')",
		LEN(args), args);
}

static json_t *text_or_null(const struct rows *rows, int column)
{
	return rows_null(rows, 0, column) ? json_null() : json_string(rows_text(rows, 0, column));
}

static void token_made(struct req *r, const struct rows *rows)
{
	const struct making *m = req_data(r);
	json_t *reply = errors_new(req_arena(r));
	int64_t id = 0, user = 0;

	if (rows_count(rows) == 0) {
		error_field(r, "user",
			arena_printf(req_arena(r), "Invalid pk \"%s\" - object does not exist.",
				m->write.given[USER].text));
		return;
	}
	str_to_int(rows_text(rows, 0, 0), 0, INT32_MAX, &id);
	str_to_int(rows_text(rows, 0, 1), 0, INT32_MAX, &user);
	json_object_set_new(reply, "id", json_integer(id));
	json_object_set_new(reply, "user", json_integer(user));
	json_object_set_new(reply, "username", text_or_null(rows, 2));
	json_object_set_new(reply, "name", text_or_null(rows, 3));
	json_object_set_new(reply, "scope",
		rows_null(rows, 0, 4) ? json_null() : json_loads(rows_text(rows, 0, 4), 0, NULL));
	json_object_set_new(reply, "created", text_or_null(rows, 5));
	json_object_set_new(reply, "expires", text_or_null(rows, 6));
	json_object_set_new(reply, "last_used", json_null());
	json_object_set_new(reply, "revoked", json_null());
	json_object_set_new(reply, "token", json_string(m->token));
	reply_json(r, 201, reply);
}

/* The row stays, so that the audit trail can name it. */
void tokens_revoke(struct req *r, const struct rows *rows)
{
	const struct account *account = auth_account(r);
	struct arena *a = req_arena(r);
	int32_t id;

	if (!resource_id(r, &id))
		return;
	const struct db_arg args[] = { db_int(a, id), db_int(a, account->id),
		db_bool(account->superuser) };
	req_query(r, token_revoked,
		"update token set revoked = coalesce(revoked, now())"
		" where id = $1::int and (account_id = $2::int or $3::boolean)",
		LEN(args), args);
}

static void token_revoked(struct req *r, const struct rows *rows)
{
	if (rows_affected(rows) == 0) {
		error_not_found(r);
		return;
	}
	req_empty(r, 204);
}
