/* punchd retention run, punchd biometrics remove: what the database is not to hold (any more). */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "retention.h"

struct tally {
	char kind[16];
	int64_t removed;
};

static void tally_print(struct tally *t)
{
	if (*t->kind)
		printf("%s: %lld removed\n", t->kind, (long long)t->removed);
	fflush(stdout);
	*t = (struct tally){ 0 };
}

/* One batch; 0: there was none, -1: the database failed. */
static int64_t step(struct cli *cli, struct tally *tally)
{
	struct arena *a = arena_new();
	struct db_arg args[RETENTION_ARGS];
	retention_args(a, cli->config, true, args);
	struct rows *rows = sync_query(
		cli->start.sync, retention_sql, args, RETENTION_ARGS, false, &cli->failed);
	int64_t removed = !rows ? -1 : rows_count(rows) ? rows_int(rows, 0, 1) : 0;
	if (removed > 0) {
		const char *kind = rows_text(rows, 0, 0);
		if (strcmp(tally->kind, kind) != 0)
			tally_print(tally);
		strncpy(tally->kind, kind, sizeof(tally->kind) - 1);
		tally->removed += removed;
	}
	rows_free(rows);
	arena_free(a);
	return removed;
}

int cli_retention_run(struct cli *cli)
{
	struct tally tally = { 0 };
	int64_t removed = 1;
	if (!retention_wanted(cli->config)) {
		fprintf(stderr, "punchd: no setting retention_... is set: all is kept for ever\n");
		return 1;
	}
	cli_open(cli, false);
	while (removed > 0)
		removed = step(cli, &tally);
	tally_print(&tally);
	if (removed < 0)
		return cli_fail(cli, "retention stopped: %s", cli_error(cli));
	cli_close(cli);
	return 0;
}

int cli_biometrics_remove(struct cli *cli)
{
	int64_t removed = 0, n = 1;
	if (cli->config->store_biometrics) {
		fprintf(stderr, "punchd: store_biometrics is on: set it to off first, for the "
				"servers too\n");
		return 1;
	}
	cli_open(cli, false);
	while (n > 0) {
		struct rows *rows = sync_query(cli->start.sync, "select biometrics_remove()", NULL,
			0, false, &cli->failed);
		n = rows ? rows_int(rows, 0, 0) : -1;
		removed += n > 0 ? n : 0;
		rows_free(rows);
	}
	printf("%lld templates, photos and uploads of such removed\n", (long long)removed);
	if (n < 0)
		return cli_fail(cli, "removing stopped: %s", cli_error(cli));
	cli_close(cli);
	return 0;
}
