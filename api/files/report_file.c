/* CSV, tab-separated text, workbooks. */
#include "report_file.h"

#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "book.h"
#include "context.h"
#include "disk.h"
#include "errors.h"
#include "fatal.h"

#define BOOK_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

enum {
	BOOK_STEP = 256 * 1024 /* bytes sent at a time */
};

/* Every spreadsheet reads .xlsx, also under the name of the format before it. */
static const struct {
	const char *name; /* of export_type */
	struct report_file file;
} formats[] = {
	{ "csv", { "text/csv", "csv", ',', NULL, false } },
	{ "txt", { "text/plain", "txt", '\t', NULL, false } },
	{ "xls", { BOOK_TYPE, "xlsx", CELLS_BOOK, NULL, false } },
	{ "xlsx", { BOOK_TYPE, "xlsx", CELLS_BOOK, NULL, false } },
};

static struct report_book *report_book_new(struct req *);

enum { EXPORT_TYPE, EXPORT_HEADERS, BOM };

const struct filter report_file_filters[] = {
	[EXPORT_TYPE] = { "export_type", FILTER_TEXT },
	[EXPORT_HEADERS] = { "export_headers", FILTER_TEXT },
	[BOM] = { "bom", FILTER_BOOL },
	{ 0 },
};

/* False: replied 400. */
static bool mark_read(struct req *r, bool *mark)
{
	const char *said = req_param(r, report_file_filters[BOM].param);
	json_t *text = said && *said ? json_string(said) : NULL;
	bool good = !said || !*said || body_bool(text, mark);

	json_decref(text);
	if (!good)
		error_field(r, report_file_filters[BOM].param, "Must be a valid boolean.");
	return good;
}

struct report_file *report_file_read(struct req *r)
{
	const char *type = req_param(r, "export_type");
	bool mark = false;

	if (!type || !*type) {
		error_field(r, "export_type", "This field is required.");
		return NULL;
	}
	if (!mark_read(r, &mark))
		return NULL;
	for (size_t i = 0; i < LEN(formats); i++)
		if (str_same_word(type, formats[i].name)) {
			struct report_file *f = arena_alloc(req_arena(r), sizeof(*f));
			*f = formats[i].file;
			f->mark = mark && f->separator != CELLS_BOOK;
			if (f->separator == CELLS_BOOK)
				f->book = report_book_new(r);
			return f->book || f->separator != CELLS_BOOK ? f : NULL;
		}
	if (!str_is_utf8(type, strlen(type)) || strlen(type) > 100)
		type = "";
	error_field(r, "export_type",
		arena_printf(req_arena(r), "\"%s\" is not a valid choice.", type));
	return NULL;
}

void report_file_named(struct req *r, const struct report_file *f, const char *name)
{
	req_add_header(r, "Content-Disposition",
		arena_printf(req_arena(r), "attachment; filename=\"%s.%s\"", name, f->ending));
}

void report_file_begin(struct out *o, const struct report_file *f)
{
	if (f->mark)
		out_add(o, "\xef\xbb\xbf");
}

void report_file_text(struct out *o, const struct report_file *f, bool first, const char *text)
{
	cells_text(o, f->separator, first, text);
}

void report_file_number(struct out *o, const struct report_file *f, bool first, int64_t n)
{
	cells_number(o, f->separator, first, n);
}

void report_file_end_row(struct out *o, const struct report_file *f)
{
	cells_end(o, f->separator);
}

/* --- workbooks ------------------------------------------------------------------------------ */

struct report_book {
	struct api *api;
	struct book *book;
	struct disk_file *file; /* what it takes of the disk */
	struct out cells; /* on their way into it; the thread's while it works */
	req_step *more;
	int64_t left; /* bytes of the file, not yet sent; -1: it could not be made */
	int64_t got;
	bool failed; /* no more rows are wanted */
	char piece[BOOK_STEP];
};

static void report_book_free(void *arg)
{
	struct report_book *b = arg;

	book_free(b->book);
	disk_give(b->file);
	out_free(&b->cells);
	free(b);
}

/* NULL: too many at once, replied 503. */
static struct report_book *report_book_new(struct req *r)
{
	struct api *api = api_of(r);
	const char *why;
	struct disk_file *file = disk_take(api->disk, req_owner(r), &why);
	struct report_book *b;

	if (!file) {
		api_refused(r, 503, why, 0);
		return NULL;
	}
	b = xcalloc(1, sizeof(*b));
	b->api = api;
	b->file = file;
	b->book = book_new(api->files_dir);
	out_init(&b->cells);
	arena_defer(req_arena(r), report_book_free, b);
	return b;
}

static void cells_take(struct req *r, struct report_book *b)
{
	struct out *o = req_stream_out(r), empty = b->cells;

	out_reset(&empty);
	b->cells = *o;
	empty.comma = o->comma;
	*o = empty;
}

static void cells_write(void *arg)
{
	struct report_book *b = arg;

	b->failed = !book_write(b->book, b->cells.bytes, b->cells.len);
}

static void book_finish(void *arg)
{
	struct report_book *b = arg;

	b->left = book_write(b->book, b->cells.bytes, b->cells.len) ? book_close(b->book) : -1;
}

static void piece_read(void *arg)
{
	struct report_book *b = arg;

	b->got = book_read(b->book, b->piece, sizeof(b->piece));
}

static req_step book_made, book_more, book_piece;

/* No room on the disk, or too many rows. */
static void book_failed(struct req *r, const struct report_book *b)
{
	if (book_is_full(b->book) && req_stream_withdraw(r))
		error_field(r, "export_type",
			"These are more rows than a workbook may hold. Choose csv or txt.");
	else
		req_stream_cut(r);
}

static void book_too_large(struct req *r)
{
	if (req_stream_withdraw(r))
		api_refused(r, 503,
			"There is no room for so large a workbook now. Choose csv or txt, or try "
			"again when others are read.",
			0);
	else
		req_stream_cut(r);
}

void report_file_flush(struct req *r, struct report_file *f, req_step *more)
{
	struct report_book *b = f ? f->book : NULL;

	if (!b) {
		req_stream_flush(r);
	} else if (b->failed) {
		book_failed(r, b);
	} else if (req_gone(r)) {
		req_stream_cut(r);
	} else if (!disk_resize(b->file, book_size(b->book))) {
		book_too_large(r);
	} else {
		cells_take(r, b);
		req_offload(r, b->api->files, cells_write, b, more);
	}
}

void report_file_end(struct req *r, struct report_file *f)
{
	struct report_book *b = f ? f->book : NULL;

	if (!b || req_method(r) == HEAD) {
		req_stream_end(r);
	} else {
		cells_take(r, b);
		req_set_data(r, b);
		req_offload(r, b->api->files, book_finish, b, book_made);
	}
}

void report_file_reply(struct req *r, struct report_file *f, const char *type, struct out *o)
{
	if (!f || !f->book) {
		req_reply(r, 200, type, o->bytes, o->len);
		return;
	}
	req_stream(r, 200, type, book_more);
	if (req_method(r) == HEAD)
		return;
	out_addn(req_stream_out(r), o->bytes, o->len);
	report_file_end(r, f);
}

static void book_made(struct req *r, const struct rows *rows)
{
	struct report_book *b = req_data(r);

	disk_made(b->file);
	if (b->left >= 0) {
		disk_resize(b->file, b->left);
		req_stream_goes_on(r, book_more);
		book_more(r, NULL);
	} else {
		book_failed(r, b);
	}
}

static void book_more(struct req *r, const struct rows *rows)
{
	struct report_book *b = req_data(r);

	req_offload(r, b->api->files, piece_read, b, book_piece);
}

static void book_piece(struct req *r, const struct rows *rows)
{
	struct report_book *b = req_data(r);

	if (b->got <= 0) {
		req_stream_cut(r);
		return;
	}
	out_addn(req_stream_out(r), b->piece, (size_t)b->got);
	b->left -= b->got;
	if (b->left > 0)
		req_stream_flush(r);
	else
		req_stream_end(r);
}

/* --- parameters ----------------------------------------------------------------------------- */

bool report_file_word(const char **list, const char **word, size_t *n)
{
	if (!*list || !**list)
		return false;
	*word = *list + strspn(*list, " ");
	size_t len = strcspn(*word, ",");
	for (*n = len; *n > 0 && (*word)[*n - 1] == ' ';)
		--*n;
	*list = *word + len + ((*word)[len] == ',');
	return true;
}

static bool param_given(struct req *r, const char *name)
{
	const char *value = req_param(r, name);
	return value && *value;
}

bool report_file_is_whole(struct req *r)
{
	return !param_given(r, "page_size") && !param_given(r, "limit");
}
