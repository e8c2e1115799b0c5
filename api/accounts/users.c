/* Users and groups, and what one may know and change of oneself. */
#include "users.h"

#include <string.h>

#include "accounts.h"
#include "auth_private.h"
#include "body.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "new_password.h"
#include "page.h"
#include "resource_private.h"
#include "verify.h"

static req_step user_known, user_hashed, user_asked, me_found, me_verified, me_hashed, me_stored,
	me_read;

/* --- groups ----------------------------------------------------------------------------------- */

static const struct field group_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "name", "t.name", FT_TEXT, F_WRITE | F_REQUIRED | F_UNIQUE | F_ORDER, OP_EQ | OP_CONTAINS,
		150 },
	{ "permissions", "to_json(t.permissions)::text", FT_LIST, F_WRITE | F_NOT_NULL,
		.column = "permissions", .example = "personnel.view_employee" },
	{ "created", "t.created", FT_TIME, F_ORDER },
	{ 0 },
};

static void words_check(struct write *w, const char *member)
{
	const struct field *f = w->res->fields;
	int i = 0;

	while (strcmp(f[i].json, member) != 0)
		i++;
	const struct value *v = &w->given[i];
	for (int n = 0; v->present && !v->null && n < v->n; n++)
		if (!rights_known(v->words[n]))
			errors_add(w->errors, member, "\"%s\" is not a permission.", v->words[n]);
}

static void group_check(struct write *w, const struct rows *current, int column)
{
	words_check(w, "permissions");
}

static const char *const group_search[] = { "t.name", NULL };

const struct resource groups = {
	.name = "group",
	.table = "account_group",
	.fields = group_fields,
	.search = group_search,
	.keep_up_to = 1,
	.check = group_check,
	.delete_sql = "with gone as (delete from account_group where id = $$::int returning id),"
		      " without as (update account set groups = array_remove(groups, gone.id)"
		      " from gone where gone.id = any(groups)) select from gone",
};

/* --- users ------------------------------------------------------------------------------------ */

static const struct field user_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "username", "t.name", FT_TEXT, F_WRITE | F_REQUIRED | F_UNIQUE | F_ORDER,
		OP_EQ | OP_CONTAINS, 150 },
	{ "email", "t.email", FT_EMAIL, F_WRITE, OP_EQ, 254, .null_as = "''" },
	{ "is_superuser", "t.superuser", FT_BOOL, F_WRITE | F_NOT_NULL, OP_EQ },
	{ "is_active", "t.active", FT_BOOL, F_WRITE | F_NOT_NULL, OP_EQ },
	{ "groups", "to_json(t.groups)::text", FT_LIST, F_WRITE | F_NOT_NULL, .column = "groups",
		.table = "account_group" },
	/* null: no limit */
	{ "areas", "to_json(t.areas)::text", FT_LIST, F_WRITE, .column = "areas", .table = "area" },
	{ "departments", "to_json(t.departments)::text", FT_LIST, F_WRITE, .column = "departments",
		.table = "department" },
	/* what is stored is its hash, see user_write() */
	{ "password", NULL, FT_TEXT, F_WRITE | F_REQUIRED | F_HIDDEN, .column = "password_hash",
		.max = PASSWORD_MAX, .example = "Long-enough-1" },
	{ "created", "t.created", FT_TIME, F_ORDER },
	{ 0 },
};

#define IS_LAST                                                                                    \
	"t.superuser and t.active and not exists (select from account o"                           \
	" where o.id <> t.id and o.superuser and o.active)"

static const char last_one[] = "This is the last superuser that can log in.";

/* Basic logins end the name at a colon. */
static void name_check(struct write *w)
{
	const char *name = write_text(w, "username");

	for (const char *c = name; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f || *c == ':') {
			errors_add(w->errors, "username",
				"Enter a valid username without colons and control characters.");
			return;
		}
}

static void user_check(struct write *w, const struct rows *current, int column)
{
	const char *active = write_text(w, "is_active"), *super = write_text(w, "is_superuser");
	bool disabled = active && *active == 'f';

	name_check(w);
	if (w->create)
		return;
	if (rows_bool(current, 0, column) && (disabled || (super && *super == 'f')))
		errors_add(w->errors, "non_field_errors", "%s", last_one);
	if (!disabled && !write_has(w, "password"))
		return;
	/* what was given out before ends; JSON web tokens know whole seconds */
	write_set(w, "token_generation", "token_generation + $$::int", db_int(w->arena, 1));
	write_set(w, "tokens_from", "greatest(now(), tokens_from + $$::interval)", db_text("1 s"));
	write_set(w, "login_hash", "$$::bytea", db_text(NULL));
	if (disabled)
		write_with(w,
			", ended as (update token set revoked = now() from saved"
			" where token.account_id = saved.id and token.revoked is null"
			" and $$::boolean)",
			db_bool(true));
}

static const char *const user_search[] = { "t.name", "t.email", NULL };

const struct resource users = {
	.name = "user",
	.table = "account",
	.fields = user_fields,
	.search = user_search,
	.current = IS_LAST,
	.check = user_check,
};

struct change {
	int32_t id; /* 0: a new user */
	json_t *body;
	struct new_password password;
	struct account_query query;
	struct verify_try attempt;
};

/* False: replied. c->password.text stays NULL when the member is for write_validate() to refuse. */
static bool password_take(struct req *r, struct change *c, const char *member)
{
	const char *text = json_string_value(json_object_get(c->body, member));

	if (!text || !text[strspn(text, " \t\r\n")] || strlen(text) > PASSWORD_MAX)
		return true;
	if (strlen(text) < PASSWORD_LEAST) {
		error_field(r, member, "Ensure this field has at least 8 characters.");
		return false;
	}
	new_password_take(r, &c->password, text);
	return true;
}

static void user_write(struct req *r, int32_t id)
{
	struct change *c = arena_alloc(req_arena(r), sizeof(*c));

	c->id = id;
	c->body = body_read(r);
	if (!c->body || !password_take(r, c, "password"))
		return;
	req_set_data(r, c);
	if (!c->password.text) {
		resource_write(r, &users, c->id, c->body);
		return;
	}
	const struct db_arg args[] = { db_int(req_arena(r), c->id) };
	req_query(r, user_known, "select name, email from account where id = $1::int", LEN(args),
		args);
}

static void user_known(struct req *r, const struct rows *rows)
{
	struct change *c = req_data(r);
	bool there = rows_count(rows) > 0;
	const struct password_name names[] = {
		{ "username", json_string_value(json_object_get(c->body, "username")) },
		{ "email", json_string_value(json_object_get(c->body, "email")) },
		{ "username", there ? rows_text(rows, 0, 0) : NULL },
		{ "email", there ? rows_text(rows, 0, 1) : NULL },
	};

	if (new_password_judge(r, &c->password, "password", names, LEN(names)))
		new_password_hash(r, &c->password, user_hashed);
}

static void user_hashed(struct req *r, const struct rows *rows)
{
	struct change *c = req_data(r);

	if (!c->password.good) {
		error_detail(r, 500, "Internal server error.");
		return;
	}
	json_object_set_new(c->body, "password", json_string(c->password.hash));
	resource_write(r, &users, c->id, c->body);
}

void users_create(struct req *r, const struct rows *rows)
{
	user_write(r, 0);
}

void users_update(struct req *r, const struct rows *rows)
{
	int32_t id;

	if (!resource_id(r, &id))
		return;
	if (id == 0)
		error_not_found(r);
	else
		user_write(r, id);
}

void users_delete(struct req *r, const struct rows *rows)
{
	struct sql *sql = sql_new(req_arena(r));
	int32_t id;

	if (!resource_id(r, &id))
		return;
	sql_arg(sql, "select " IS_LAST " from account t where t.id = $$::int",
		db_int(req_arena(r), id));
	sql_run(sql, r, user_asked);
}

static void user_asked(struct req *r, const struct rows *rows)
{
	if (rows_count(rows) > 0 && rows_bool(rows, 0, 0))
		error_detail(r, 400, "%s", last_one);
	else
		resource_delete(r, NULL);
}

/* --- oneself ---------------------------------------------------------------------------------- */

const struct field me_reply[] = {
	{ "id", NULL, FT_INT },
	{ "username", NULL, FT_TEXT },
	{ "email", NULL, FT_TEXT },
	{ "is_superuser", NULL, FT_BOOL },
	{ "areas", NULL, FT_LIST, .table = "area" },
	{ "departments", NULL, FT_LIST, .table = "department" },
	{ "permissions", NULL, FT_LIST, F_NOT_NULL },
	{ 0 },
};

void me_show(struct req *r, const struct rows *rows)
{
	const struct db_arg args[] = { db_int(req_arena(r), auth_account(r)->id) };

	req_query(r, me_read,
		"select to_json(areas)::text, to_json(departments)::text from account"
		" where id = $1::int",
		LEN(args), args);
}

static json_t *names_of(const struct rights *rights)
{
	json_t *list = json_array();

	for (int i = SUBJECT_NONE + 1; i < SUBJECTS; i++)
		for (int bit = MAY_VIEW; bit <= MAY_DELETE; bit <<= 1) {
			char name[64];
			if (!(rights->may[i] & bit))
				continue;
			rights_name((enum subject)i, bit, name, sizeof(name));
			json_array_append_new(list, json_string(name));
		}
	return list;
}

static void list_set(json_t *reply, const char *name, const struct rows *rows, int column)
{
	bool none = rows_count(rows) == 0 || rows_null(rows, 0, column);

	json_object_set_new(
		reply, name, none ? json_null() : json_loads(rows_text(rows, 0, column), 0, NULL));
}

static void me_read(struct req *r, const struct rows *rows)
{
	const struct account *account = auth_account(r);
	json_t *reply = errors_new(req_arena(r));

	json_object_set_new(reply, "id", json_integer(account->id));
	json_object_set_new(reply, "username", json_string(account->name));
	json_object_set_new(reply, "email", json_string(account->email));
	json_object_set_new(reply, "is_superuser", json_boolean(account->superuser));
	list_set(reply, "areas", rows, 0);
	list_set(reply, "departments", rows, 1);
	json_object_set_new(reply, "permissions", names_of(&account->rights));
	reply_json(r, 200, reply);
}

const struct field me_password_members[] = {
	{ "old_password", NULL, FT_TEXT, F_WRITE | F_REQUIRED, .example = "Long-enough-1" },
	{ "new_password", NULL, FT_TEXT, F_WRITE | F_REQUIRED, .max = PASSWORD_MAX,
		.example = "Long-enough-2" },
	{ 0 },
};

static const struct resource me_password_body = { .fields = me_password_members };

/* Whatever was given out before ends, tokens with a name of their own excepted. */
void me_password(struct req *r, const struct rows *rows)
{
	struct change *c = arena_alloc(req_arena(r), sizeof(*c));
	struct write w = {
		.req = r, .arena = req_arena(r), .res = &me_password_body, .create = true
	};

	c->body = w.body = body_read(r);
	if (!w.body)
		return;
	write_prepare(&w);
	if (errors_reply(r, w.errors) || !password_take(r, c, "new_password"))
		return;
	if (auth_account(r)->scoped) {
		error_detail(r, 403, "You do not have permission to perform this action.");
		return;
	}
	if (!c->password.text) { /* a number */
		error_field(r, "new_password", "Not a valid string.");
		return;
	}
	const struct password_name names[] = { { "username", auth_account(r)->name },
		{ "email", auth_account(r)->email } };
	if (!new_password_judge(r, &c->password, "new_password", names, LEN(names)))
		return;
	req_set_data(r, c);
	c->attempt.name = auth_account(r)->name;
	c->attempt.password = write_text(&w, "old_password");
	c->query = (struct account_query){
		.by = ACCOUNT_BY_ID, .id = auth_account(r)->id, .fresh = true
	};
	accounts_find(api_of(r)->auth->accounts, r, &c->query, me_found);
}

static void me_found(struct req *r, const struct rows *rows)
{
	struct change *c = req_data(r);
	const struct known *k = c->query.found;

	verify_of(&c->attempt, k);
	verify_run(api_of(r)->auth->verify, r, &c->attempt, me_verified);
}

static void me_verified(struct req *r, const struct rows *rows)
{
	struct change *c = req_data(r);

	if (verify_refused(r, &c->attempt))
		return;
	if (!c->attempt.good)
		error_field(r, "old_password", "Invalid password.");
	else
		new_password_hash(r, &c->password, me_hashed);
}

static void me_hashed(struct req *r, const struct rows *rows)
{
	struct change *c = req_data(r);

	if (!c->password.good) {
		error_detail(r, 500, "Internal server error.");
		return;
	}
	const struct db_arg args[] = { db_int(req_arena(r), auth_account(r)->id),
		db_text(c->password.hash) };
	req_query(r, me_stored,
		"update account set password_hash = $2::text,"
		" token_generation = token_generation + 1, login_hash = null,"
		" tokens_from = greatest(now(), tokens_from + interval '1 s') where id = $1::int",
		LEN(args), args);
}

static void me_stored(struct req *r, const struct rows *rows)
{
	accounts_forget(api_of(r)->auth->accounts);
	reply_done(r);
}

/* --- permissions ------------------------------------------------------------------------------ */

const struct field permission_fields[] = {
	{ "codename", NULL, FT_TEXT, F_REQUIRED },
	{ "app", NULL, FT_TEXT, F_REQUIRED },
	{ "subject", NULL, FT_TEXT, F_REQUIRED },
	{ "by_name_only", NULL, FT_BOOL }, /* no pattern grants it */
	{ 0 },
};

static void permission_write(struct out *o, int subject, int bit)
{
	const struct subject_spec *s = rights_subject((enum subject)subject);
	char name[64];

	rights_name((enum subject)subject, bit, name, sizeof(name));
	json_open(o, '{');
	json_key(o, permission_fields[0].json);
	json_text(o, name);
	json_key(o, permission_fields[1].json);
	json_text(o, s->app);
	json_key(o, permission_fields[2].json);
	json_text(o, s->name);
	json_key(o, permission_fields[3].json);
	json_bool(o, s->named);
	json_close(o, '}');
}

/* The rows of the page; how many there are at all. */
static int permissions_write(struct out *o, int64_t from, int64_t n)
{
	int at = 0;

	for (int i = SUBJECT_NONE + 1; i < SUBJECTS; i++)
		for (int bit = MAY_VIEW; bit <= MAY_DELETE; bit <<= 1)
			if (rights_subject((enum subject)i)->actions & bit) {
				if (o && at >= from && at < from + n)
					permission_write(o, i, bit);
				at++;
			}
	return at;
}

void permissions_list(struct req *r, const struct rows *rows)
{
	int count = permissions_write(NULL, 0, 0);
	struct page page;
	struct out o;

	if (!page_read(r, &page) || !page_fit(r, &page, count))
		return;
	out_init(&o);
	page_open(&o, r, &page, count);
	permissions_write(&o, page_offset(&page), page_rows(&page, count));
	page_close(&o);
	req_reply(r, 200, "application/json", o.bytes, o.len);
	out_free(&o);
}

/* --- what the documentation says -------------------------------------------------------------- */

void users_about(const struct route *route, struct arena *a, struct about *about)
{
	req_step *h = route->handler;
	bool update = h == users_update;

	about->reply = ABOUT_ROW;
	if (h == users_create || update) {
		about->shape = user_fields;
		about->body = user_fields;
		about->partial = update;
		about->status = update ? 200 : 201;
	} else if (h == users_delete || h == tokens_revoke) {
		about->reply = ABOUT_EMPTY;
		about->status = 204;
		about->summary = h == users_delete ? "Delete" : "Revoke";
	} else if (h == me_show) {
		about->summary = "Who asks, and what they may do";
		about->shape = me_reply;
	} else if (h == me_password) {
		about->summary = "A new password of one's own";
		about->reply = ABOUT_DONE;
		about->body = me_password_members;
	} else if (h == tokens_create) {
		about->summary = "Create a token, shown this once";
		about->status = 201;
		about->shape = token_reply;
		about->body = token_members;
	} else {
		about->summary = "What groups and tokens can grant";
		about->reply = ABOUT_LIST;
		about->shape = permission_fields;
	}
}
