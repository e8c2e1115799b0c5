/*
 * Files that punches and reports are exported to: one place for their formats.
 *
 * Text is streamed as rows come. A workbook is made in temporary files by threads, and sent from
 * there when it is whole: its reply begins when all rows are known.
 */
#ifndef REPORT_FILE_H
#define REPORT_FILE_H

#include "cells.h"
#include "filter.h"
#include "out.h"
#include "req.h"

struct report_book;

/* Of one request. */
struct report_file {
	const char *type; /* Content-Type */
	const char *ending;
	char separator; /* CELLS_BOOK: a workbook */
	struct report_book *book; /* NULL: not a workbook */
	bool mark; /* a byte order mark comes first, by which spreadsheets know UTF-8 */
};

/* The parameters, for who describes them. */
extern const struct filter report_file_filters[];

/* By export_type and bom. NULL: none or unknown, replied 400; or too many workbooks, replied 503. */
struct report_file *report_file_read(struct req *);

/* Content-Disposition of the reply to come; NAME.ENDING. */
void report_file_named(struct req *, const struct report_file *, const char *name);

/* Before the first cell. */
void report_file_begin(struct out *, const struct report_file *);

/* One cell; text is neutralised where a spreadsheet would take it for a formula. NULL: empty. */
void report_file_text(struct out *, const struct report_file *, bool first, const char *text);
void report_file_number(struct out *, const struct report_file *, bool first, int64_t);
void report_file_end_row(struct out *, const struct report_file *);

/* What has been written to req_stream_out() goes on its way; like req_stream_flush() and
 * req_stream_end(), for any format. NULL: no file, the stream as it is. */
void report_file_flush(struct req *, struct report_file *, req_step *more);
void report_file_end(struct req *, struct report_file *);

/* A small one, or no file at all, in one go: 200. Takes the bytes, not `out` itself. */
void report_file_reply(struct req *, struct report_file *, const char *type, struct out *);

/* The next word of a comma list, blanks around it left out; false at the end. */
bool report_file_word(const char **list, const char **word, size_t *n);

/* No page of it is asked for: all rows. */
bool report_file_is_whole(struct req *);

#endif
