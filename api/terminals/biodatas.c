/* /iclock/api/biodatas/: templates. The template itself is for who may see
 * credentials, and asks for it. */
#include "biodatas.h"
#include "auth.h"

/* ?templates=true */
static bool template_shown(const struct req *r)
{
	return auth_may(r, SUBJECT_CREDENTIAL, MAY_VIEW) && filter_says(req_param(r, "templates"));
}

static const struct field biodata_fields[] = {
	{ "id", "t.id", FT_INT, F_ORDER, OP_EQ },
	/* its first word is the emp_code: clients cut it there */
	{ "employee",
		"p.code || coalesce(nullif(' ' || concat_ws(' ', nullif(e.first_name, ''),"
		" nullif(e.last_name, '')), ' '), '')",
		FT_TEXT },
	{ "bio_tmp", NULL, FT_TEXT, F_SEALED },
	{ "bio_no", "t.bio_no", FT_INT, F_ORDER, OP_EQ },
	{ "bio_index", "t.bio_index", FT_INT, F_ORDER, OP_EQ },
	{ "bio_type", "t.bio_type", FT_INT, F_ORDER },
	{ "major_ver", "t.major_ver", FT_INT, F_ORDER, OP_EQ },
	{ "minor_ver", "t.minor_ver", FT_INT, 0, OP_EQ },
	{ "bio_format", "t.bio_format", FT_INT },
	{ "valid", "t.valid", FT_INT, 0, OP_EQ },
	{ "duress", "t.duress", FT_INT, 0, OP_EQ },
	{ "sn", "t.sn", FT_TEXT, F_ORDER, OP_EQ },
	{ "update_time", "t.update_time", FT_TIME, F_ORDER },
	/* why no terminal is given it; null: nothing is known against it */
	{ "problem", "t.problem", FT_TEXT, 0, OP_EQ | OP_CONTAINS },
	{ 0 },
};

static const struct filter biodata_filters[] = {
	{ "employee", FILTER_IDS, "e.id = any($$)" },
	{ "emp_code", FILTER_TEXT, "p.code = $$" },
	{ "emp_code_icontains", FILTER_CONTAINS, "p.code ilike $$" },
	{ "bio_type", FILTER_IDS, "t.bio_type = any($$)" },
	{ "id_more_than", FILTER_INT, "t.id > $$" },
	{ "start_time", FILTER_TIME, "t.update_time >= $$" },
	{ "end_time", FILTER_TIME, "t.update_time < $$ + interval '1 second'" },
	{ 0 },
};

static const char *const biodata_search[] = { "p.code", "e.first_name", "e.last_name", "t.sn",
	NULL };

#define BIODATA_FROM                                                                               \
	"template t join pin p on p.id = t.pin_id left join employee e on e.pin_id = t.pin_id"

const struct resource biodatas = {
	.name = "biodata",
	.table = "template",
	.tallied = true,
	.from = BIODATA_FROM,
	.count_from = BIODATA_FROM,
	.fields = biodata_fields,
	.filters = biodata_filters,
	.search = biodata_search,
	.sealed = "template.sealed",
	.text_shown = template_shown,
};
