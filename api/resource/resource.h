/*
 * A REST resource from one table of fields: list, read, create, update, delete.
 *
 * The SQL that is made calls the resource's main row "t": select <fields> from <from> where ... .
 * Results are binary; dates and times become text in SQL.
 */
#ifndef RESOURCE_H
#define RESOURCE_H

#include <jansson.h>

#include "field.h"
#include "filter.h"
#include "out.h"
#include "req.h"
#include "sql.h"

struct write;

/* Members that are defined at run time. */
struct more_members {
	const char *sql; /* the list of them, JSON as text, of all rows the same */
	/* The members of a record, null where it has none (record may be NULL). */
	void (*write)(struct out *, const char *list, const json_t *record);
	/* One of the list once it is read: its name, and its value in the record, NULL where there is
	 * none. Both live as the list and the record do. */
	const char *(*name)(const json_t *member);
	const json_t *(*value)(const json_t *member, const json_t *record);
	/* What the body says of them goes into w->sealed, or to w->errors. Values of what is defined no
	 * more are dropped. */
	void (*take)(struct write *, const char *list);
};

struct resource {
	const char *name; /* in messages */
	const char *table; /* "department" */
	const char *from; /* NULL: "<table> t"; else "employee t join ..." (all one row per t) */
	const char *count_from; /* NULL: "<table> t"; what filters need beyond it */
	const struct field *fields;
	const struct filter *filters; /* beyond those of the fields; NULL allowed */
	const char *const *search; /* expressions that ?search= looks into; NULL-terminated */
	const char *fallback; /* order without ?ordering=; NULL: "id" */
	const char *sealed; /* place of the sealed record (columns row_key, sealed), or NULL */
	/* NULL, or: what is sealed is no record but the text of the one F_SEALED member, shown only
	 * when this says so and null otherwise. Read-only. */
	bool (*text_shown)(const struct req *);
	/* NULL, or the members that are defined at run time: they follow the fields and are kept in the
	 * sealed record, which there must be. */
	const struct more_members *more;
	/* NULL, or whose rows are shown: a condition for $$ = the account; superusers see all. */
	const char *holder;
	/* NULL: never shown to staff; or a condition for $$ = the employee who asks. */
	const char *own;
	const char *touch; /* NULL, or "update_time = now()", set by every update */
	/* the table's rows are counted as they come and go (migrations/0011_tally.sql), and from
	 * joins exactly one row to each of them */
	bool tallied;
	int keep_up_to; /* rows with ids up to this cannot be deleted */
	const char *current; /* extra expressions over t read before an update, for the hooks */

	/* After the table's own validation: may add errors, write_set() and write_with(). Row 0 of
	 * current holds the expressions of .current from first_column on; NULL on create. */
	void (*check)(struct write *, const struct rows *current, int first_column);
	/* In place of plain "delete from <table> where id = $1". */
	const char *delete_sql;
};

/* resource_create (id 0) and resource_update with a body that the handler has looked at. */
void resource_write(struct req *, const struct resource *, int32_t id, json_t *body);

/* The filter that OP_EQ of a field is; FILTER_END: none. */
enum filter_kind resource_filter_kind(enum field_type);

/* Handlers; route->spec is the resource. Pattern with :id for the last three. */
req_step resource_list, resource_read, resource_create, resource_update, resource_delete;

/* The list as a file, see report_file.h: all rows, unless a page is asked for. */
req_step resource_export;

/* The pieces, for handlers of their own. ------------------------------------------------------ */

/* "select <columns> from <from>"; members in the order of the table. */
void resource_select(struct sql *, struct req *, const struct resource *);

/* One row of that select as a JSON object. */
void resource_write_row(
	struct out *, struct req *, const struct resource *, const struct rows *, int row);

/* " where true and ...": every filter of fields and resource, and ?search=. False: no row can. */
#define RESOURCE_WHERE_ALL " where true" /* without any */
bool resource_where(struct sql *, struct req *, const struct resource *);

/* --- what hooks see --------------------------------------------------------------------------- */

struct write {
	struct req *req;
	struct arena *arena;
	const struct resource *res;
	bool create;
	int32_t id; /* of an update */
	json_t *body;
	json_t *errors; /* see errors.h */
	json_t *sealed; /* the sealed record as it will be, or NULL */
	bool sealed_changed;
	struct value *given; /* of the fields, in their order */
	struct sql *sql; /* the statement to come: its parameters */
	struct set *sets; /* columns to be written */
	int nsets;
	struct str with; /* ", name as (...)" */
	int tries;
};

/* The body's value of a field that is there and valid, as text; NULL when absent or null. */
const char *write_text(const struct write *, const char *json);
bool write_has(const struct write *, const char *json);

/* From the check on: the body gives this member of the sealed record another value. */
bool write_changes(const struct write *, const char *json);

/* column = expression, in place of what the body says of the column; $$ in it stands for the
 * parameter. Once for a column. */
void write_set(struct write *, const char *column, const char *expression, struct db_arg);

/* Rows to store beside, as ", name as (insert into ... select ... from saved)": `saved` is the row
 * written; $$ stands for the parameter. */
void write_with(struct write *, const char *text, struct db_arg);

/* Ids of an FT_REFS member; false when absent. */
bool write_ids(const struct write *, const char *json, int32_t **ids, int *n);

#endif
