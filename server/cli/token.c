/* punchd token: general tokens. The database keeps their SHA-256. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "fatal.h"
#include "str.h"

enum { TOKEN_BYTES = 32, DAYS_MAX = 36500 };

int cli_token_create(struct cli *cli)
{
	const char *user = cli->words[0];
	int64_t seconds = cli->config->token_lifetime, days;
	if (cli->expires && !str_to_int(cli->expires, 0, DAYS_MAX, &days))
		return cli_fail(cli, "--expires takes a number of days, 0 for never");
	if (cli->expires)
		seconds = days * 86400;
	const char *scope = NULL, *wrong = NULL;
	if (cli->scope && !cli_permissions(cli, cli->scope, &scope, &wrong))
		return cli_fail(cli,
			"%s is not a permission, as personnel.view_employee or att.* is", wrong);
	unsigned char bytes[TOKEN_BYTES], hash[SEAL_KEY_SIZE];
	char token[2 * TOKEN_BYTES + 1];
	seal_random(bytes, sizeof(bytes));
	str_hex(bytes, sizeof(bytes), token);
	seal_sha256(token, strlen(token), hash);
	cli_open(cli, false);
	const struct db_arg args[] = { db_text(user), db_text(cli->name ? cli->name : ""),
		db_bytes(hash, sizeof(hash)), db_int(cli->arena, seconds), db_text(scope) };
	const struct rows *rows = cli_query(cli,
		"insert into token (account_id, name, hash, scope, expires)"
		" select id, $2, $3, $5::text[], case when $4::bigint > 0 then now() + $4::bigint * interval '1 s' end"
		" from account where id = account_named($1) and active returning id",
		args, LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot create the token: %s", cli_error(cli));
	if (!rows_count(rows))
		return cli_fail(cli, "there is no active user %s", user);
	printf("%s\n", token);
	cli_close(cli);
	return 0;
}

int cli_token_list(struct cli *cli)
{
	static const char *const titles[] = { "id", "user", "name", "created", "expires",
		"last used", "state", "scope", NULL };
	cli_open(cli, false);
	const struct rows *rows = cli_query(cli,
		"select t.id, a.name, t.name, to_char(t.created, 'YYYY-MM-DD HH24:MI'),"
		" coalesce(to_char(t.expires, 'YYYY-MM-DD HH24:MI'), 'never'),"
		" coalesce(to_char(t.last_used, 'YYYY-MM-DD HH24:MI'), 'never'),"
		" case when t.revoked is not null then 'revoked' when t.expires <= now() then 'expired'"
		"  when not a.active then 'user disabled' else 'valid' end,"
		" case when t.scope is null then 'all' else array_to_string(t.scope, ',') end"
		" from token t join account a on a.id = t.account_id order by t.id",
		NULL, 0, false);
	if (!rows)
		return cli_fail(cli, "cannot read the tokens: %s", cli_error(cli));
	cli_table(rows, titles);
	cli_close(cli);
	return 0;
}

int cli_token_revoke(struct cli *cli)
{
	int64_t id;
	if (!str_to_int(cli->words[0], 1, INT32_MAX, &id))
		return cli_fail(
			cli, "%s is not the id of a token (see punchd token list)", cli->words[0]);
	cli_open(cli, false);
	const struct db_arg args[] = { db_int(cli->arena, id) };
	const struct rows *rows = cli_query(cli,
		"update token set revoked = coalesce(revoked, now()) where id = $1 returning id",
		args, LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot revoke the token: %s", cli_error(cli));
	if (!rows_count(rows))
		return cli_fail(cli, "there is no token %s (see punchd token list)", cli->words[0]);
	cli_close(cli);
	return 0;
}
