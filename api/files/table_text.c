/* A table as CSV, or text with tabs between its cells. */
#include <string.h>

#include "csv.h"
#include "str.h"
#include "table.h"

struct piece {
	const char *at, *end;
};

static ssize_t piece_read(void *arg, char *to, size_t room)
{
	struct piece *piece = arg;
	size_t n = (size_t)(piece->end - piece->at);

	if (n > room)
		n = room;
	memcpy(to, piece->at, n);
	piece->at += n;
	return (ssize_t)n;
}

/* "sep=;" on a line of its own, as spreadsheets read and some programs write it; 0: not said. */
static char separator_said(struct piece *all)
{
	const char *at = all->at;
	size_t n;

	if (all->end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	n = (size_t)(all->end - at);
	if (n < 6 || memcmp(at, "sep=", 4) != 0 || !strchr(",;|\t", at[4]) ||
		(at[5] != '\n' && at[5] != '\r'))
		return 0;
	all->at = at + 5;
	return at[4];
}

const char *table_read_text(struct table_rows *rows, const char *bytes, size_t n)
{
	struct piece all = { bytes, bytes + n };
	const struct csv_field *cells;
	enum csv_status status;
	int ncells;

	if (!str_is_utf8(bytes, n))
		return "The file is neither a workbook (.xlsx) nor text in UTF-8.";
	char separator = separator_said(&all);
	struct csv *csv = csv_new(piece_read, &all, separator);
	while ((status = csv_next(csv, &cells, &ncells)) == CSV_RECORD && !rows->problem) {
		rows->line = (int)csv_line(csv);
		for (int i = 0; i < ncells; i++)
			table_cell(rows, i, cells[i].text, cells[i].len);
		table_row_end(rows);
	}
	if (status == CSV_BAD)
		rows->problem = arena_printf(
			rows->arena, "Line %lld: %s.", (long long)csv_line(csv), csv_error(csv));
	csv_free(csv);
	return rows->problem;
}
