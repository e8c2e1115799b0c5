/* POST /api-token-auth/, /jwt-api-token-auth/, /jwt-api-token-refresh/; and for staff. */
#include <string.h>

#include "accounts.h"
#include "auth_private.h"
#include "body.h"
#include "clock.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "session.h"
#include "verify.h"
#include "webtoken.h"

static req_step login_account, login_verified, token_stored, refresh_account;

/* Kinds of logins, as spec of their routes; users' by token have none. */
static const char staff_login[] = "staff", page_login[] = "page";

enum { LOGIN_BODY_MAX = 65536, REFRESH_DAYS = 7 };

static const int64_t day = 86400;
static const int64_t for_ever = INT64_C(36500) * 86400; /* a lifetime of 0 */

struct login {
	struct account_query query;
	struct verify_try attempt;
	struct webtoken old; /* to be refreshed */
	char token[41];
};

enum { USERNAME, EMAIL, PASSWORD, COMPANY };

/* email may stand in place of username. The company that the cloud product's clients say is not
 * looked at. */
const struct field login_members[] = {
	[USERNAME] = { "username", NULL, FT_TEXT, F_WRITE | F_REQUIRED },
	[EMAIL] = { "email", NULL, FT_TEXT, F_WRITE },
	[PASSWORD] = { "password", NULL, FT_TEXT, F_WRITE | F_REQUIRED },
	[COMPANY] = { "company", NULL, FT_TEXT, F_WRITE },
	{ 0 },
};

const struct field refresh_members[] = {
	{ "token", NULL, FT_TEXT, F_WRITE | F_REQUIRED },
	{ 0 },
};

/* JSON web tokens come with access and refresh, too, where the setting says so. */
const struct field login_reply[] = {
	{ "token", NULL, FT_TEXT, F_REQUIRED },
	{ 0 },
};

static json_t *login_body(struct req *r)
{
	size_t n;

	req_body(r, &n);
	if (n <= LOGIN_BODY_MAX)
		return body_read(r);
	error_detail(r, 413, "Request body is too large.");
	return NULL;
}

/* A text that must be there; NULL: the error is noted. */
static const char *member_text(
	struct req *r, const json_t *body, const char *name, bool trim, json_t *errors)
{
	const json_t *value = json_object_get(body, name);
	const char *text = NULL;

	if (!value)
		errors_add(errors, name, "This field is required.");
	else if (json_is_null(value))
		errors_add(errors, name, "This field may not be null.");
	else if (!(text = body_text(req_arena(r), value)))
		errors_add(errors, name, "Not a valid string.");
	else if (!*text)
		errors_add(errors, name, "This field may not be blank.");
	return text && !trim && json_is_string(value) ? json_string_value(value) : text;
}

static bool member_says(const json_t *body, const char *name)
{
	const json_t *value = json_object_get(body, name);
	const char *text = json_string_value(value);

	return value && !json_is_null(value) && !(text && !text[strspn(text, " \t\r\n")]);
}

/* Some clients say an e-mail address in place of a name, or beside an empty one. */
static const char *name_member(const json_t *body)
{
	const char *name = login_members[USERNAME].json, *email = login_members[EMAIL].json;

	if (member_says(body, name))
		return name;
	return member_says(body, email) || (json_is_string(json_object_get(body, email)) &&
						   !json_object_get(body, name))
		       ? email
		       : name;
}

/* Texts or nothing, also where they are not looked at. */
static void others_check(struct req *r, const json_t *body, const char *name, json_t *errors)
{
	static const int others[] = { EMAIL, COMPANY };

	for (size_t i = 0; i < LEN(others); i++) {
		const char *member = login_members[others[i]].json;
		const json_t *value = json_object_get(body, member);
		if (member != name && value && !json_is_null(value) &&
			!body_text(req_arena(r), value))
			errors_add(errors, member, "Not a valid string.");
	}
}

void login(struct req *r, const struct rows *rows)
{
	struct login *l = arena_alloc(req_arena(r), sizeof(*l));
	json_t *errors = errors_new(req_arena(r)), *body = login_body(r);

	if (!body)
		return;
	if (req_route(r)->spec == page_login && !session_origin_good(r))
		return;
	bool of_staff = req_route(r)->spec == staff_login;
	const char *name = name_member(body);
	l->attempt.name = member_text(r, body, name, true, errors);
	l->attempt.password = member_text(r, body, login_members[PASSWORD].json, false, errors);
	others_check(r, body, name, errors);
	if (errors_reply(r, errors))
		return;
	req_set_data(r, l);
	l->query.by = of_staff ? STAFF_BY_NAME : ACCOUNT_BY_NAME;
	l->query.name = l->attempt.name;
	l->query.fresh = true;
	if (of_staff) {
		l->query.email_hash = seal_email(
			req_arena(r), api_of(r)->options.secrets->lookup, l->attempt.name);
		/* so that guesses at an employee do not slow a user of that name */
		l->attempt.name = staff_guard_name(req_arena(r), l->attempt.name);
	}
	accounts_find(api_of(r)->auth->accounts, r, &l->query, login_account);
}

static void login_account(struct req *r, const struct rows *rows)
{
	struct login *l = req_data(r);
	const struct known *k = l->query.found;

	verify_of(&l->attempt, k);
	verify_run(api_of(r)->auth->verify, r, &l->attempt, login_verified);
}

/* --- the general token ---------------------------------------------------------------------- */

static void general_token(struct req *r, struct login *l)
{
	const struct known *k = l->query.found;
	struct arena *a = req_arena(r);
	unsigned char *hash = arena_alloc(a, SEAL_KEY_SIZE), key[SEAL_KEY_SIZE];

	memcpy(key, api_of(r)->auth->secrets->login_token, sizeof(key));
	if (k->staff)
		auth_staff_key(api_of(r)->auth->secrets->login_token, key);
	auth_login_token(key, k->id, k->generation, l->token);
	auth_token_hash(l->token, hash);
	const struct db_arg args[] = { db_int(a, k->id), db_bytes(hash, SEAL_KEY_SIZE),
		db_int(a, k->generation) };
	if (k->staff)
		req_query(r, token_stored,
			"update staff_login set login_hash = $2::bytea where employee_id = $1::int"
			" and token_generation = $3::int and login_hash is distinct from $2::bytea",
			3, args);
	else
		req_query(r, token_stored,
			"update account set login_hash = $2::bytea where id = $1::int"
			" and token_generation = $3::int and login_hash is distinct from $2::bytea",
			3, args);
}

static void token_stored(struct req *r, const struct rows *rows)
{
	const struct login *l = req_data(r);
	json_t *reply = errors_new(req_arena(r));

	json_object_set_new(reply, "token", json_string(l->token));
	reply_json(r, 200, reply);
}

/* --- JSON web tokens ------------------------------------------------------------------------ */

static int64_t seconds_now(void)
{
	return clock_now() / 1000000;
}

/* How long after the login a token may still be made anew. */
static int64_t refresh_lifetime(const struct config *config)
{
	int64_t least = REFRESH_DAYS * day;

	if (config->jwt_lifetime == 0)
		return for_ever;
	return config->jwt_lifetime > least ? config->jwt_lifetime : least;
}

static void reply_webtoken(struct req *r, const struct known *k, int64_t orig_iat, int64_t now)
{
	const struct auth *auth = api_of(r)->auth;
	unsigned char key[SEAL_KEY_SIZE];
	int64_t lifetime = auth->config->jwt_lifetime ? auth->config->jwt_lifetime : for_ever;
	struct webtoken t = { .user_id = k->id,
		.username = k->name,
		.email = k->email,
		.exp = now + lifetime,
		.orig_iat = orig_iat };
	const unsigned char *signing = auth->secrets->jwt[auth->secrets->signing];
	memcpy(key, signing, sizeof(key));
	if (k->staff)
		auth_staff_key(signing, key);
	bool named = auth->secrets->signing != auth->secrets->unnamed;
	const char *token = webtoken_make(req_arena(r), key, named, &t);
	json_t *reply = errors_new(req_arena(r));

	json_object_set_new(reply, "token", json_string(token));
	if (auth->config->jwt_superset_body) {
		t.exp = orig_iat + refresh_lifetime(auth->config);
		t.refresh = true;
		json_object_set_new(reply, "access", json_string(token));
		json_object_set_new(
			reply, "refresh", json_string(webtoken_make(req_arena(r), key, named, &t)));
	}
	reply_json(r, 200, reply);
}

static void login_verified(struct req *r, const struct rows *rows)
{
	struct login *l = req_data(r);
	const struct known *k = l->query.found;

	if (verify_refused(r, &l->attempt))
		return;
	if (!l->attempt.good || !k->active) {
		error_field(r, "non_field_errors", "Unable to log in with provided credentials.");
		return;
	}
	if (req_route(r)->spec == page_login) {
		session_begin(r, k);
	} else if (strstr(req_route(r)->pattern, "jwt")) {
		/* later than the last revocation, if need be by the rest of a second */
		int64_t now = k->now > k->tokens_from ? k->now : k->tokens_from + 1;
		reply_webtoken(r, k, now, now);
	} else {
		general_token(r, l);
	}
}

void refresh(struct req *r, const struct rows *rows)
{
	struct login *l = arena_alloc(req_arena(r), sizeof(*l));
	json_t *errors = errors_new(req_arena(r)), *body = login_body(r);

	if (!body)
		return;
	const char *name = !json_object_get(body, "token") && json_object_get(body, "refresh")
				   ? "refresh"
				   : refresh_members[0].json;
	const char *token = member_text(r, body, name, true, errors);
	if (errors_reply(r, errors))
		return;
	const struct auth *auth = api_of(r)->auth;
	bool staff;
	enum webtoken_result result = auth_webtoken(auth, token, &l->old, &staff);
	if (result == WEBTOKEN_GOOD && l->old.orig_iat > 0) {
		req_set_data(r, l);
		l->query.by = staff ? STAFF_BY_ID : ACCOUNT_BY_ID;
		l->query.id = (int)l->old.user_id;
		accounts_find(auth->accounts, r, &l->query, refresh_account);
		return;
	}
	error_field(r, "non_field_errors",
		result == WEBTOKEN_EXPIRED ? "Signature has expired."
		: result == WEBTOKEN_BAD   ? "Error decoding signature."
					   : "orig_iat field is required.");
}

static void refresh_account(struct req *r, const struct rows *rows)
{
	const struct login *l = req_data(r);
	const struct known *k = l->query.found;
	const struct config *config = api_of(r)->auth->config;

	if (!k)
		error_field(r, "non_field_errors", "User doesn't exist.");
	else if (!k->active)
		error_field(r, "non_field_errors", "User account is disabled.");
	else if (l->old.orig_iat <= k->tokens_from)
		error_field(r, "non_field_errors", "Signature has expired.");
	else if (seconds_now() > l->old.orig_iat + refresh_lifetime(config))
		error_field(r, "non_field_errors", "Refresh has expired.");
	else
		reply_webtoken(r, k, l->old.orig_iat, seconds_now());
}

const struct route auth_routes[] = {
	{ POST, "/api-token-auth/", login, NULL, API_OPEN },
	{ POST, "/jwt-api-token-auth/", login, NULL, API_OPEN },
	{ POST, "/base/api/session/", login, page_login, API_OPEN },
	{ GET, "/base/api/session/", session_show, NULL, API_READER },
	{ DELETE, "/base/api/session/", session_end, NULL, API_READER },
	{ POST, "/jwt-api-token-refresh/", refresh, NULL, API_OPEN },
	{ POST, "/staff-api-token-auth/", login, staff_login, API_OPEN },
	{ POST, "/staff-jwt-api-token-auth/", login, staff_login, API_OPEN },
	{ 0 },
};
