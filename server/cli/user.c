/* punchd user: accounts. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "fatal.h"
#include "password.h"
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

/* The hash on the arena; shown: what to print once, or NULL. */
static const char *password_hashed(
	struct cli *cli, const char *name, const char **shown, const char **error)
{
	bool made;
	const char *password = password_get(cli, name, &made, error);
	if (!password)
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
	const char *hash = password_hashed(cli, name, &shown, &error);
	if (!hash)
		return cli_fail(cli, "%s", error);
	const struct db_arg args[] = { db_text(name), db_text(hash), db_bool(cli->superuser) };
	if (!cli_query(cli,
		    "insert into account (name, password_hash, superuser) values ($1, $2, $3)",
		    args, LEN(args), false))
		return cli_fail(cli, "cannot create the user: %s", cli_error(cli));
	password_show(shown);
	cli_close(cli);
	return 0;
}

int cli_user_list(struct cli *cli)
{
	static const char *const titles[] = { "name", "superuser", "active", "created", NULL };
	cli_open(cli, false);
	const struct rows *rows = cli_query(cli,
		"select name, case when superuser then 'yes' else 'no' end,"
		" case when active then 'yes' else 'no' end,"
		" to_char(created, 'YYYY-MM-DD HH24:MI') from account order by name",
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
		cli_query(cli, "select from account where name = $1", wanted, LEN(wanted), false);
	if (!rows_count(there))
		return cli_fail(cli, "there is no user %s", name);
	const char *hash = password_hashed(cli, name, &shown, &error);
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
		" where name = $1 returning id),"
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
