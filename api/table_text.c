/* CSV (RFC 4180) with comma, semicolon or tab: whichever the first line has most of. */
#include <string.h>

#include "str.h"
#include "table.h"

static char separator_of(const char *at, const char *end)
{
	static const char candidates[] = ",;\t";
	int counts[3] = { 0 }, best = 0;
	bool quoted = false;

	for (; at < end && (quoted || (*at != '\n' && *at != '\r')); at++) {
		const char *found = memchr(candidates, *at, 3);
		if (*at == '"')
			quoted = !quoted;
		else if (found && !quoted)
			counts[found - candidates]++;
	}
	for (int i = 1; i < 3; i++)
		if (counts[i] > counts[best])
			best = i;
	return candidates[best];
}

struct text {
	struct table_rows *rows;
	const char *at, *end;
	char separator;
	int line;
	char *unquoted; /* room for the longest cell */
};

static void problem_set(struct text *t, const char *what)
{
	if (!t->rows->problem)
		t->rows->problem =
			arena_printf(t->rows->arena, "Line %d: %s.", t->rows->line, what);
}

/* Behind the opening quote. */
static void quoted_read(struct text *t, int column)
{
	size_t n = 0;

	for (;; t->at++) {
		if (t->at == t->end) {
			problem_set(t, "a quote is not closed");
			return;
		}
		if (*t->at == '"') {
			if (t->at + 1 == t->end || t->at[1] != '"')
				break;
			t->at++;
		}
		t->line += *t->at == '\n';
		if (n <= TABLE_CELL)
			t->unquoted[n++] = *t->at;
	}
	t->at++;
	table_cell(t->rows, column, t->unquoted, n);
	if (t->at < t->end && *t->at != t->separator && *t->at != '\n' && *t->at != '\r')
		problem_set(t, "text behind a closing quote");
}

static void plain_read(struct text *t, int column)
{
	const char *from = t->at;

	while (t->at < t->end && *t->at != t->separator && *t->at != '\n' && *t->at != '\r')
		t->at++;
	table_cell(t->rows, column, from, (size_t)(t->at - from));
}

static void row_read(struct text *t)
{
	t->rows->line = t->line;
	for (int column = 0; !t->rows->problem; column++) {
		if (t->at < t->end && *t->at == '"') {
			t->at++;
			quoted_read(t, column);
		} else {
			plain_read(t, column);
		}
		if (t->at == t->end || *t->at != t->separator)
			break;
		t->at++;
	}
	if (t->at < t->end && *t->at == '\r')
		t->at++;
	if (t->at < t->end && *t->at == '\n')
		t->at++;
	t->line++;
	table_row_end(t->rows);
}

const char *table_read_text(struct table_rows *rows, const char *bytes, size_t n)
{
	struct text t = { .rows = rows, .at = bytes, .end = bytes + n, .line = 1 };

	if (!str_is_utf8(bytes, n))
		return "The file is neither a workbook (.xlsx) nor text in UTF-8.";
	if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		t.at += 3;
	t.separator = separator_of(t.at, t.end);
	t.unquoted = arena_alloc(rows->arena, TABLE_CELL + 2);
	while (t.at < t.end && !rows->problem)
		row_read(&t);
	return rows->problem;
}
