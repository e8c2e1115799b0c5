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

const char *table_read_text(struct table_rows *rows, const char *bytes, size_t n)
{
	struct piece all = { bytes, bytes + n };
	const struct csv_field *cells;
	enum csv_status status;
	int ncells;

	if (!str_is_utf8(bytes, n))
		return "The file is neither a workbook (.xlsx) nor text in UTF-8.";
	struct csv *csv = csv_new(piece_read, &all, 0);
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
