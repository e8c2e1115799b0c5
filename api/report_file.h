/* Files that punches and reports are exported to: one place for their formats. */
#ifndef REPORT_FILE_H
#define REPORT_FILE_H

#include "out.h"
#include "req.h"

struct report_file {
	const char *type; /* Content-Type */
	const char *ending;
	char separator;
};

/* By export_type. NULL: none or unknown, replied 400. */
const struct report_file *report_file_read(struct req *);

/* Content-Disposition of the reply to come; NAME.ENDING. */
void report_file_named(struct req *, const struct report_file *, const char *name);

/* One cell; text is neutralised where a spreadsheet would take it for a formula. NULL: empty. */
void report_file_text(struct out *, const struct report_file *, bool first, const char *text);
void report_file_number(struct out *, const struct report_file *, bool first, int64_t);
void report_file_end_row(struct out *);

/* The next word of a comma list, blanks around it left out; false at the end. */
bool report_file_word(const char **list, const char **word, size_t *n);

/* No page of it is asked for: all rows. */
bool report_file_is_whole(struct req *);

#endif
