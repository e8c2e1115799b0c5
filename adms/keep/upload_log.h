/*
 * What became of uploads, counted per terminal and table: in memory, and written in batches as rows
 * per hour (upload_log). A statistic: what was counted and not yet written is lost with the process.
 */
#ifndef UPLOAD_LOG_H
#define UPLOAD_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct adms;
struct terminal;
struct upload_log;

/* Of one upload. What is neither stored, rejected nor raw was there already. */
struct upload_counts {
	int64_t lines, stored, rejected;
	int64_t raw; /* put aside as it came, for nobody understands it */
	bool failed; /* not acknowledged */
};

struct upload_log *upload_log_new(struct adms *);
void upload_log_free(struct upload_log *); /* after the database is closed */

/* table is at most 32 bytes, in upper case. */
void upload_log_count(struct upload_log *, const struct terminal *, const char *table,
	const struct upload_counts *);

/* Starts writing what was counted; true while anything is unwritten or being written. */
bool upload_log_flush(struct upload_log *);

#endif
