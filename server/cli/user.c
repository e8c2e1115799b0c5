/* punchd user: accounts. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "fatal.h"
#include "password.h"
#include "password_rule.h"
#include "secret_text.h"
#include "str.h"

/* From the file, the terminal, or made; *made: it must be shown. NULL: *error. */
static const char *password_get(struct cli *cli, const char *name, bool *made, const char **error)
{
	*made = false;
	if (cli->password_file)
		return secret_text_read(cli->arena, cli->password_file, error);
	if (secret_text_can_ask())
		return secret_text_ask(cli->arena, name, error);
	char text[SECRET_TEXT_SIZE];
	secret_text_make(text);
	*made = true;
	return arena_strdup(cli->arena, text);
}

/* The hash on the arena; shown: what to print once, or NULL. email may be NULL. */
static const char *password_hashed(struct cli *cli, const char *name, const char *email,
	const char **shown, const char **error)
{
	const struct password_name names[] = { { "name", name }, { "e-mail", email } };
	bool made;
	const char *password = password_get(cli, name, &made, error);
	const char *flaw =
		password && !made ? password_flaw(cli->arena, password, names, LEN(names)) : NULL;
	if (flaw)
		*error = flaw;
	if (!password || flaw)
		return NULL;
	char *hash = arena_alloc(cli->arena, PASSWORD_HASH_SIZE);
	if (!password_hash(password, hash)) {
		*error = "the password is too long";
		return NULL;
	}
	*shown = made ? password : NULL;
	return hash;
}

static void password_show(const char *password)
{
	if (password)
		printf("password: %s\n", password);
}

static bool name_is_good(const char *name)
{
	size_t n = strlen(name);
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f || *c == ':')
			return false; /* Basic logins end the name at a colon */
	return n > 0 && n <= 150 && str_is_utf8(name, n);
}

/* What the options say, as texts of arrays; NULL: no limit, or not given. */
struct limits {
	const char *groups, *areas, *departments;
};

/* NULL, or what is wrong. */
static const char *limits_read(struct cli *cli, struct limits *l)
{
	const char *missing;
	*l = (struct limits){ 0 };
	if (cli->groups && strcmp(cli->groups, "all") == 0)
		return "there is no group all";
	if (cli->groups &&
		!cli_ids(cli, "account_group", "name", cli->groups, &l->groups, &missing))
		return arena_printf(
			cli->arena, "there is no group %s (see punchd group list)", missing);
	if (cli->areas && !cli_ids(cli, "area", "code", cli->areas, &l->areas, &missing))
		return arena_printf(cli->arena, "there is no area %s", missing);
	if (cli->departments &&
		!cli_ids(cli, "department", "code", cli->departments, &l->departments, &missing))
		return arena_printf(cli->arena, "there is no department %s", missing);
	return NULL;
}

int cli_user_add(struct cli *cli)
{
	const char *name = cli->words[0], *shown, *error = "no password was given";
	if (!name_is_good(name))
		return cli_fail(
			cli, "a name has 1 to 150 bytes, no colon and no control characters");
	cli_open(cli, false);
	const struct db_arg wanted[] = { db_text(name) };
	const struct rows *there =
		cli_query(cli, "select from account where name = $1", wanted, LEN(wanted), false);
	if (rows_count(there))
		return cli_fail(cli, "there is a user %s already", name);
	struct limits l;
	const char *wrong = limits_read(cli, &l);
	if (wrong)
		return cli_fail(cli, "%s", wrong);
	const char *hash = password_hashed(cli, name, NULL, &shown, &error);
	if (!hash)
		return cli_fail(cli, "%s", error);
	const struct db_arg args[] = { db_text(name), db_text(hash), db_bool(cli->superuser),
		db_text(l.groups), db_text(l.areas), db_text(l.departments) };
	if (!cli_query(cli,
		    "insert into account (name, password_hash, superuser, groups, areas, departments)"
		    " values ($1, $2, $3, coalesce($4::int[], '{1}'), $5::int[], $6::int[])",
		    args, LEN(args), false))
		return cli_fail(cli, "cannot create the user: %s", cli_error(cli));
	password_show(shown);
	cli_close(cli);
	return 0;
}

int cli_user_list(struct cli *cli)
{
	static const char *const titles[] = { "name", "superuser", "active", "groups", "areas",
		"departments", "created", NULL };
	cli_open(cli, false);
	const struct rows *rows = cli_query(cli,
		"select a.name, case when superuser then 'yes' else 'no' end,"
		" case when active then 'yes' else 'no' end,"
		" (select string_agg(g.name, ',' order by g.id) from account_group g"
		"  where g.id = any(a.groups)),"
		" case when a.areas is null then 'all' else coalesce((select string_agg(x.code, ','"
		"  order by x.id) from area x where x.id = any(a.areas)), 'none') end,"
		" case when a.departments is null then 'all' else coalesce((select string_agg(x.code,"
		"  ',' order by x.id) from department x where x.id = any(a.departments)), 'none') end,"
		" to_char(created, 'YYYY-MM-DD HH24:MI') from account a order by a.name",
		NULL, 0, false);
	if (!rows)
		return cli_fail(cli, "cannot read the users: %s", cli_error(cli));
	cli_table(rows, titles);
	cli_close(cli);
	return 0;
}

/* Whatever was given out before ends with the generation. JSON web tokens know whole seconds: they
 * are always made later than tokens_from, which therefore moves on by one at least. */
int cli_user_passwd(struct cli *cli)
{
	const char *name = cli->words[0], *shown, *error = "no password was given";
	cli_open(cli, false);
	const struct db_arg wanted[] = { db_text(name) };
	const struct rows *there =
		cli_query(cli, "select name, email from account where id = account_named($1)",
			wanted, LEN(wanted), false);
	if (!rows_count(there))
		return cli_fail(cli, "there is no user %s", name);
	name = rows_text(there, 0, 0);
	const char *hash = password_hashed(cli, name, rows_text(there, 0, 1), &shown, &error);
	if (!hash)
		return cli_fail(cli, "%s", error);
	const struct db_arg args[] = { db_text(name), db_text(hash) };
	if (!cli_query(cli,
		    "update account set password_hash = $2, token_generation = token_generation + 1,"
		    " tokens_from = greatest(now(), tokens_from + interval '1 s'), login_hash = null"
		    " where name = $1",
		    args, LEN(args), false))
		return cli_fail(cli, "cannot set the password: %s", cli_error(cli));
	password_show(shown);
	cli_close(cli);
	return 0;
}

int cli_user_disable(struct cli *cli)
{
	const char *name = cli->words[0];
	cli_open(cli, false);
	const struct db_arg args[] = { db_text(name) };
	const struct rows *rows = cli_query(cli,
		"with gone as (update account set active = false,"
		" token_generation = token_generation + 1,"
		" tokens_from = greatest(now(), tokens_from + interval '1 s'), login_hash = null"
		" where id = account_named($1) returning id),"
		" ended as (update token set revoked = now()"
		" where revoked is null and account_id in (select id from gone))"
		" select id from gone",
		args, LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot disable the user: %s", cli_error(cli));
	if (!rows_count(rows))
		return cli_fail(cli, "there is no user %s", name);
	cli_close(cli);
	return 0;
}

/* Only what an option was given for. */
int cli_user_set(struct cli *cli)
{
	const char *name = cli->words[0];
	cli_open(cli, false);
	struct limits l;
	const char *wrong = limits_read(cli, &l);
	if (wrong)
		return cli_fail(cli, "%s", wrong);
	const struct db_arg args[] = { db_text(name), db_text(l.groups),
		db_bool(cli->areas != NULL), db_text(l.areas), db_bool(cli->departments != NULL),
		db_text(l.departments) };
	const struct rows *rows = cli_query(cli,
		"update account set groups = coalesce($2::int[], groups),"
		" areas = case when $3 then $4::int[] else areas end,"
		" departments = case when $5 then $6::int[] else departments end"
		" where id = account_named($1) returning id",
		args, LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot change the user: %s", cli_error(cli));
	if (!rows_count(rows))
		return cli_fail(cli, "there is no user %s", name);
	cli_close(cli);
	return 0;
}

/* Tokens that ended stay so. */
int cli_user_enable(struct cli *cli)
{
	const char *name = cli->words[0];
	cli_open(cli, false);
	const struct db_arg args[] = { db_text(name) };
	const struct rows *rows = cli_query(cli,
		"update account set active = true where id = account_named($1) returning id", args,
		LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot enable the user: %s", cli_error(cli));
	if (!rows_count(rows))
		return cli_fail(cli, "there is no user %s", name);
	cli_close(cli);
	return 0;
}
