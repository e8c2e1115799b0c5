/* punchd device: terminals. Approval follows the area; triggers of the schema do the rest. */
#include <stdio.h>

#include "cli.h"
#include "fatal.h"
#include "moment.h"

#define REMOVED_AT_ONCE 50 /* waiting terminals of one transaction */

int cli_device_list(struct cli *cli)
{
	static const char *const titles[] = { "sn", "alias", "area", "state", "address",
		"last activity", "users", "waiting lines", "waiting bytes", "speaks", NULL };
	cli_open(cli, false);
	const struct rows *rows = cli_query(cli,
		"select t.sn, t.alias, a.code || ' ' || a.name,"
		" case when t.approved then 'approved' else 'waiting' end,"
		" coalesce(s.address, t.ip_address),"
		" coalesce(to_char(s.last_activity, 'YYYY-MM-DD HH24:MI:SS'), 'never'),"
		" coalesce(s.user_count::text, ''), case when t.approved then '' else t.held_lines::text end,"
		" case when t.approved then '' else t.held_bytes::text end,"
		" case when t.access_since is null then 'attendance' else 'access control' end"
		" from terminal t join area a on a.id = t.area_id"
		" left join terminal_state s on s.terminal_id = t.id order by t.sn",
		NULL, 0, false);
	if (!rows)
		return cli_fail(cli, "cannot read the terminals: %s", cli_error(cli));
	cli_table(rows, titles);
	cli_close(cli);
	return 0;
}

/* The area for the terminal: the one named, else the one it is in, else the schema's second. */
static const char approve_sql[] =
	"update terminal t set area_id = a.id from area a where t.sn = $1 and not a.not_authorised"
	" and case when $2::text is not null then a.code = $2"
	"  when not t.approved then a.id = coalesce((select id from area where id = 2 and not"
	"   not_authorised), (select min(id) from area where not not_authorised))"
	"  else a.id = t.area_id end"
	" returning a.code, a.name, t.id";

static int approve_refused(struct cli *cli, const char *sn)
{
	const struct db_arg args[] = { db_text(sn), db_text(cli->area) };
	const struct rows *rows = cli_query(cli,
		"select exists (select from terminal where sn = $1),"
		" exists (select from area where code = $2 and not_authorised)",
		args, LEN(args), true);
	if (!rows)
		return cli_fail(cli, "cannot read the terminal: %s", cli_error(cli));
	if (!rows_bool(rows, 0, 0))
		return cli_fail(cli, "there is no terminal %s (see punchd device list)", sn);
	if (rows_bool(rows, 0, 1))
		return cli_fail(
			cli, "area %s is the one of terminals that are not authorised", cli->area);
	return cli_fail(cli, "there is no area with code %s", cli->area ? cli->area : "2");
}

int cli_device_approve(struct cli *cli)
{
	const char *sn = cli->words[0];
	cli_open(cli, false);
	const struct db_arg args[] = { db_text(sn), db_text(cli->area) };
	const struct rows *rows = cli_query(cli, approve_sql, args, LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot approve the terminal: %s", cli_error(cli));
	if (!rows_count(rows))
		return approve_refused(cli, sn);
	/* and what waits only because it says another key than before */
	const struct db_arg confirm[] = { db_text(rows_text(rows, 0, 2)) };
	if (!cli_query(cli, "select terminal_key_confirm(array[$1::int], null)::text", confirm,
		    LEN(confirm), true))
		return cli_fail(cli, "cannot confirm the terminal's key: %s", cli_error(cli));
	printf("approved %s in area %s (%s)\n", sn, rows_text(rows, 0, 0), rows_text(rows, 0, 1));
	cli_close(cli);
	return 0;
}

/* A time as the option says it, for a cast to timestamptz; NULL: it is none. */
static const char *time_given(struct cli *cli, const char *text)
{
	static const struct zone utc = { .fixed = 0 };
	char out[32];
	struct moment m;
	if (!moment_read(text, &m))
		return NULL;
	moment_print(&m, &utc, out);
	return arena_printf(cli->arena, "%s%s", out, m.zoned ? "+00" : "");
}

/* Those that came by themselves and that nobody has approved, with what they hold; some at a time,
 * for each may hold much. */
static int waiting_remove(struct cli *cli)
{
	int64_t removed = 0, n;
	const char *before = cli->before ? time_given(cli, cli->before) : NULL;
	if (cli->before && !before)
		return cli_fail(cli,
			"--before: not a time like 2026-05-01 08:00:00 (or with a zone, "
			"2026-05-01T08:00:00+02:00): %s",
			cli->before);
	cli_open(cli, false);
	const struct db_arg args[] = { db_text(cli->address), db_text(before),
		db_int(cli->arena, REMOVED_AT_ONCE) };
	do {
		const struct rows *rows = cli_query(cli,
			"select case when $1::text is null or address_said($1) is not null then"
			" strangers_remove(address_said($1), $2::timestamptz, $3::int) end",
			args, LEN(args), true);
		if (!rows)
			return cli_fail(cli, "cannot remove the terminals: %s", cli_error(cli));
		if (rows_null(rows, 0, 0))
			return cli_fail(cli, "--address: not an address or CIDR: %s", cli->address);
		n = rows_int(rows, 0, 0);
		removed += n;
	} while (n == REMOVED_AT_ONCE);
	printf("removed %lld waiting terminals\n", (long long)removed);
	cli_close(cli);
	return 0;
}

int cli_device_remove(struct cli *cli)
{
	const char *sn = cli->words[0];
	bool chosen = cli->address || cli->before;
	if (cli->waiting ? sn != NULL : !sn || chosen) {
		fprintf(stderr, "punchd: usage: punchd %s %s\n", cli->command->name,
			cli->command->usage);
		return 1;
	}
	if (cli->waiting)
		return waiting_remove(cli);
	cli_open(cli, false);
	const struct db_arg args[] = { db_text(sn) };
	const struct rows *rows = cli_query(
		cli, "delete from terminal where sn = $1 returning id", args, LEN(args), false);
	if (!rows)
		return cli_fail(cli, "cannot remove the terminal: %s", cli_error(cli));
	if (!rows_count(rows))
		return cli_fail(cli, "there is no terminal %s (see punchd device list)", sn);
	cli_close(cli);
	return 0;
}
