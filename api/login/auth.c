/* The Authorization header of every request. */
#include "auth.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "accounts.h"
#include "auth_private.h"
#include "clock.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "scope.h"
#include "session.h"
#include "verify.h"
#include "webtoken.h"

static req_step token_account, webtoken_account, basic_account, basic_verified, session_account;

enum scheme { SCHEME_NONE, SCHEME_TOKEN, SCHEME_JWT, SCHEME_BASIC };

struct check {
	struct auth *auth;
	req_step *next;
	const struct route *route; /* NULL: any user will do */
	enum scheme scheme;
	const char *credential;
	struct account_query query;
	struct webtoken webtoken;
	struct verify_try attempt;
};

struct auth *auth_new(struct arena *a, const struct api_options *options, struct offload *passwords)
{
	struct auth *auth = arena_alloc(a, sizeof(*auth));

	auth->config = options->config;
	auth->secrets = options->secrets;
	auth->accounts = accounts_new(a, options->db);
	auth->verify = verify_new(options->base, passwords);
	return auth;
}

void auth_free(struct auth *auth)
{
	verify_free(auth->verify);
}

/* --- tokens --------------------------------------------------------------------------------- */

void auth_login_token(
	const unsigned char key[SEAL_KEY_SIZE], int account, int generation, char out[static 41])
{
	unsigned char mac[SEAL_KEY_SIZE];
	char text[64];
	int n = snprintf(text, sizeof(text), "%d:%d", account, generation);

	seal_hmac(key, text, (size_t)n, mac);
	str_hex(mac, 20, out);
}

void auth_staff_key(const unsigned char key[SEAL_KEY_SIZE], unsigned char out[static SEAL_KEY_SIZE])
{
	static const char said[] = "staff";

	seal_hmac(key, said, strlen(said), out);
}

void auth_token_hash(const char *token, unsigned char out[static SEAL_KEY_SIZE])
{
	seal_sha256(token, strlen(token), out);
}

/* --- answers -------------------------------------------------------------------------------- */

static void check_refuse(struct req *r, const struct check *c, const char *detail)
{
	static const char *const challenges[] = { [SCHEME_NONE] = "JWT realm=\"api\"",
		[SCHEME_TOKEN] = "Token",
		[SCHEME_JWT] = "JWT realm=\"api\"",
		[SCHEME_BASIC] = "Basic realm=\"api\"" };

	req_add_header(r, "WWW-Authenticate", challenges[c->scheme]);
	error_detail(r, 401, "%s", detail);
}

enum subject auth_subject(const struct route *route)
{
	return (enum subject)(route->flags >> 8 & 0xff);
}

int auth_actions(const struct route *route, enum method method)
{
	int said = route->flags >> 16;

	if (said)
		return said;
	switch (method) {
	case POST:
		return MAY_ADD;
	case PUT:
	case PATCH:
		return MAY_CHANGE;
	case DELETE:
		return MAY_DELETE;
	default:
		return MAY_VIEW;
	}
}

static bool is_allowed(const struct req *r, const struct route *route, const struct account *who)
{
	if (who->staff || (route && route->flags & API_STAFF))
		return who->staff && route && route->flags & API_STAFF;
	if (!route) /* figures of the whole server */
		return !who->limited;
	if (route->flags & API_READER)
		return true;
	enum subject subject = auth_subject(route);
	const struct subject_spec *spec = rights_subject(subject);
	if (!spec)
		return who->superuser;
	int actions = auth_actions(route, req_method(r));
	bool whole = spec->whole || route->flags & API_WHOLE ||
		     (spec->everybodys && actions & ~MAY_VIEW);
	return (who->rights.may[subject] & actions) == actions && !(whole && who->limited);
}

/* What the path names must exist for who asks. */
static void check_id(struct req *r, const struct check *c)
{
	const struct subject_spec *spec = c->route ? rights_subject(auth_subject(c->route)) : NULL;
	const char *table = !spec				? NULL
			    : c->route->flags & API_OF_TERMINAL ? "terminal"
								: spec->table;
	const char *text = scope_limits(r) && table ? req_arg(r, "id") : NULL;
	int64_t id;

	if (!text)
		c->next(r, NULL);
	else if (str_to_int(text, 0, INT64_MAX, &id))
		scope_check(r, table, id, c->next);
	else
		error_not_found(r);
}

static void check_admit(struct req *r, const struct check *c, const struct known *known)
{
	struct account *account = arena_alloc(req_arena(r), sizeof(*account));

	*account = (struct account){ .id = known->staff ? 0 : known->id,
		.staff = known->staff ? known->id : 0,
		.superuser = known->superuser,
		.scoped = known->scoped,
		.limited = known->limited,
		.rights = known->rights,
		.name = known->name,
		.email = known->email,
		.token = known->token };
	req_judge(r, (struct owner){ OWNER_ACCOUNT, known->staff ? OWNER_STAFF | (uint64_t)known->id
								 : (uint64_t)known->id });
	req_set_login(r, account);
	req_set_data(r, NULL);
	if (is_allowed(r, c->route, account))
		check_id(r, c);
	else
		error_detail(r, 403, "You do not have permission to perform this action.");
}

/* --- Token ---------------------------------------------------------------------------------- */

static bool is_hex_token(const char *text)
{
	size_t n = strlen(text);
	return (n == 40 || n == 64) && strspn(text, "0123456789abcdef") == n;
}

static void check_token(struct req *r, struct check *c)
{
	unsigned char *hash = arena_alloc(req_arena(r), SEAL_KEY_SIZE);

	if (!is_hex_token(c->credential)) {
		check_refuse(r, c, "Invalid token.");
		return;
	}
	auth_token_hash(c->credential, hash);
	c->query.by = ACCOUNT_BY_TOKEN;
	c->query.token_hash = hash;
	accounts_find(c->auth->accounts, r, &c->query, token_account);
}

static void token_account(struct req *r, const struct rows *rows)
{
	struct check *c = req_data(r);
	const struct known *k = c->query.found;
	unsigned char key[SEAL_KEY_SIZE] = { 0 };
	char token[41] = "";

	if (!k && c->query.by == ACCOUNT_BY_TOKEN) {
		c->query.by = STAFF_BY_TOKEN;
		accounts_find(c->auth->accounts, r, &c->query, token_account);
		return;
	}
	if (k && k->staff)
		auth_staff_key(c->auth->secrets->login_token, key);
	if (k && k->by_login_hash)
		auth_login_token(k->staff ? key : c->auth->secrets->login_token, k->id,
			k->generation, token);
	bool stale = k && k->by_login_hash &&
		     (strlen(c->credential) != 40 || !seal_same(token, c->credential, 40));
	if (!k || k->dead || stale)
		check_refuse(r, c, "Invalid token.");
	else if (!k->active)
		check_refuse(r, c, "User inactive or deleted.");
	else
		check_admit(r, c, k);
}

/* --- JWT ------------------------------------------------------------------------------------ */

enum webtoken_result auth_webtoken(
	const struct auth *auth, const char *token, struct webtoken *t, bool *staff)
{
	int64_t now = clock_now() / 1000000;
	enum webtoken_result result = WEBTOKEN_BAD;
	unsigned char key[SEAL_KEY_SIZE];

	for (int i = 0; i < 2 * auth->secrets->njwt && result == WEBTOKEN_BAD; i++) {
		*staff = i % 2;
		memcpy(key, auth->secrets->jwt[i / 2], sizeof(key));
		if (*staff)
			auth_staff_key(auth->secrets->jwt[i / 2], key);
		result = webtoken_read(key, token, now, t);
	}
	explicit_bzero(key, sizeof(key));
	return result;
}

static void check_webtoken(struct req *r, struct check *c)
{
	bool staff;
	enum webtoken_result result = auth_webtoken(c->auth, c->credential, &c->webtoken, &staff);

	if (result == WEBTOKEN_EXPIRED) {
		check_refuse(r, c, "Signature has expired.");
	} else if (result != WEBTOKEN_GOOD || c->webtoken.refresh) {
		check_refuse(r, c, "Error decoding signature.");
	} else {
		c->query.by = staff ? STAFF_BY_ID : ACCOUNT_BY_ID;
		c->query.id = (int)c->webtoken.user_id;
		accounts_find(c->auth->accounts, r, &c->query, webtoken_account);
	}
}

static void webtoken_account(struct req *r, const struct rows *rows)
{
	struct check *c = req_data(r);
	const struct known *k = c->query.found;

	if (!k)
		check_refuse(r, c, "Invalid signature.");
	else if (!k->active)
		check_refuse(r, c, "User account is disabled.");
	else if (c->webtoken.orig_iat <= k->tokens_from)
		check_refuse(r, c, "Signature has expired."); /* so that the client logs in again */
	else
		check_admit(r, c, k);
}

/* --- Basic ---------------------------------------------------------------------------------- */

/* name:password on the arena, or NULL. */
static char *basic_decode(struct arena *a, const char *text)
{
	size_t n = strlen(text);

	while (n > 0 && text[n - 1] == '=')
		n--;
	if (n % 4 == 1 || n > 4000)
		return NULL;
	char *padded = arena_alloc(a, n + 5);
	memcpy(padded, text, n);
	size_t whole = (n + 3) / 4 * 4;
	memset(padded + n, '=', whole - n);
	unsigned char *plain = arena_alloc(a, whole + 1);
	int len = EVP_DecodeBlock(plain, (unsigned char *)padded, (int)whole);
	len -= (int)(whole - n);
	if (len < 0 || !str_is_utf8(plain, (size_t)len))
		return NULL;
	plain[len] = '\0';
	return (char *)plain;
}

static void check_basic(struct req *r, struct check *c)
{
	char *name = basic_decode(req_arena(r), c->credential);
	char *colon = name ? strchr(name, ':') : NULL;

	if (!colon) {
		check_refuse(
			r, c, "Invalid basic header. Credentials not correctly base64 encoded.");
		return;
	}
	*colon = '\0';
	c->attempt.name = name;
	c->attempt.password = colon + 1;
	c->query.by = ACCOUNT_BY_NAME;
	c->query.name = name;
	accounts_find(c->auth->accounts, r, &c->query, basic_account);
}

static void basic_account(struct req *r, const struct rows *rows)
{
	struct check *c = req_data(r);
	const struct known *k = c->query.found;

	verify_of(&c->attempt, k);
	verify_run(c->auth->verify, r, &c->attempt, basic_verified);
}

static void basic_verified(struct req *r, const struct rows *rows)
{
	struct check *c = req_data(r);

	if (verify_refused(r, &c->attempt))
		return;
	if (c->attempt.good && c->query.found->active)
		check_admit(r, c, c->query.found);
	else
		check_refuse(r, c, "Invalid username/password.");
}

/* --- the session of a page ------------------------------------------------------------------- */

/* False: the request has none. */
static bool check_session(struct req *r, struct check *c)
{
	unsigned char *hash = arena_alloc(req_arena(r), SESSION_HASH_SIZE);

	if (!session_cookie(r, hash))
		return false;
	if (!session_request_good(r, hash))
		return true;
	c->query.by = ACCOUNT_BY_SESSION;
	c->query.token_hash = hash;
	c->query.idle = c->auth->config->session_idle;
	accounts_find(c->auth->accounts, r, &c->query, session_account);
	return true;
}

static void session_account(struct req *r, const struct rows *rows)
{
	struct check *c = req_data(r);
	const struct known *k = c->query.found;

	if (!k || k->dead || !k->active)
		check_refuse(r, c, "Authentication credentials were not provided.");
	else
		check_admit(r, c, k);
}

/* --- the header ----------------------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *header; /* as error messages call it */
	enum scheme scheme;
} schemes[] = {
	{ "Token", "token", SCHEME_TOKEN },
	{ "JWT", "Authorization", SCHEME_JWT },
	{ "Basic", "basic", SCHEME_BASIC },
};

/* False: refused. */
static bool header_read(struct req *r, struct check *c)
{
	const char *header = req_header(r, "Authorization");
	size_t n = header ? strcspn(header, " \t") : 0;
	const char *word = header ? arena_memdup(req_arena(r), header, n) : "";
	size_t i = 0;

	while (i < LEN(schemes) && !str_same_word(word, schemes[i].name))
		i++;
	if (!header || i == LEN(schemes)) {
		check_refuse(r, c, "Authentication credentials were not provided.");
		return false;
	}
	c->scheme = schemes[i].scheme;
	header += n + strspn(header + n, " \t");
	c->credential = arena_memdup(req_arena(r), header, strcspn(header, " \t"));
	const char *more = header + strcspn(header, " \t");
	if (!*header)
		check_refuse(r, c,
			arena_printf(req_arena(r), "Invalid %s header. No credentials provided.",
				schemes[i].header));
	else if (more[strspn(more, " \t")])
		check_refuse(r, c,
			arena_printf(req_arena(r),
				"Invalid %s header. %s string should not contain spaces.",
				schemes[i].header,
				c->scheme == SCHEME_TOKEN ? "Token" : "Credentials"));
	else
		return true;
	return false;
}

/* route: NULL: for any user. Clients may send either kind of token under either name. */
static void check_run(struct req *r, struct auth *auth, const struct route *route, req_step *next)
{
	struct check *c = arena_alloc(req_arena(r), sizeof(*c));

	c->auth = auth;
	c->route = route;
	c->next = next;
	req_set_data(r, c);
	if (!req_header(r, "Authorization") && check_session(r, c))
		return;
	if (!header_read(r, c))
		return;
	if (c->scheme == SCHEME_BASIC)
		check_basic(r, c);
	else if (strchr(c->credential, '.') ||
		 (c->scheme == SCHEME_JWT && !is_hex_token(c->credential)))
		check_webtoken(r, c);
	else
		check_token(r, c);
}

void auth_before(struct req *r, req_step *next)
{
	const struct route *route = req_route(r);

	if (route->flags & API_OPEN)
		next(r, NULL);
	else
		check_run(r, api_of(r)->auth, route, next);
}

void api_require_login(struct api *api, struct req *r, req_step *next)
{
	check_run(r, api->auth, NULL, next);
}

const struct account *auth_account(const struct req *r)
{
	return req_login(r);
}

bool auth_may(const struct req *r, enum subject subject, int action)
{
	const struct account *account = auth_account(r);

	return account && account->rights.may[subject] & action;
}

bool auth_sees_credentials(const struct req *r)
{
	return auth_may(r, SUBJECT_CREDENTIAL, MAY_VIEW) &&
	       !api_of(r)->options.config->hide_credentials;
}
