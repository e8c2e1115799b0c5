/*
 * POST querydata: what a query of ours found, in packs, as SenseFace terminals answer. Its lines go the
 * way of every upload. Only the terminal that was asked ends a query, with the last pack; or with its
 * result, as others do.
 */
#include "querydata.h"

#include "access.h"
#include "fatal.h"
#include "record.h"
#include "upload.h"
#include "upload_private.h"

static req_step query_found, query_ended;

/* A number of the request; -1: it says none. */
static int64_t param_number(struct req *r, const char *name, int64_t most)
{
	const char *text = req_param(r, name);
	int64_t n;
	return text && str_to_int(text, 0, most, &n) ? n : -1;
}

bool query_wraps(const char *table)
{
	return strcmp(table, "TABLEDATA") == 0 || strcmp(table, "QUERYDATA") == 0;
}

const char *query_wrapped(struct req *r)
{
	const char *name = req_param(r, "tablename"), *type = req_param(r, "type");
	if (type && str_same_word(type, "options"))
		return "options";
	return name && upload_word_ok(name) ? name : "";
}

void query_answer(struct req *r, const struct rows *rows)
{
	struct arena *a = req_arena(r);
	const struct terminal *t = contact_of(r)->terminal;
	struct upload *u = arena_alloc(a, sizeof(*u));
	int64_t id = param_number(r, "cmdid", 9999999999);
	contact_of(r)->data = u;
	if (!t->approved || id <= 0) {
		access_listen_type(r);
		upload_begin(r, u, "QUERYDATA");
		return;
	}
	const struct db_arg args[] = { db_int(a, t->id), db_int(a, id) };
	req_query(r, query_found,
		"select split_part(split_part(content, ' ', 3), '=', 1), state = 'sent'"
		" from terminal_command where terminal_id = $1::int and id = $2::bigint"
		" and sent is not null and content like 'DATA QUERY %'",
		LEN(args), args);
}

/* "DATA QUERY USERINFO" is answered with the table "user", too. */
static bool query_is_of(const char *asked, const char *table)
{
	enum record_kind kind = record_table_kind(span_of(asked));
	return str_same_word(asked, table) ||
	       (kind != RECORD_OTHER && kind == record_table_kind(span_of(table)));
}

static void query_found(struct req *r, const struct rows *rows)
{
	struct upload *u = upload_of(r);
	const char *table = req_param(r, "tablename");
	int64_t packs = param_number(r, "packcnt", INT32_MAX);
	if (rows_count(rows) == 0)
		access_listen_type(r);
	else if (rows_bool(rows, 0, 1) && table && query_is_of(rows_text(rows, 0, 0), table)) {
		u->asked = true;
		if (packs < 1 || param_number(r, "packidx", INT32_MAX) == packs)
			u->query = req_param(r, "cmdid");
	}
	upload_begin(r, u, "QUERYDATA");
}

int query_count(struct req *r, const struct upload *u)
{
	int64_t n = param_number(r, "count", INT32_MAX);
	return n >= 0 && strcmp(u->table, "QUERYDATA") == 0 ? (int)n : u->lines;
}

/* What is stored stays so; a query that could not be ended is ended by its result. */
void query_end(struct req *r)
{
	struct arena *a = req_arena(r);
	struct upload *u = upload_of(r);
	int64_t id = param_number(r, "cmdid", 9999999999);
	int32_t count = query_count(r, u);
	const char *nothing = NULL;
	u->query = NULL;
	const struct db_arg args[] = { db_int(a, contact_of(r)->terminal->id),
		db_int8_array(a, &id, NULL, 1), db_int4_array(a, &count, NULL, 1),
		db_text_array(a, &nothing, 1) };
	const struct db_statement end = {
		"select command_results($1::int, $2::bigint[], $3::int[], $4::text[])", args,
		LEN(args)
	};
	req_query_with(r, query_ended,
		&(struct req_query_options){ .db = contact_of(r)->adms->results_db, .try = true },
		&end, 1);
}

static void query_ended(struct req *r, const struct rows *rows)
{
	upload_reply(r);
}
