/*
 * /personnel/api/claims/: what terminals said of people who are in none of their areas, and what waits
 * for somebody to take or drop it; names of members only.
 */
#include "person_claims.h"

static const struct field claim_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "terminal", "t.terminal_id", FT_INT, F_ORDER },
	{ "terminal_sn", "d.sn", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "terminal_alias", "d.alias", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ "emp", "e.id", FT_INT }, /* null: the PIN is no employee's yet */
	{ "emp_code", "n.code", FT_TEXT, F_ORDER, OP_EQ | OP_CONTAINS },
	{ "what", "t.words", FT_TEXT, 0, OP_CONTAINS },
	{ "first_time", "t.since", FT_TIME, F_ORDER },
	{ "last_time", "t.received", FT_TIME, F_ORDER },
	{ 0 },
};

static const struct filter claim_filters[] = {
	{ "terminal", FILTER_IDS, "t.terminal_id = any($$)" },
	{ "emp", FILTER_IDS, "e.id = any($$)" },
	{ 0 },
};

static const char *const claim_search[] = { "d.sn", "d.alias", "n.code", NULL };

#define CLAIM_FROM                                                                                 \
	"person_claims t join terminal d on d.id = t.terminal_id join pin n on n.id = t.pin_id"    \
	" left join employee e on e.pin_id = t.pin_id"

const struct resource claims = {
	.name = "claim",
	.table = "person_claims",
	.from = CLAIM_FROM,
	.count_from = CLAIM_FROM,
	.fields = claim_fields,
	.filters = claim_filters,
	.search = claim_search,
	.fallback = "-last_time",
};
