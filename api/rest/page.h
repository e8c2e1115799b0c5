/*
 * Paging: page, page_size and limit of the request, and the envelope around the rows.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "filter.h"
#include "out.h"
#include "req.h"

#define PAGE_DEFAULT 10
#define PAGE_MAX 10000000 /* rows of one page */

struct page {
	int64_t number; /* 1-based; 0: the last one, until page_fit() */
	int64_t size;
};

/* The parameters, for who describes them. */
extern const struct filter page_filters[];

/* Reads the parameters. False: replied 404 {"detail":"Invalid page."} */
bool page_read(struct req *, struct page *);

/* Fits the page to the count of rows. False: past the end, replied 404. */
bool page_fit(struct req *, struct page *, int64_t count);

int64_t page_offset(const struct page *);

/* Rows on this page, 0 when count is 0. */
int64_t page_rows(const struct page *, int64_t count);

/* {"count":n,"next":...,"previous":...,"msg":"","code":0,"data":[ */
void page_open(struct out *, struct req *, const struct page *, int64_t count);

/* The same where the caller knows whether a page follows. */
void page_begin(struct out *, struct req *, const struct page *, int64_t count, bool more);

/* ]} */
void page_close(struct out *);

/* 200 with count 0 and no rows (a filter that nothing can match); 404 when page is not the first. */
void page_reply_empty(struct req *, struct page *);

#endif
