/* punchd key jwt: another key for JSON web tokens. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "fatal.h"
#include "seal.h"

#define IS_JWT "(name = 'jwt' or name ~ '^jwt:[0-9]+$')"

/* Servers take it up, and drop those that ended, within seconds. */
int cli_key_jwt(struct cli *cli)
{
	unsigned char row_key[SEAL_ROW_KEY_SIZE], fresh[SEAL_KEY_SIZE];
	size_t n;
	cli_open(cli, true);
	seal_random(row_key, sizeof(row_key));
	seal_random(fresh, sizeof(fresh));
	const unsigned char *sealed = seal_close(
		cli->start.seal, cli->arena, "secret.sealed", row_key, fresh, sizeof(fresh), &n);
	explicit_bzero(fresh, sizeof(fresh));
	const struct db_arg args[] = { db_bytes(row_key, sizeof(row_key)), db_bytes(sealed, n),
		db_bool(cli->end_others), db_int(cli->arena, API_JWT_KEYS) };
	const struct rows *rows = cli_query(cli,
		"with there as (select name, coalesce(nullif(split_part(name, ':', 2), ''), '1')::int"
		"  as nr from secret where " IS_JWT "),"
		" ended as (delete from secret where $3 and name in (select name from there))"
		" insert into secret (name, row_key, sealed)"
		" select 'jwt:' || coalesce(max(nr), 0) + 1, $1, $2 from there"
		" having $3 or count(*) < $4::int8 returning name",
		args, LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot store the key: %s", cli_error(cli));
	if (!rows_count(rows))
		return cli_fail(cli, "there are %d keys: end those of before by --end-others",
			API_JWT_KEYS);
	printf(cli->end_others
			? "done; JSON web tokens given out before end within seconds\n"
			: "done; new logins use the new key within seconds, tokens of before stay\n");
	cli_close(cli);
	return 0;
}
