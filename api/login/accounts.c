/* Reading accounts, and remembering them. */
#include "accounts.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "sql.h"

enum { SLOTS = 512, KEEP_MS = 2000 };

struct slot {
	unsigned char key[SEAL_KEY_SIZE];
	int64_t until; /* clock_ticks() */
	struct known known;
};

struct accounts {
	struct db *db;
	unsigned char key[SEAL_KEY_SIZE];
	struct slot slots[SLOTS];
};

struct lookup {
	struct accounts *accounts;
	struct account_query *query;
	req_step *next;
	void *data; /* the request's, put back afterwards */
	unsigned char key[SEAL_KEY_SIZE];
};

struct accounts *accounts_new(struct arena *a, struct db *db)
{
	struct accounts *all = arena_alloc(a, sizeof(*all));

	all->db = db;
	seal_random(all->key, sizeof(all->key));
	return all;
}

static void query_key(
	const struct accounts *all, const struct account_query *q, unsigned char key[SEAL_KEY_SIZE])
{
	unsigned char text[SEAL_KEY_SIZE + 1] = { (unsigned char)q->by };

	if (q->by == ACCOUNT_BY_ID || q->by == STAFF_BY_ID)
		memcpy(text + 1, &q->id, sizeof(q->id));
	else if (q->token_hash)
		memcpy(text + 1, q->token_hash, SEAL_KEY_SIZE);
	else
		seal_sha256(q->name, strlen(q->name), text + 1);
	seal_hmac(all->key, text, sizeof(text), key);
}

static struct slot *slot_of(struct accounts *all, const unsigned char *key)
{
	return &all->slots[(key[0] << 8 | key[1]) % SLOTS];
}

static void known_read(struct known *k, const struct rows *rows)
{
	k->id = (int)rows_int(rows, 0, 0);
	snprintf(k->name, sizeof(k->name), "%s", rows_text(rows, 0, 1));
	snprintf(k->email, sizeof(k->email), "%s", rows_text(rows, 0, 2));
	k->superuser = rows_bool(rows, 0, 3);
	k->active = rows_bool(rows, 0, 4);
	k->generation = (int)rows_int(rows, 0, 5);
	k->tokens_from = rows_int(rows, 0, 6);
	snprintf(k->password_hash, sizeof(k->password_hash), "%s", rows_text(rows, 0, 7));
	k->now = rows_int(rows, 0, 8);
	k->dead = rows_bool(rows, 0, 9);
	k->by_login_hash = rows_bool(rows, 0, 10);
	k->token = (int)rows_int(rows, 0, 11);
	k->limited = !k->superuser && rows_bool(rows, 0, 14);
	k->rights = (struct rights){ { 0 } };
	if (k->superuser)
		k->rights = rights_all();
	else
		rights_add(&k->rights, rows_text(rows, 0, 13));
	k->scoped = !rows_null(rows, 0, 12);
	if (k->scoped) {
		struct rights scope = { { 0 } };
		rights_add(&scope, rows_text(rows, 0, 12));
		rights_limit(&k->rights, &scope);
		k->superuser = false;
	}
}

static void account_read(struct req *r, const struct rows *rows)
{
	struct lookup *l = req_data(r);

	req_set_data(r, l->data);
	if (rows_count(rows) > 0) {
		struct known *k = arena_alloc(req_arena(r), sizeof(*k));
		struct slot *slot = slot_of(l->accounts, l->key);
		known_read(k, rows);
		k->staff = l->query->by >= STAFF_BY_ID;
		memcpy(slot->key, l->key, sizeof(slot->key));
		slot->until = clock_ticks() + KEEP_MS;
		slot->known = *k;
		l->query->found = k;
	}
	l->next(r, NULL);
}

#define COLUMNS                                                                                    \
	"a.id, a.name, a.email, a.superuser, a.active, a.token_generation,"                        \
	" floor(extract(epoch from a.tokens_from))::int8, a.password_hash,"                        \
	" floor(extract(epoch from clock_timestamp()))::int8"

/* dead, by_login_hash, token and its scope; then what the account may and where */
#define BY_ITSELF ", false, false, 0, null::text"
#define RIGHTS                                                                                     \
	", coalesce((select string_agg(array_to_string(g.permissions, ' '), ' ')"                  \
	" from account_group g where g.id = any(a.groups)), ''),"                                  \
	" a.areas is not null or a.departments is not null"

static const char *const by_id =
	"select " COLUMNS BY_ITSELF RIGHTS " from account a where a.id = $1::int";
static const char *const by_name =
	"select " COLUMNS BY_ITSELF RIGHTS " from account a where a.id = account_named($1::text)";
/* last_used moves at most once a minute, and waits for no standby: who only reads would, too */
#define USED " returning set_config('synchronous_commit', 'local', true))"
static const char *const by_token =
	"with t as (select id, account_id, array_to_string(scope, ' ') as scope, revoked is not null or"
	" coalesce(expires <= now(), false) as dead from token where hash = $1::bytea),"
	" used as (update token set last_used = now() where id = (select id from t where not dead)"
	" and (last_used is null or last_used < now() - interval '1 minute')" USED
	" select " COLUMNS
	", coalesce(t.dead, false), t.id is null, coalesce(t.id, 0), t.scope" RIGHTS
	" from account a left join t on t.account_id = a.id"
	" where t.id is not null or a.login_hash = $1::bytea"
	" order by t.id is null limit 1";

/* likewise; the arguments: the hash, seconds of idleness */
static const char *const by_session =
	"with s as (select id, account_id, generation from page_session where hash = $1::bytea"
	" and expires > now() and last_used > now() - make_interval(secs => $2::int8)),"
	" used as (update page_session set last_used = now() where id = (select id from s)"
	" and last_used < now() - least(interval '1 minute', make_interval(secs => $2::int8) / 4)" USED
	" select " COLUMNS ", s.generation <> a.token_generation, false, 0, null::text" RIGHTS
	" from s join account a on a.id = s.account_id";

/* Who has left may not log in any more. */
#define STAFF                                                                                      \
	"select e.id, e.emp_code, ''::text, false, not exists (select from resign x"               \
	" where x.employee_id = e.id), s.token_generation,"                                        \
	" floor(extract(epoch from s.tokens_from))::int8, s.password_hash,"                        \
	" floor(extract(epoch from clock_timestamp()))::int8, false, true, 0, null::text,"         \
	" ''::text, false"                                                                         \
	" from staff_login s join employee e on e.id = s.employee_id where "

static const char *const staff[] = {
	[STAFF_BY_ID] = STAFF "e.id = $1::int",
	[STAFF_BY_NAME] = STAFF "e.id = staff_named($1::text, $2::bytea)",
	[STAFF_BY_TOKEN] = STAFF "s.login_hash = $1::bytea",
};

static void account_query(struct req *r, struct lookup *l)
{
	const struct account_query *q = l->query;
	struct arena *a = req_arena(r);
	struct req_query_options options = { .db = l->accounts->db, .binary = true, .reads = true };
	struct db_arg *arg = arena_array(a, 2, sizeof(*arg));
	struct db_statement statement = { by_id, arg, 1 };

	if (q->by >= STAFF_BY_ID) {
		statement.sql = staff[q->by];
		*arg = q->by == STAFF_BY_ID	? db_int(a, q->id)
		       : q->by == STAFF_BY_NAME ? db_text(q->name)
						: db_bytes(q->token_hash, SEAL_KEY_SIZE);
		if (q->by == STAFF_BY_NAME) {
			arg[1] = db_bytes(q->email_hash, SEAL_KEY_SIZE);
			statement.nargs = 2;
		}
	} else if (q->by == ACCOUNT_BY_ID) {
		*arg = db_int(a, q->id);
	} else if (q->by == ACCOUNT_BY_NAME) {
		statement.sql = by_name;
		*arg = db_text(q->name);
	} else if (q->by == ACCOUNT_BY_SESSION) {
		arg[0] = db_bytes(q->token_hash, SEAL_KEY_SIZE);
		arg[1] = db_int(a, q->idle);
		statement = (struct db_statement){ by_session, arg, 2 };
	} else {
		statement.sql = by_token;
		*arg = db_bytes(q->token_hash, SEAL_KEY_SIZE);
	}
	req_query_with(r, account_read, &options, &statement, 1);
}

void accounts_forget(struct accounts *all)
{
	for (int i = 0; i < SLOTS; i++)
		all->slots[i].until = 0;
}

void accounts_find(struct accounts *all, struct req *r, struct account_query *q, req_step *next)
{
	struct lookup *l = arena_alloc(req_arena(r), sizeof(*l));

	q->found = NULL;
	l->accounts = all;
	l->query = q;
	l->next = next;
	l->data = req_data(r);
	query_key(all, q, l->key);
	const struct slot *slot = slot_of(all, l->key);
	if (!q->fresh && slot->until > clock_ticks() &&
		memcmp(slot->key, l->key, sizeof(l->key)) == 0) {
		struct known *k = arena_alloc(req_arena(r), sizeof(*k));
		*k = slot->known;
		q->found = k;
		next(r, NULL);
		return;
	}
	req_set_data(r, l);
	account_query(r, l);
}
