/*
 * The command line: one table of commands, settings and the few options that belong to commands.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "config.h"
#include "start.h"

struct cli;

struct command {
	const char *name; /* "user add" */
	const char *usage; /* what follows the name in --help */
	int words; /* that must follow; */
	int more; /* that may follow beyond those */
	int (*run)(struct cli *); /* NULL: the server */
	const char *help;
};

struct cli {
	struct arena *arena;
	const struct command *command;
	const struct config *config;
	const char *words[4]; /* after the command's name; NULL where none was given */
	bool superuser, dry_run, end_others, waiting;
	const char *password_file, *name, *expires, *area, *report, *files, *not_authorised,
		*new_key_file, *groups, *areas, *departments, *permissions, *scope, *address,
		*before;
	struct start start; /* after cli_open */
	struct db_error failed;
};

/* -1: cli holds what is to be run; else the status to exit with (--help, --version, mistakes). */
int cli_parse(struct cli *, struct arena *, int argc, char **argv);

/* Opens the database for a command, with keys when asked for; dies with one line when it cannot.
 * cli_close ends what it started. */
void cli_open(struct cli *, bool keys);
void cli_close(struct cli *);

/* cli_close, then one line on stderr; returns the exit status 1. */
int cli_fail(struct cli *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A statement; NULL: the database's words are in cli_error(). Rows live until the command ends. */
struct rows *cli_query(
	struct cli *, const char *sql, const struct db_arg *, int nargs, bool binary);
const char *cli_error(const struct cli *);

/* A comma list of names or codes as the text of an array of ids; "all": NULL. False: one is not
 * there, and *missing is it. table and column are our own words. */
bool cli_ids(struct cli *, const char *table, const char *column, const char *list,
	const char **ids, const char **missing);

/* A comma list of permissions as the text of an array. False: *wrong is none. */
bool cli_permissions(struct cli *, const char *list, const char **words, const char **wrong);

/* Rows as columns under the NULL-terminated titles, on stdout. */
void cli_table(const struct rows *, const char *const *titles);

int cli_config(struct cli *);
int cli_migrate(struct cli *);
int cli_health(struct cli *);
int cli_user_add(struct cli *);
int cli_user_list(struct cli *);
int cli_user_passwd(struct cli *);
int cli_user_disable(struct cli *);
int cli_user_enable(struct cli *);
int cli_user_set(struct cli *);
int cli_group_list(struct cli *);
int cli_group_add(struct cli *);
int cli_group_set(struct cli *);
int cli_group_remove(struct cli *);
int cli_token_create(struct cli *);
int cli_token_list(struct cli *);
int cli_token_revoke(struct cli *);
int cli_device_list(struct cli *);
int cli_device_approve(struct cli *);
int cli_device_remove(struct cli *);
int cli_key_status(struct cli *);
int cli_key_jwt(struct cli *);
int cli_key_rotate(struct cli *);
int cli_key_retire(struct cli *);
int cli_key_master(struct cli *);
int cli_retention_run(struct cli *);
int cli_biometrics_remove(struct cli *);
int cli_audit_verify(struct cli *);
int cli_audit_list(struct cli *);
int cli_import_biotime(struct cli *);

#endif
