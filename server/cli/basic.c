/* punchd config and punchd migrate. */
#include <stdio.h>

#include "cli.h"
#include "fatal.h"
#include "migrate.h"

int cli_config(struct cli *cli)
{
	config_print(cli->config, stdout);
	return 0;
}

int cli_migrate(struct cli *cli)
{
	const char *error = NULL;
	int applied = 0;
	struct start *s = &cli->start;
	if (!start_database(s, cli->arena, cli->config, EMBEDDED_MIGRATE, &error) ||
		!start_schema(s, &applied, &error))
		return cli_fail(cli, "%s", error);
	printf("schema at %d, %d migration%s run now\n", migrate_head(), applied,
		applied == 1 ? "" : "s");
	cli_close(cli);
	return 0;
}
