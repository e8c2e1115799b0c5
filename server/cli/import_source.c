/*
 * A database is read in one snapshot, by ranges of id, each column cast to the text that a dump would
 * have; a dump is read from its beginning, and rows that were dealt with before are passed over.
 */
#include "import_source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv.h"
#include "fatal.h"
#include "str.h"
#include "sync.h"
#include "value.h"

enum { MOST_COLUMNS = 64 };

struct import_source {
	struct arena *arena;
	const char *name;
	struct sync *sync; /* NULL: dumps */
	const char *directory;
	/* the table being read */
	const char *table, *select;
	int columns;
	int64_t position;
	int fd;
	struct csv *csv;
	int places[MOST_COLUMNS]; /* of columns in the dump; -1: not there */
	int width; /* fields of its header */
};

const char *import_source_name(const struct import_source *s)
{
	return s->name;
}

/* ---- opening ---- */

static void database_open(struct import_source *s, const char *where, const char *timezone)
{
	const char *error;
	struct db_error failed;
	s->sync = sync_open(s->arena, where, timezone, &error);
	if (!s->sync)
		die("cannot open the database to import from: %s", error);
	if (!sync_script(s->sync, "begin isolation level repeatable read read only", &failed))
		die("cannot read the database to import from: %s", failed.message);
	struct rows *rows = sync_query(s->sync,
		"select current_database() || ' at ' || coalesce(inet_server_addr()::text, 'a local"
		" socket') || ':' || coalesce(inet_server_port()::text, current_setting('port'))",
		NULL, 0, false, &failed);
	if (!rows)
		die("cannot read the database to import from: %s", failed.message);
	s->name = arena_printf(s->arena, "database %s", rows_text(rows, 0, 0));
	rows_free(rows);
}

struct import_source *import_source_open(struct arena *a, const char *where, const char *timezone)
{
	struct import_source *s = arena_alloc(a, sizeof(*s));
	struct stat st;
	char path[PATH_MAX];
	s->arena = a;
	s->fd = -1;
	if (stat(where, &st) == 0) {
		if (!S_ISDIR(st.st_mode) || !realpath(where, path))
			die("%s is no directory: give the one that holds the dumps, one"
			    " TABLE.csv each",
				where);
		s->directory = arena_strdup(a, path);
		s->name = arena_printf(a, "directory %s", path);
	} else if (strchr(where, '=') || strstr(where, "://")) {
		database_open(s, where, timezone);
	} else {
		die("there is no directory %s, and it is no connection string either"
		    " (host=... dbname=... or postgresql://...)",
			where);
	}
	return s;
}

static void table_close(struct import_source *s)
{
	csv_free(s->csv);
	s->csv = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void import_source_close(struct import_source *s)
{
	table_close(s);
	sync_close(s->sync);
	s->sync = NULL;
}

/* ---- a database ---- */

static const char *kind_cast(enum import_kind kind)
{
	static const char *const casts[] = { [K_TEXT] = "::text",
		[K_PIN] = "::text",
		[K_INT] = "::text",
		[K_STATE] = "::text",
		[K_VERIFY] = "::text",
		[K_BOOL] = "::text",
		[K_REAL] = "::text",
		[K_DATE] = "::text",
		[K_WALL] = "::timestamp::text", /* a moment is shown in the session's zone */
		[K_MOMENT] = "::timestamptz::text" };
	return casts[kind];
}

static bool rows_have(const struct rows *rows, const char *name)
{
	for (int i = 0; i < rows_count(rows); i++)
		if (strcmp(rows_text(rows, i, 0), name) == 0)
			return true;
	return false;
}

static const char *column_lacks(struct import_source *s, const char *column)
{
	return arena_printf(s->arena,
		"%s has no column %s: is this a ZKBio Time database of version 8 or later?",
		s->table, column);
}

/* Names are ours, from the tables of import_tables.c. */
static int database_begin(
	struct import_source *s, const struct import_column *columns, bool *has, const char **error)
{
	struct db_error failed;
	const struct db_arg arg = db_text(s->table);
	struct rows *rows = sync_query(s->sync,
		"select attname from pg_attribute where attrelid = to_regclass($1::text)"
		" and attnum > 0 and not attisdropped",
		&arg, 1, false, &failed);
	if (!rows) {
		*error = arena_strdup(s->arena, failed.message);
		return -1;
	}
	if (rows_count(rows) == 0) {
		rows_free(rows);
		return 0;
	}
	struct str sql = str_new(s->arena);
	for (int i = 0; i < s->columns; i++) {
		const struct import_column *c = &columns[i];
		has[i] = rows_have(rows, c->name);
		if (!has[i] && (c->flags & IC_NEEDED) && !*error)
			*error = column_lacks(s, c->name);
		str_add(&sql, i ? ", " : "select ");
		if (has[i])
			str_addf(&sql, "%s%s", c->name, kind_cast(c->kind));
		else
			str_add(&sql, "null");
	}
	rows_free(rows);
	/* t.id: a bare id would be the text that is selected */
	str_addf(&sql, " from %s t where t.id > $1::bigint order by t.id limit $2::bigint",
		s->table);
	s->select = str_text(&sql);
	return *error ? -1 : 1;
}

static void rows_end(void *rows)
{
	rows_free(rows);
}

static bool database_next(struct import_source *s, struct arena *a, int most,
	struct import_batch *b, const char **error)
{
	struct db_error failed;
	const struct db_arg args[] = { db_int(a, s->position), db_int(a, most) };
	struct rows *rows = sync_query(s->sync, s->select, args, LEN(args), false, &failed);
	if (!rows) {
		*error = arena_printf(s->arena, "cannot read %s: %s", s->table, failed.message);
		return false;
	}
	arena_defer(a, rows_end, rows);
	b->n = rows_count(rows);
	b->cells = arena_array(a, (size_t)b->n * (size_t)s->columns + 1, sizeof(*b->cells));
	for (int i = 0; i < b->n; i++)
		for (int c = 0; c < s->columns; c++)
			b->cells[i * s->columns + c] = rows_text(rows, i, c);
	if (b->n > 0)
		str_to_int(rows_text(rows, b->n - 1, 0), INT64_MIN, INT64_MAX, &s->position);
	return true;
}

/* ---- dumps ---- */

static ssize_t dump_read(void *arg, char *to, size_t room)
{
	const struct import_source *s = arg;
	ssize_t got;
	do
		got = read(s->fd, to, room);
	while (got < 0 && errno == EINTR);
	return got;
}

static bool dump_record(
	struct import_source *s, const struct csv_field **fields, int *n, const char **error)
{
	switch (csv_next(s->csv, fields, n)) {
	case CSV_RECORD:
		return true;
	case CSV_BAD:
		*error = arena_printf(s->arena, "%s/%s.csv, line %lld: %s", s->directory, s->table,
			(long long)csv_line(s->csv), csv_error(s->csv));
		return false;
	default:
		*n = 0;
		return true;
	}
}

/* Where each column is, by the header; databases differ in the case of names. */
static bool dump_header(
	struct import_source *s, const struct import_column *columns, bool *has, const char **error)
{
	const struct csv_field *fields;
	int n;
	if (!dump_record(s, &fields, &n, error))
		return false;
	s->width = n;
	for (int i = 0; i < s->columns; i++) {
		s->places[i] = -1;
		for (int k = 0; k < n; k++)
			if (str_same_word(fields[k].text, columns[i].name))
				s->places[i] = k;
		has[i] = s->places[i] >= 0;
		if (!has[i] && (columns[i].flags & IC_NEEDED)) {
			*error = arena_printf(s->arena,
				"%s/%s.csv: the first line must name the columns, and %s is missing",
				s->directory, s->table, columns[i].name);
			return false;
		}
	}
	return true;
}

static int dump_begin(
	struct import_source *s, const struct import_column *columns, bool *has, const char **error)
{
	const struct csv_field *fields;
	const char *path = arena_printf(s->arena, "%s/%s.csv", s->directory, s->table);
	int n = 1;
	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0) {
		*error = arena_printf(s->arena, "cannot read %s: %s", path, strerror(errno));
		return errno == ENOENT ? 0 : -1;
	}
	s->csv = csv_new(dump_read, s, 0);
	if (!dump_header(s, columns, has, error))
		return -1;
	for (int64_t i = 0; i < s->position && n > 0; i++)
		if (!dump_record(s, &fields, &n, error))
			return -1;
	return 1;
}

/* Nothing at all, \N and NULL without quotes are null, as the tools of the databases write it. */
static const char *dump_cell(struct arena *a, const struct csv_field *f)
{
	if (!f->quoted &&
		(f->len == 0 || strcmp(f->text, "\\N") == 0 || strcmp(f->text, "NULL") == 0))
		return NULL;
	return arena_memdup(a, f->text, f->len);
}

static bool dump_next(struct import_source *s, struct arena *a, int most, struct import_batch *b,
	const char **error)
{
	const struct csv_field *fields;
	int n;
	b->cells = arena_array(a, (size_t)most * (size_t)s->columns + 1, sizeof(*b->cells));
	while (b->n < most) {
		if (!dump_record(s, &fields, &n, error))
			return false;
		if (n == 0)
			break;
		if (n != s->width) {
			*error = arena_printf(s->arena,
				"%s/%s.csv, line %lld: %d fields, but the first line has %d",
				s->directory, s->table, (long long)csv_line(s->csv), n, s->width);
			return false;
		}
		for (int c = 0; c < s->columns; c++)
			if (s->places[c] >= 0)
				b->cells[b->n * s->columns + c] =
					dump_cell(a, &fields[s->places[c]]);
		b->n++;
		s->position++;
	}
	return true;
}

/* ---- either ---- */

int import_source_begin(struct import_source *s, const char *table,
	const struct import_column *columns, int64_t position, bool *has, const char **error)
{
	*error = NULL;
	table_close(s);
	s->table = table;
	s->position = position;
	s->columns = 0;
	while (columns[s->columns].name)
		s->columns++;
	if (s->columns > MOST_COLUMNS)
		fatal("%s: too many columns", table);
	return s->sync ? database_begin(s, columns, has, error)
		       : dump_begin(s, columns, has, error);
}

bool import_source_next(struct import_source *s, struct arena *a, int most, struct import_batch *b,
	const char **error)
{
	*b = (struct import_batch){ .columns = s->columns };
	bool good = s->sync ? database_next(s, a, most, b, error) : dump_next(s, a, most, b, error);
	b->position = s->position;
	return good;
}

int64_t import_source_highest(struct import_source *s, const char *table)
{
	struct db_error failed;
	if (!s->sync)
		return 0;
	/* a failure would end the snapshot, so nothing is asked that may fail */
	const struct db_arg arg = db_text(table);
	struct rows *rows = sync_query(s->sync,
		"select coalesce(max(q.last_value), 0)::bigint from pg_sequences q"
		" join pg_depend d on d.classid = 'pg_class'::regclass"
		"  and d.objid = to_regclass(format('%I.%I', q.schemaname, q.sequencename))"
		"  and d.refobjid = to_regclass($1::text) and d.deptype in ('a', 'i')",
		&arg, 1, true, &failed);
	int64_t highest = rows_int(rows, 0, 0);
	rows_free(rows);
	return highest;
}
