/* punchd group: what members may do. And the lists that options of accounts are. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "fatal.h"
#include "rights.h"
#include "str.h"

bool cli_ids(struct cli *cli, const char *table, const char *column, const char *list,
	const char **ids, const char **missing)
{
	*ids = *missing = NULL;
	if (strcmp(list, "all") == 0)
		return true;
	const struct db_arg args[] = { db_text(list) };
	const struct rows *rows = cli_query(cli,
		arena_printf(cli->arena,
			"select coalesce(array_agg(x.id order by x.id), '{}')::text,"
			" min(w) filter (where x.id is null)"
			" from (select trim(w) as w from unnest(string_to_array($1, ',')) w) l"
			" left join %s x on x.%s = l.w where l.w <> ''",
			table, column),
		args, LEN(args), false);
	if (!rows || !rows_null(rows, 0, 1)) {
		*missing = rows ? rows_text(rows, 0, 1) : "";
		return false;
	}
	*ids = rows_text(rows, 0, 0);
	return true;
}

bool cli_permissions(struct cli *cli, const char *list, const char **words, const char **wrong)
{
	struct str text = str_new(cli->arena);

	str_addc(&text, '{');
	while (*list) {
		list += strspn(list, " ,");
		size_t n = strcspn(list, " ,");
		if (n == 0)
			break;
		*wrong = arena_memdup(cli->arena, list, n);
		/* what is known has letters, dots, lines and stars: nothing to quote */
		if (!rights_known(*wrong))
			return false;
		str_addf(&text, "%s%s", text.len > 1 ? "," : "", *wrong);
		list += n;
	}
	str_addc(&text, '}');
	*words = str_text(&text);
	return true;
}

int cli_group_list(struct cli *cli)
{
	static const char *const titles[] = { "name", "members", "permissions", NULL };
	cli_open(cli, false);
	const struct rows *rows = cli_query(cli,
		"select g.name, (select count(*)::text from account a where g.id = any(a.groups)),"
		" array_to_string(g.permissions, ',') from account_group g order by g.id",
		NULL, 0, false);
	if (!rows)
		return cli_fail(cli, "cannot read the groups: %s", cli_error(cli));
	cli_table(rows, titles);
	cli_close(cli);
	return 0;
}

/* One statement with the name as $1 and the permissions as $2, that returns the group. */
static int group_write(struct cli *cli, const char *sql, const char *none)
{
	const char *name = cli->words[0], *words = NULL, *wrong = NULL;
	if (!*name || strlen(name) > 150 || strchr(name, ',') || !str_is_utf8(name, strlen(name)))
		return cli_fail(cli, "a group's name has 1 to 150 bytes and no comma");
	if (!cli->permissions)
		return cli_fail(cli, "--permissions is missing, as in --permissions 'att.*'");
	if (!cli_permissions(cli, cli->permissions, &words, &wrong))
		return cli_fail(cli,
			"%s is not a permission, as personnel.view_employee or att.* is", wrong);
	cli_open(cli, false);
	const struct db_arg args[] = { db_text(name), db_text(words) };
	const struct rows *rows = cli_query(cli, sql, args, LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot write the group: %s", cli_error(cli));
	if (!rows_count(rows))
		return cli_fail(cli, none, name);
	cli_close(cli);
	return 0;
}

int cli_group_add(struct cli *cli)
{
	return group_write(cli,
		"insert into account_group (name, permissions) values ($1, $2::text[])"
		" on conflict do nothing returning id",
		"there is a group %s already");
}

int cli_group_set(struct cli *cli)
{
	return group_write(cli,
		"update account_group set permissions = $2::text[] where name = $1 returning id",
		"there is no group %s");
}

int cli_group_remove(struct cli *cli)
{
	const char *name = cli->words[0];
	cli_open(cli, false);
	const struct db_arg args[] = { db_text(name) };
	const struct rows *rows = cli_query(cli,
		"with gone as (delete from account_group where name = $1 and id > 1 returning id),"
		" without as (update account set groups = array_remove(groups, gone.id)"
		" from gone where gone.id = any(groups))"
		" select id from gone union all select id from account_group where name = $1 and id = 1",
		args, LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot remove the group: %s", cli_error(cli));
	if (!rows_count(rows))
		return cli_fail(cli, "there is no group %s", name);
	if (strcmp(rows_text(rows, 0, 0), "1") == 0)
		return cli_fail(cli, "the group %s belongs to the system", name);
	cli_close(cli);
	return 0;
}
