/*
 * Long lists of punches as a streamed reply: pieces by key, each one asked for while the one
 * before is written, up to the highest id at the start. While the client does not read, no more
 * than one piece waits in memory and no connection to the database is held.
 */
#ifndef PUNCH_STREAM_H
#define PUNCH_STREAM_H

#include "page.h"
#include "punch_row.h"
#include "punch_sql.h"
#include "report_file.h"

/* What a list looks like. */
struct punch_form {
	const char *type; /* Content-Type */
	/* Before the first row; may add headers to the reply. */
	void (*begin)(struct out *, struct req *, const struct punch_form *, const struct page *,
		int64_t count, bool more);
	void (*row)(struct out *, const struct punch_row *, const void *arg);
	void (*end)(struct out *);
	/* NULL: the parameters of /iclock/api/transactions/ */
	struct punch_filter *(*filter)(struct req *, const void *arg);
	const void *arg; /* the caller's */
	struct report_file *file; /* NULL: no file */
	bool all; /* every row that fits: no pages, no count */
	bool walks; /* pages are remembered */
};

struct punch_stream_start {
	const struct punch_form *form;
	const struct punch_filter *filter;
	struct punch_order order;
	const struct punch_count *known; /* NULL: counted first where the filter needs it */
	const struct punch_key *after; /* NULL: from the first row */
	int64_t last; /* ids up to this one */
	int64_t left; /* rows to come at most */
	/* the last row is written; NULL allowed */
	void (*served)(struct req *, const struct punch_key *, void *arg);
	void *arg;
};

/* Opens the stream, like req_stream(); `head` is what form->begin and the caller have written. */
void punch_stream(struct req *, const struct punch_stream_start *, const struct out *head);

/* The statements of a query over this filter: by indexes, and planned anew each time where the best
 * plan depends on the values. Fills two at most, returns their number. */
int punch_statements(const struct punch_filter *, const struct sql *, struct db_statement[2]);

#endif
