/*
 * Words choose the command; options belong to it or are settings. A mistake in either is exit
 * status 2, everything else that fails is 1.
 */
#include "cli.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fatal.h"

static const struct command commands[] = {
	{ "serve", "", 0, 0, NULL, "the server (also when no command is given)" },
	{ "migrate", "", 0, 0, cli_migrate, "brings the schema to head" },
	{ "config", "", 0, 0, cli_config,
		"prints the effective settings and where each came from" },
	{ "health", "[URL]", 0, 1, cli_health, "asks /readyz: exit status 0 or 1" },
	{ "user add", "NAME [--superuser] [--password-file F] [--groups G,...] ...", 1, 0,
		cli_user_add, "creates an account; of Readers when no groups are given" },
	{ "user set", "NAME [--groups G,...] [--areas CODE,...|all] [--departments ...]", 1, 0,
		cli_user_set, "its groups, and what it is limited to" },
	{ "user enable", "NAME", 1, 0, cli_user_enable, "lets it log in again" },
	{ "user list", "", 0, 0, cli_user_list, "lists accounts" },
	{ "user passwd", "NAME [--password-file F]", 1, 0, cli_user_passwd, "sets a password" },
	{ "user disable", "NAME", 1, 0, cli_user_disable, "ends an account's logins and tokens" },
	{ "group list", "", 0, 0, cli_group_list, "lists groups and what they grant" },
	{ "group add", "NAME --permissions P,...", 1, 0, cli_group_add,
		"creates one: personnel.view_employee, att.*, *.view_*" },
	{ "group set", "NAME --permissions P,...", 1, 0, cli_group_set, "changes what it grants" },
	{ "group remove", "NAME", 1, 0, cli_group_remove, "removes it, its members lose it" },
	{ "token create", "USER [--name N] [--expires DAYS] [--scope P,...]", 1, 0,
		cli_token_create, "creates a token, shown once; for these permissions at most" },
	{ "token list", "", 0, 0, cli_token_list, "lists tokens" },
	{ "token revoke", "ID", 1, 0, cli_token_revoke, "ends a token" },
	{ "device list", "", 0, 0, cli_device_list, "lists terminals" },
	{ "device approve", "SN [--area CODE]", 1, 0, cli_device_approve, "approves a terminal" },
	{ "device remove", "SN | --waiting [--address CIDR] [--before TIME]", 0, 1,
		cli_device_remove,
		"removes a terminal; its punches stay. Or all that nobody has approved" },
	{ "key status", "", 0, 0, cli_key_status, "lists the data-encryption keys" },
	{ "key rotate", "", 0, 0, cli_key_rotate, "makes a new one and seals everything under it" },
	{ "key retire", "[ID]", 0, 1, cli_key_retire, "throws older ones away that nothing needs" },
	{ "key master", "[--new-key-file F]", 0, 0, cli_key_master, "replaces the master key" },
	{ "key jwt", "[--end-others]", 0, 0, cli_key_jwt,
		"a new key signs JSON web tokens; the others end, or verify on" },
	{ "retention run", "", 0, 0, cli_retention_run,
		"deletes now what the settings retention_... keep no longer" },
	{ "biometrics remove", "", 0, 0, cli_biometrics_remove,
		"deletes templates and photos of people from the database" },
	{ "audit verify", "", 0, 0, cli_audit_verify,
		"checks that nothing was removed or altered" },
	{ "audit list", "[COUNT]", 0, 1, cli_audit_list,
		"lists the newest rows of the audit trail" },
	{ "import-biotime", "SOURCE [--dry-run] [--report FILE] ...", 1, 0, cli_import_biotime,
		"moves in from a ZKBio Time database or its dumps" },
};

/* Options of commands: --name VALUE or --name=VALUE. */
static const struct option {
	const char *name;
	size_t at;
	const char *command; /* or the first word of several */
} options[] = {
	{ "password-file", offsetof(struct cli, password_file), "user" },
	{ "groups", offsetof(struct cli, groups), "user" },
	{ "areas", offsetof(struct cli, areas), "user" },
	{ "departments", offsetof(struct cli, departments), "user" },
	{ "permissions", offsetof(struct cli, permissions), "group" },
	{ "scope", offsetof(struct cli, scope), "token create" },
	{ "name", offsetof(struct cli, name), "token create" },
	{ "expires", offsetof(struct cli, expires), "token create" },
	{ "area", offsetof(struct cli, area), "device approve" },
	{ "address", offsetof(struct cli, address), "device remove" },
	{ "before", offsetof(struct cli, before), "device remove" },
	{ "new-key-file", offsetof(struct cli, new_key_file), "key master" },
	{ "report", offsetof(struct cli, report), "import-biotime" },
	{ "files", offsetof(struct cli, files), "import-biotime" },
	{ "not-authorised", offsetof(struct cli, not_authorised), "import-biotime" },
};

/* Those that take no value. */
static const struct option switches[] = {
	{ "superuser", offsetof(struct cli, superuser), "user add" },
	{ "end-others", offsetof(struct cli, end_others), "key jwt" },
	{ "waiting", offsetof(struct cli, waiting), "device remove" },
	{ "dry-run", offsetof(struct cli, dry_run), "import-biotime" },
};

struct reader {
	struct cli *cli;
	int argc;
	char **argv;
	int i;
	char **settings; /* those of argv that are settings */
	int nsettings;
	const char *words[8];
	int nwords;
	const char *taken[8]; /* options of commands that were given */
	int ntaken;
};

static void help_print(void)
{
	printf("punchd " PUNCHD_VERSION
	       ", takes punches from terminals and serves them over REST\n\n"
	       "Usage: punchd [COMMAND] [--setting=value ...] [--config FILE]\n\nCommands:\n");
	for (size_t i = 0; i < LEN(commands); i++) {
		const struct command *c = &commands[i];
		int n = printf("  %s%s%s", c->name, *c->usage ? " " : "", c->usage);
		printf("%*s%s\n", n < 48 ? 48 - n : 1, "", c->help);
	}
	printf("\nSettings (`punchd config` shows them and where each came from):\n");
	config_help(stdout);
}

static int mistake(const char *what, const char *arg)
{
	fprintf(stderr, "punchd: %s %s (see punchd --help)\n", what, arg);
	return 2;
}

/* --- arguments ------------------------------------------------------------------------------- */

/* The value of an option that may be given as the next argument; NULL: there is none. */
static const char *value_next(struct reader *r, const char *arg)
{
	const char *equals = strchr(arg, '=');
	if (equals)
		return equals + 1;
	return r->i + 1 < r->argc ? r->argv[++r->i] : NULL;
}

/* True when arg is an option of a command; *status is not -1 when it is a wrong one. */
static bool option_read(struct reader *r, const char *arg, int *status)
{
	size_t n = strcspn(arg, "=");
	for (size_t i = 0; i < LEN(switches); i++) {
		if (strcmp(arg + 2, switches[i].name) != 0)
			continue;
		*(bool *)((char *)r->cli + switches[i].at) = true;
		r->taken[r->ntaken++ % (int)LEN(r->taken)] = switches[i].command;
		return true;
	}
	for (size_t i = 0; i < LEN(options); i++) {
		const struct option *o = &options[i];
		if (n != strlen(o->name) + 2 || strncmp(arg + 2, o->name, n - 2) != 0)
			continue;
		const char *value = value_next(r, arg);
		if (!value)
			*status = mistake("a value is missing after", arg);
		*(const char **)(void *)((char *)r->cli + o->at) = value;
		r->taken[r->ntaken++ % (int)LEN(r->taken)] = o->command;
		return true;
	}
	return false;
}

static int argument_read(struct reader *r, const char *arg)
{
	int status = -1;
	if (strncmp(arg, "--", 2) != 0) {
		if (*arg == '-' && arg[1])
			return mistake("unknown option", arg);
		if (r->nwords == LEN(r->words))
			return mistake("too many words:", arg);
		r->words[r->nwords++] = arg;
		return -1;
	}
	if (option_read(r, arg, &status))
		return status;
	if (!config_is_option(arg))
		return mistake(
			"unknown option", arena_memdup(r->cli->arena, arg, strcspn(arg, "=")));
	r->settings[r->nsettings++] = r->argv[r->i];
	if (strcmp(arg, "--config") == 0 && r->i + 1 < r->argc)
		r->settings[r->nsettings++] = r->argv[++r->i];
	return -1;
}

/* How many of the words are the command's name; 0: they are not this command. */
static int name_words(const struct command *c, const struct reader *r)
{
	const char *space = strchr(c->name, ' ');
	size_t n = space ? (size_t)(space - c->name) : strlen(c->name);
	if (r->nwords < 1 || strlen(r->words[0]) != n || memcmp(r->words[0], c->name, n) != 0)
		return 0;
	if (!space)
		return 1;
	return r->nwords > 1 && strcmp(r->words[1], space + 1) == 0 ? 2 : 0;
}

static int command_find(struct reader *r)
{
	int used = 0;
	r->cli->command = &commands[0];
	if (r->nwords) {
		size_t i = 0;
		while (i < LEN(commands) && !(used = name_words(&commands[i], r)))
			i++;
		if (!used)
			return mistake(
				"unknown command", arena_printf(r->cli->arena, "%s%s%s",
							   r->words[0], r->nwords > 1 ? " " : "",
							   r->nwords > 1 ? r->words[1] : ""));
		r->cli->command = &commands[i];
	}
	const struct command *c = r->cli->command;
	for (int i = 0; i < r->ntaken; i++)
		if (strncmp(c->name, r->taken[i], strlen(r->taken[i])) != 0)
			return mistake("unknown option for", c->name);
	int given = r->nwords - used;
	if (given < c->words || given > c->words + c->more) {
		fprintf(stderr, "punchd: usage: punchd %s %s\n", c->name, c->usage);
		return 1;
	}
	for (int i = 0; i < given; i++)
		r->cli->words[i] = r->words[used + i];
	return -1;
}

static int help_or_version(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			help_print();
			return 0;
		}
		if (strcmp(argv[i], "--version") == 0) {
			puts("punchd " PUNCHD_VERSION);
			return 0;
		}
	}
	return -1;
}

int cli_parse(struct cli *cli, struct arena *a, int argc, char **argv)
{
	*cli = (struct cli){ .arena = a };
	struct reader r = { .cli = cli,
		.argc = argc,
		.argv = argv,
		.settings = arena_array(a, (size_t)argc + 1, sizeof(char *)) };
	int status = help_or_version(argc, argv);
	if (status >= 0)
		return status;
	for (r.i = 1; r.i < argc; r.i++) {
		status = argument_read(&r, argv[r.i]);
		if (status >= 0)
			return status;
	}
	status = command_find(&r);
	if (status >= 0)
		return status;
	const char *error;
	cli->config = config_read(a, r.nsettings, r.settings, environ, &error);
	if (!cli->config) {
		fprintf(stderr, "punchd: %s\n", error);
		return 1;
	}
	/* what a command has to say is its output; of the log only what is wrong is of interest */
	enum log_level level = cli->config->log_level;
	log_setup(cli->command->run && level == LOG_INFO ? LOG_WARN : level, cli->config->log_json);
	return -1;
}

/* --- for commands ---------------------------------------------------------------------------- */

/* For the audit trail: what this session changes is this command's. Where it would be everything
 * there is, only that it ran. */
static void actor_say(struct cli *cli)
{
	const struct passwd *user = getpwuid(getuid());
	const char *name = cli->command->name;
	bool whole = strcmp(name, "import-biotime") == 0 || strcmp(name, "key rotate") == 0;
	const struct db_arg args[] = { db_text(user ? user->pw_name : ""), db_text(name) };
	cli_query(cli,
		"select set_config('punchd.actor', jsonb_build_object('kind', 'cli', 'name', $1::text,"
		" 'request', 'punchd ' || $2::text)::text, false)",
		args, LEN(args), false);
	if (!whole)
		return;
	if (!cli->dry_run)
		cli_query(cli,
			"select audit_note('run', $2::text, null, null) where $1::text is not null",
			args, LEN(args), false);
	cli_query(cli, "select set_config('punchd.actor', '', false)", NULL, 0, false);
}

void cli_open(struct cli *cli, bool keys)
{
	const char *error = NULL;
	struct start *s = &cli->start;
	if (start_database(s, cli->arena, cli->config, EMBEDDED_COMMAND, &error) &&
		start_schema_check(s, &error) && (!keys || start_keys(s, &error))) {
		actor_say(cli);
		return;
	}
	start_end(s);
	die("%s", error);
}

void cli_close(struct cli *cli)
{
	start_end(&cli->start);
}

int cli_fail(struct cli *cli, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	const char *text = arena_vprintf(cli->arena, fmt, args);
	va_end(args);
	cli_close(cli);
	fprintf(stderr, "punchd: %s\n", text);
	return 1;
}

static void rows_end(void *rows)
{
	rows_free(rows);
}

struct rows *cli_query(
	struct cli *cli, const char *sql, const struct db_arg *args, int nargs, bool binary)
{
	struct rows *rows = sync_query(cli->start.sync, sql, args, nargs, binary, &cli->failed);
	if (rows)
		arena_defer(cli->arena, rows_end, rows);
	return rows;
}

const char *cli_error(const struct cli *cli)
{
	return cli->failed.message ? cli->failed.message : "unknown error";
}

/* Columns as the eye counts them: UTF-8's continuation bytes take no place. */
static int text_width(const char *text)
{
	int n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void row_print(const char *const *cells, const int *widths, int n)
{
	for (int i = 0; i < n; i++) {
		/* what terminals call themselves must not steer the operator's screen */
		for (const char *c = cells[i]; *c; c++)
			putchar((unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c);
		if (i < n - 1)
			printf("%*s", widths[i] - text_width(cells[i]) + 2, "");
	}
	putchar('\n');
}

void cli_table(const struct rows *rows, const char *const *titles)
{
	int widths[16], n = 0;
	const char *cells[16];
	for (; n < 16 && titles[n]; n++) {
		widths[n] = text_width(titles[n]);
		for (int i = 0; i < rows_count(rows); i++) {
			const char *text = rows_text(rows, i, n);
			int width = text ? text_width(text) : 0;
			widths[n] = width > widths[n] ? width : widths[n];
		}
	}
	row_print(titles, widths, n);
	for (int i = 0; i < rows_count(rows); i++) {
		for (int c = 0; c < n; c++) {
			const char *text = rows_text(rows, i, c);
			cells[c] = text ? text : "";
		}
		row_print(cells, widths, n);
	}
}
