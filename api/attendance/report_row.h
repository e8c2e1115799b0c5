/* One row of a report, as JSON and as cells of a file. */
#ifndef REPORT_ROW_H
#define REPORT_ROW_H

#include "report.h"
#include "report_file.h"
#include "report_period.h"
#include "rows.h"

enum { REPORT_DAYS = 366, REPORT_CELLS = 512 };

/* Column or, of a member with days, one of them. */
struct report_cell {
	int field;
	int day; /* place among the keys; -1: not a day */
};

struct report_shape {
	const struct report_field *fields;
	int nkeys; /* days of the period as "MMDD", each once, where a field has days */
	char keys[REPORT_DAYS][5];
	int columns[64]; /* of the rows, by field; 0: none */
	int ncells;
	struct report_cell cells[REPORT_CELLS]; /* of files */
	struct report_period *period;
};

/* export_headers is a comma list of members; unknown ones are left out. NULL or nothing usable:
 * all. */
void report_shape_read(struct report_shape *, const struct report_field *, struct report_period *,
	const char *export_headers);

/* Rows begin with e.id and x.day; the members with an expression follow. */
void report_row_json(struct out *, const struct report_shape *, const struct rows *, int row);
void report_row_header(struct out *, const struct report_shape *, const struct report_file *);
void report_row_cells(struct out *, const struct report_shape *, const struct report_file *,
	const struct rows *, int row);

/* --- shared with reports of punches ----------------------------------------------------------- */

/* Days since 1970 -> "Monday". */
const char *report_weekday(int64_t day);

#endif
