/*
 * punchd import-biotime: moves in from ZKBio Time.
 *
 * The lock that orders punches is held all the time, so that no terminal's punch gets an id among
 * those to come. What is done is kept after each batch; started again, it goes on there. A dry run
 * is the same in one transaction that is not committed.
 */
#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "csv.h"
#include "fatal.h"

enum { SHOWN = 20, /* misfits on the screen */ TELL_EVERY = 3000, /* ms */ PUBLISH = 20000 };

static int import_fail(struct import *im, const char *what, const char *why)
{
	import_source_close(im->source);
	return cli_fail(im->cli, "%s: %s", what, why);
}

static bool script(struct import *im, const char *sql)
{
	return sync_script(im->cli->start.sync, sql, &im->cli->failed);
}

static bool batch_begin(struct import *im)
{
	return im->dry || script(im, "begin");
}

static bool batch_commit(struct import *im)
{
	return im->dry || script(im, "commit");
}

/* A statement whose answer is looked at and forgotten. */
static bool run(struct import *im, const char *sql, const struct db_arg *args, int nargs)
{
	struct rows *rows =
		sync_query(im->cli->start.sync, sql, args, nargs, true, &im->cli->failed);
	bool good = rows != NULL;
	rows_free(rows);
	return good;
}

/* At most every few seconds. */
static void progress(struct import *im, const char *what, int64_t n)
{
	int64_t now = clock_ticks();
	if (now - im->said < TELL_EVERY)
		return;
	im->said = now;
	printf("%s: %lld ...\n", what, (long long)n);
	fflush(stdout);
}

/* ---- one table ---- */

struct state {
	int64_t position, read, taken;
	bool done;
};

static bool state_read(struct import *im, const char *table, struct state *s)
{
	const struct db_arg arg = db_text(table);
	struct rows *rows = sync_query(im->cli->start.sync,
		"select position, rows_read, rows_taken, done from import_table where name = $1",
		&arg, 1, true, &im->cli->failed);
	*s = (struct state){ 0 };
	if (rows_count(rows))
		*s = (struct state){ rows_int(rows, 0, 0), rows_int(rows, 0, 1),
			rows_int(rows, 0, 2), rows_bool(rows, 0, 3) };
	bool good = rows != NULL;
	rows_free(rows);
	return good;
}

static bool state_write(
	struct import *im, struct arena *a, const char *table, const struct state *s)
{
	const struct db_arg args[] = { db_text(table), db_int(a, s->position), db_int(a, s->read),
		db_int(a, s->taken), db_bool(s->done) };
	return run(im,
		"insert into import_table (name, position, rows_read, rows_taken, done)"
		" values ($1, $2, $3, $4, $5) on conflict (name) do update set position = $2,"
		" rows_read = $3, rows_taken = $4, done = $5",
		args, LEN(args));
}

/* Rows and misfits, within a transaction; *taken rows are in. */
static bool rows_store(struct import *im, struct import_rows *r, int64_t *taken)
{
	struct db_error *failed = &im->cli->failed;
	import_rows_read(r);
	if (r->table->extend && !r->table->extend(im, r))
		return false;
	*taken = 0;
	if (r->n > 0) {
		struct rows *rows = sync_query(
			im->cli->start.sync, r->table->sql, r->args, r->nargs, true, failed);
		if (!rows)
			return false;
		*taken = rows_int(rows, 0, 0);
		rows_free(rows);
	}
	if (!r->misfits)
		return true;
	const struct db_arg args[] = { db_text(r->table->name),
		db_text_array(r->arena, r->misfit_rows, r->misfits),
		db_text_array(r->arena, r->misfit_reasons, r->misfits) };
	return run(im,
		"insert into import_misfit (table_name, row, reason)"
		" select $1, n.row, n.reason from unnest($2::text[], $3::text[]) n (row, reason)",
		args, LEN(args));
}

/* One batch; false: *error says why, or the database does. */
static bool table_step(
	struct import *im, const struct import_table *t, struct state *s, const char **error)
{
	struct import_batch b;
	struct arena *a = arena_new();
	int64_t taken = 0;
	bool good = import_source_next(im->source, a, t->batch, &b, error);
	if (good && b.n > 0) {
		struct import_rows r = { .arena = a, .table = t, .batch = &b };
		good = batch_begin(im) && rows_store(im, &r, &taken);
	} else if (good) {
		good = batch_begin(im);
	}
	if (good) {
		s->position = b.position;
		s->read += b.n;
		s->taken += taken;
		s->done = b.n == 0;
		good = state_write(im, a, t->name, s) && batch_commit(im);
	}
	arena_free(a);
	progress(im, t->name, s->read);
	return good;
}

/* 0, or the exit status. */
static int table_import(struct import *im, const struct import_table *t)
{
	struct state s;
	bool has[64];
	const char *error = NULL;
	if (!state_read(im, t->name, &s))
		return import_fail(im, "cannot read how far the import is", cli_error(im->cli));
	if (s.done)
		return 0;
	int found = import_source_begin(im->source, t->from, t->columns, s.position, has, &error);
	if (found < 0 || (!found && t->needed))
		return import_fail(im, import_source_name(im->source),
			error ? error
			      : arena_printf(im->cli->arena, "there is no table %s", t->from));
	while (found && !s.done)
		if (!table_step(im, t, &s, &error))
			return import_fail(im, t->name, error ? error : cli_error(im->cli));
	if (found)
		printf("%s: %lld rows, %lld taken\n", t->name, (long long)s.read,
			(long long)s.taken);
	else
		printf("%s: not there\n", t->name);
	fflush(stdout);
	return 0;
}

/* ---- all of it ---- */

static bool table_is_left_out(const struct import *im, const struct import_table *t)
{
	if (!im->cli->config->store_biometrics &&
		(t->extend == import_biophotos_seal || t->extend == import_templates_seal))
		return true;
	return im->files < 0 &&
	       (t->extend == import_biophotos_seal || t->extend == import_pictures_seal);
}

/* From then on terminals' punches get ids behind those to be published. */
static bool reserve(struct import *im)
{
	const struct db_arg arg =
		db_int(im->cli->arena, import_source_highest(im->source, import_tables[0].from));
	bool good = batch_begin(im);
	good = good && run(im, "select import_reserve($1::bigint)", &arg, 1);
	return good && batch_commit(im);
}

/* Staged punches become punches, in the order of their ids. */
static int punches_publish(struct import *im)
{
	int64_t done = 0;
	for (bool more = true; more;) {
		const struct db_arg arg = db_int(im->cli->arena, PUBLISH);
		if (!batch_begin(im))
			return import_fail(im, "cannot publish punches", cli_error(im->cli));
		struct rows *rows = sync_query(im->cli->start.sync,
			"select import_publish($1::int)", &arg, 1, true, &im->cli->failed);
		int64_t n = rows ? rows_int(rows, 0, 0) : 0;
		bool good = rows && batch_commit(im);
		rows_free(rows);
		if (!good)
			return import_fail(im, "cannot publish punches", cli_error(im->cli));
		more = n > 0;
		done += n;
		progress(im, "punches published", done);
	}
	printf("punches published: %lld\n", (long long)done);
	return 0;
}

static int everything(struct import *im)
{
	for (const struct import_table *t = import_tables; t->name; t++) {
		if (table_is_left_out(im, t)) {
			printf("%s: left out (%s)\n", t->name,
				im->files < 0 && im->cli->config->store_biometrics
					? "name the directory of the files with --files"
					: "store_biometrics is off, or --files is missing");
			continue;
		}
		int status = table_import(im, t);
		if (status)
			return status;
		if (t == import_tables && !reserve(im))
			return import_fail(im, "cannot keep the ids free", cli_error(im->cli));
		if (strcmp(t->name, "personnel_area") == 0) {
			const struct db_arg arg = db_text(im->cli->not_authorised);
			if (!batch_begin(im) || !run(im, "select import_flag($1)", &arg, 1) ||
				!batch_commit(im))
				return import_fail(im, "cannot flag an area", cli_error(im->cli));
		}
	}
	if (!batch_begin(im) || !run(im, "select import_prepare()", NULL, 0) || !batch_commit(im))
		return import_fail(im, "cannot prepare the punches", cli_error(im->cli));
	return punches_publish(im);
}

/* ---- what did not fit ---- */

static void csv_cell(FILE *f, const char *text, char end)
{
	fputc('"', f);
	if (csv_is_formula(text, strlen(text)))
		fputc('\'', f); /* a spreadsheet must not compute it */
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', f);
		fputc(*text, f);
	}
	fputc('"', f);
	fputc(end, f);
}

static bool report_write(const struct rows *rows, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return false;
	fputs("table,row,reason\n", f);
	for (int i = 0; i < rows_count(rows); i++)
		for (int c = 0; c < 3; c++)
			csv_cell(f, rows_text(rows, i, c), c < 2 ? ',' : '\n');
	bool good = !ferror(f);
	return fclose(f) == 0 && good;
}

static void line_print(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static int report(struct import *im)
{
	struct rows *rows = sync_query(im->cli->start.sync,
		"select table_name, row, reason from import_misfit order by id", NULL, 0, false,
		&im->cli->failed);
	if (!rows)
		return import_fail(im, "cannot read what did not fit", cli_error(im->cli));
	int n = rows_count(rows);
	const char *path = im->cli->report;
	printf(n ? "\n%d did not fit:\n" : "\neverything did fit\n", n);
	for (int i = 0; i < n && i < SHOWN; i++) {
		printf("  ");
		line_print(rows_text(rows, i, 0));
		printf(" ");
		line_print(rows_text(rows, i, 1));
		printf(": ");
		line_print(rows_text(rows, i, 2));
		putchar('\n');
	}
	bool good = !path || report_write(rows, path);
	if (n > SHOWN)
		printf("  and %d more%s%s\n", n - SHOWN,
			path ? ", all in " : ": name a file with --report to have them all",
			path ? path : "");
	rows_free(rows);
	return good ? 0 : import_fail(im, path, strerror(errno));
}

/* ---- the command ---- */

static const char *begin(struct import *im)
{
	const struct db_arg arg = db_text(import_source_name(im->source));
	if (!run(im, "select pg_advisory_lock(7263001)", NULL, 0)) /* as punch_lock() */
		return cli_error(im->cli);
	if (im->dry && !script(im, "begin"))
		return cli_error(im->cli);
	struct rows *rows = sync_query(
		im->cli->start.sync, "select import_begin($1)", &arg, 1, false, &im->cli->failed);
	if (!rows)
		return cli_error(im->cli);
	const char *why = rows_text(rows, 0, 0);
	why = why ? arena_strdup(im->cli->arena, why) : NULL;
	rows_free(rows);
	return why;
}

static int finish(struct import *im)
{
	if (im->dry) {
		int status = report(im);
		if (!status && !script(im, "rollback"))
			status = import_fail(im, "cannot end the dry run", cli_error(im->cli));
		if (!status)
			printf("\nThis was a dry run: nothing was changed.\n");
		return status;
	}
	if (!batch_begin(im) || !run(im, "select import_finish()", NULL, 0) || !batch_commit(im))
		return import_fail(im, "cannot end the import", cli_error(im->cli));
	return report(im);
}

int cli_import_biotime(struct cli *cli)
{
	struct import im = { .cli = cli, .files = -1, .dry = cli->dry_run };
	if (cli->files) {
		im.files = open(cli->files, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (im.files < 0)
			die("cannot open the directory %s: %s", cli->files, strerror(errno));
	}
	im.source = import_source_open(cli->arena, cli->words[0], cli->config->timezone);
	cli_open(cli, true);
	im.said = clock_ticks();
	const char *why = begin(&im);
	if (why)
		return import_fail(&im, "cannot import", why);
	printf("importing from %s\n", import_source_name(im.source));
	fflush(stdout);
	int status = everything(&im);
	if (!status)
		status = finish(&im);
	if (im.files >= 0)
		close(im.files);
	if (status)
		return status;
	import_source_close(im.source);
	cli_close(cli);
	return 0;
}
