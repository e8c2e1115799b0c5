/* Page sessions. */
#include "session.h"

#include <string.h>

#include "auth_private.h"
#include "context.h"
#include "errors.h"
#include "fatal.h"
#include "str.h"

/* Of 256 bits; as hex in the cookie. */
enum { ID_BYTES = 32, ID_TEXT = 2 * ID_BYTES, ACCOUNT_MAX = 20 };

static req_step session_stored, session_ended;

struct opening {
	const struct known *known;
	char id[ID_TEXT + 1];
	unsigned char hash[SESSION_HASH_SIZE];
};

const struct field session_reply[] = {
	{ "id", NULL, FT_INT },
	{ "username", NULL, FT_TEXT },
	{ "is_superuser", NULL, FT_BOOL },
	{ "csrf_token", NULL, FT_TEXT },
	{ 0 },
};

/* --- the cookie ------------------------------------------------------------------------------- */

static bool is_https(const struct req *r)
{
	return strcmp(req_scheme(r), "https") == 0;
}

/* Browsers take __Host- only over https, for this host and from it. */
static const char *cookie_name(const struct req *r)
{
	return is_https(r) ? "__Host-punchd_session" : "punchd_session";
}

const char *session_cookie_find(const char *header, const char *name, size_t *n)
{
	const char *found = NULL;
	size_t len = strlen(name);

	while (*header) {
		header += strspn(header, "; \t");
		size_t all = strcspn(header, ";");
		if (all > len && memcmp(header, name, len) == 0 && header[len] == '=') {
			if (found)
				return NULL;
			found = header + len + 1;
			*n = all - len - 1;
		}
		header += all;
	}
	return found;
}

bool session_cookie(const struct req *r, unsigned char hash[static SESSION_HASH_SIZE])
{
	const char *header = req_header(r, "Cookie");
	size_t n = 0;
	const char *id = header ? session_cookie_find(header, cookie_name(r), &n) : NULL;

	if (!id || n != ID_TEXT || strspn(id, "0123456789abcdef") < ID_TEXT)
		return false;
	seal_sha256(id, ID_TEXT, hash);
	return true;
}

static void cookie_set(struct req *r, const char *id, int64_t seconds)
{
	req_add_header(r, "Set-Cookie",
		arena_printf(req_arena(r),
			"%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s", cookie_name(r),
			id, (long long)seconds, is_https(r) ? "; Secure" : ""));
}

/* --- other sites ------------------------------------------------------------------------------ */

static void csrf_token(const struct req *r, const unsigned char hash[static SESSION_HASH_SIZE],
	char out[static ID_TEXT + 1])
{
	static const char said[] = "csrf ";
	unsigned char text[sizeof(said) - 1 + SESSION_HASH_SIZE], mac[SEAL_KEY_SIZE];

	memcpy(text, said, sizeof(said) - 1);
	memcpy(text + sizeof(said) - 1, hash, SESSION_HASH_SIZE);
	seal_hmac(api_of(r)->auth->secrets->login_token, text, sizeof(text), mac);
	str_hex(mac, sizeof(mac), out);
}

/* What browsers add by themselves, where they do. */
static bool same_origin(const struct req *r)
{
	const char *origin = req_header(r, "Origin"), *site = req_header(r, "Sec-Fetch-Site");
	const char *host = req_host(r);

	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return false;
	if (!origin)
		return true;
	size_t n = strlen(req_scheme(r));
	return host && strncmp(origin, req_scheme(r), n) == 0 &&
	       strncmp(origin + n, "://", 3) == 0 && str_same_word(origin + n + 3, host);
}

static void csrf_refuse(struct req *r)
{
	error_detail(r, 403, "CSRF Failed: CSRF token missing or incorrect.");
}

bool session_origin_good(struct req *r)
{
	if (same_origin(r))
		return true;
	csrf_refuse(r);
	return false;
}

bool session_request_good(struct req *r, const unsigned char hash[static SESSION_HASH_SIZE])
{
	const char *given = req_header(r, "X-CSRFToken");
	char token[ID_TEXT + 1];

	if (req_method(r) & (GET | HEAD | OPTIONS))
		return true;
	csrf_token(r, hash, token);
	if (given && strlen(given) == ID_TEXT && seal_same(given, token, ID_TEXT) && same_origin(r))
		return true;
	csrf_refuse(r);
	return false;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void session_tell(
	struct req *r, int id, const char *name, bool superuser, const unsigned char *hash)
{
	json_t *reply = errors_new(req_arena(r));
	char token[ID_TEXT + 1];

	json_object_set_new(reply, session_reply[0].json, json_integer(id));
	json_object_set_new(reply, session_reply[1].json, json_string(name));
	json_object_set_new(reply, session_reply[2].json, json_boolean(superuser));
	if (hash)
		csrf_token(r, hash, token);
	json_object_set_new(reply, session_reply[3].json, hash ? json_string(token) : json_null());
	reply_json(r, 200, reply);
}

/* The id is always a new one, whatever the client brought. Of many sessions the oldest end, and
 * whoever logs in sweeps what has expired. */
void session_begin(struct req *r, const struct known *known)
{
	struct arena *a = req_arena(r);
	const struct config *config = api_of(r)->options.config;
	struct opening *o = arena_alloc(a, sizeof(*o));
	unsigned char id[ID_BYTES];

	o->known = known;
	seal_random(id, sizeof(id));
	str_hex(id, sizeof(id), o->id);
	seal_sha256(o->id, ID_TEXT, o->hash);
	req_set_data(r, o);
	const struct db_arg args[] = { db_int(a, known->id), db_bytes(o->hash, sizeof(o->hash)),
		db_int(a, known->generation), db_int(a, config->session_lifetime),
		db_int(a, config->session_idle), db_int(a, ACCOUNT_MAX - 1) };
	req_query(r, session_stored,
		"with swept as (delete from page_session where expires <= now()"
		" or last_used <= now() - make_interval(secs => $5::int8)),"
		" more as (delete from page_session where id in (select id from page_session"
		" where account_id = $1::int order by last_used desc, id desc offset $6::int8))"
		" insert into page_session (account_id, hash, generation, expires)"
		" values ($1::int, $2::bytea, $3::int, now() + make_interval(secs => $4::int8))",
		LEN(args), args);
}

static void session_stored(struct req *r, const struct rows *rows)
{
	const struct opening *o = req_data(r);

	cookie_set(r, o->id, api_of(r)->options.config->session_lifetime);
	session_tell(r, o->known->id, o->known->name, o->known->superuser, o->hash);
}

void session_show(struct req *r, const struct rows *rows)
{
	const struct account *account = auth_account(r);
	unsigned char hash[SESSION_HASH_SIZE];
	bool by_cookie = !req_header(r, "Authorization") && session_cookie(r, hash);

	session_tell(r, account->id, account->name, account->superuser, by_cookie ? hash : NULL);
}

void session_end(struct req *r, const struct rows *rows)
{
	unsigned char *hash = arena_alloc(req_arena(r), SESSION_HASH_SIZE);

	if (!session_cookie(r, hash)) {
		req_empty(r, 204);
		return;
	}
	const struct db_arg args[] = { db_bytes(hash, SESSION_HASH_SIZE) };
	req_query(r, session_ended, "delete from page_session where hash = $1::bytea", LEN(args),
		args);
}

static void session_ended(struct req *r, const struct rows *rows)
{
	accounts_forget(api_of(r)->auth->accounts);
	cookie_set(r, "", 0);
	req_empty(r, 204);
}

void session_about(const struct route *route, struct arena *a, struct about *about)
{
	if (route->methods & DELETE) {
		about->summary = "Log out";
		about->status = 204;
		about->reply = ABOUT_EMPTY;
		return;
	}
	about->summary = "Who is logged in";
	about->reply = ABOUT_ROW;
	about->shape = session_reply;
}
