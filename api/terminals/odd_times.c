/* /iclock/api/oddtimes/: punches whose time cannot be right; read-only. */
#include "odd_times.h"
#include "resource_private.h"

static const struct field odd_time_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "transaction", "p.id", FT_INT, 0, OP_EQ },
	{ "emp_code", "n.code", FT_TEXT, 0, OP_EQ },
	{ "terminal_sn", "o.sn", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "o.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "flag", "t.flag", FT_TEXT, F_ORDER, OP_EQ },
	{ "punch_time", "t.punch_time", FT_TIME, F_ORDER },
	{ "upload_time", "p.upload_time", FT_TIME },
	{ "received", "t.received", FT_TIME, F_ORDER },
	{ 0 },
};

static const struct filter odd_time_filters[] = {
	{ "start_time", FILTER_TIME, "t.received >= $$" },
	{ "end_time", FILTER_TIME, "t.received < $$ + interval '1 second'" },
	{ 0 },
};

/* By the key of the punch: one that was deleted is not shown any more. */
#define ODD_TIME_FROM                                                                              \
	"punch_odd_time t join punch p on p.pin_id = t.pin_id and p.punch_time = t.punch_time"     \
	" join pin n on n.id = t.pin_id join punch_origin o on o.id = p.origin_id"

const struct resource odd_times = {
	.name = "odd time",
	.table = "punch_odd_time",
	.from = ODD_TIME_FROM,
	.count_from = ODD_TIME_FROM,
	.fields = odd_time_fields,
	.filters = odd_time_filters,
	.fallback = "-id",
};
