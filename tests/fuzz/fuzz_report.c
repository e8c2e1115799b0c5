/* export_headers of reports: the first two bytes are the length of the period. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "report_row.h"

static const struct report_field fields[] = {
	{ "emp_code", "e.emp_code", RT_TEXT },
	{ "days", "x.times", RT_DAYS },
	{ 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct report_file csv = { "text/csv", "csv", ',', NULL };
	struct report_period period = { 0 };
	struct arena *a = arena_new();
	struct report_shape *shape = arena_alloc(a, sizeof(*shape));
	struct out o;

	if (n >= 2) {
		period.last = bytes[0] * 4 + bytes[1] - 1;
		report_shape_read(shape, fields, &period, arena_memdup(a, bytes + 2, n - 2));
		assert(shape->ncells > 0 && shape->ncells <= REPORT_CELLS);
		assert(shape->nkeys >= 0 && shape->nkeys <= REPORT_DAYS);
		out_init(&o);
		report_row_header(&o, shape, &csv);
		assert(o.len >= 2 && memcmp(o.bytes + o.len - 2, "\r\n", 2) == 0);
		out_free(&o);
	}
	arena_free(a);
	return 0;
}
