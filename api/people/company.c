/* /personnel/api/company/: the one company. */
#include "company.h"

static const struct field company_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	{ "company_code", "t.code", FT_TEXT, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ | OP_CONTAINS,
		50 },
	{ "company_name", "t.name", FT_TEXT, F_WRITE | F_REQUIRED | F_ORDER, OP_EQ | OP_CONTAINS,
		100 },
	{ 0 },
};

static const char *const company_search[] = { "t.code", "t.name", NULL };

const struct resource company = {
	.name = "company",
	.table = "company",
	.fields = company_fields,
	.search = company_search,
};
