#include "intake.h"

#include "adms_private.h"
#include "record.h"

struct intake {
	struct adms *adms;
	const struct terminal *terminal;
	struct arena *arena;
	struct record record; /* of the line just read */
	struct records records;
	struct people *people; /* NULL: no USER line yet */
};

struct intake *intake_new(struct adms *adms, const struct terminal *t, struct arena *a)
{
	struct intake *in = arena_alloc(a, sizeof(*in));
	in->adms = adms;
	in->terminal = t;
	in->arena = a;
	in->records = records_new(adms, a);
	return in;
}

static const char *intake_user(struct intake *in)
{
	if (!in->people)
		in->people = people_new(in->adms, in->terminal, in->arena);
	return people_add(in->people, &in->record);
}

static const char *intake_oplog(struct intake *in, struct span line)
{
	struct oplog_line oplog;
	const char *reason = record_oplog(line, &oplog);
	if (!reason)
		records_oplog(&in->records, in->terminal, &oplog);
	return reason;
}

const char *intake_add(struct intake *in, const char *table, struct span line)
{
	record_parse(line, record_table_kind(span_of(table)), &in->record);
	switch (in->record.kind) {
	case RECORD_USER:
		return intake_user(in);
	case RECORD_FP:
	case RECORD_FACE:
	case RECORD_FVEIN:
	case RECORD_BIODATA:
		return records_template(&in->records, in->terminal, &in->record);
	case RECORD_USERPIC:
	case RECORD_BIOPHOTO:
		return records_photo(&in->records, in->terminal, &in->record);
	case RECORD_OPLOG:
		return intake_oplog(in, line);
	case RECORD_IDCARD:
	case RECORD_ERRORLOG:
	case RECORD_WORKCODE:
	case RECORD_SMS:
		records_raw(&in->records, in->terminal, table, NULL, line, 1);
		return NULL;
	default:
		return "unknown record";
	}
}

void intake_reject(struct intake *in, const char *table, struct span line, const char *reason)
{
	records_reject(&in->records, in->terminal, table, line, reason);
}

bool intake_asks(struct intake *in, struct db_statement *question)
{
	if (!in->people || people_count(in->people) == 0)
		return false;
	*question = people_question(in->people);
	return true;
}

int intake_statements(struct intake *in, const struct rows *rows, struct db_statement *out)
{
	int n = records_statements(&in->records, out);
	if (in->people && rows)
		n += people_statements(in->people, rows, &out[n]);
	return n;
}
