/* Paging by number, and the envelope of lists. */
#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "errors.h"

enum { NUMBER, SIZE, LIMIT };

const struct filter page_filters[] = {
	[NUMBER] = { "page", FILTER_TEXT },
	[SIZE] = { "page_size", FILTER_INT },
	[LIMIT] = { "limit", FILTER_INT },
	{ 0 },
};

static void page_invalid(struct req *r)
{
	error_detail(r, 404, "Invalid page.");
}

/* A positive number of any length, clamped; 0 when it is none. */
static int64_t size_read(const char *text)
{
	int64_t n;

	if (!text)
		return 0;
	text += strspn(text, " ");
	if (str_to_int(text, 1, INT64_MAX, &n))
		return n < PAGE_MAX ? n : PAGE_MAX;
	size_t digits = strspn(text, "0123456789");
	return digits > 18 && text[digits] == '\0' ? PAGE_MAX : 0;
}

bool page_read(struct req *r, struct page *page)
{
	const char *number = req_param(r, page_filters[NUMBER].param);

	page->size = size_read(req_param(r, page_filters[SIZE].param));
	if (!page->size)
		page->size = size_read(req_param(r, page_filters[LIMIT].param));
	if (!page->size)
		page->size = PAGE_DEFAULT;
	page->number = 1;
	if (!number || !*number)
		return true;
	if (strcmp(number, "last") == 0) {
		page->number = 0;
		return true;
	}
	if (!str_to_int(number, 0, INT64_MAX / PAGE_MAX, &page->number)) {
		page_invalid(r);
		return false;
	}
	if (page->number == 0) /* some clients count from 0 */
		page->number = 1;
	return true;
}

static int64_t last_page(const struct page *page, int64_t count)
{
	return count > 0 ? (count + page->size - 1) / page->size : 1;
}

bool page_fit(struct req *r, struct page *page, int64_t count)
{
	int64_t last = last_page(page, count);

	if (page->number == 0)
		page->number = last;
	if (page->number <= last)
		return true;
	page_invalid(r);
	return false;
}

int64_t page_offset(const struct page *page)
{
	return (page->number - 1) * page->size;
}

int64_t page_rows(const struct page *page, int64_t count)
{
	int64_t left = count - page_offset(page);
	return left < 0 ? 0 : left < page->size ? left : page->size;
}

/* --- links ---------------------------------------------------------------------------------- */

struct param {
	const char *name, *value;
	int place; /* equal names stay in their order */
};

static int param_compare(const void *a, const void *b)
{
	const struct param *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);
	return by_name ? by_name : x->place - y->place;
}

/* As forms do: letters, digits, _.-~ as they are, a blank as +. */
static void form_encode(struct str *out, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			strchr("_.-~", c)) {
			str_addc(out, (char)c);
		} else if (c == ' ') {
			str_addc(out, '+');
		} else {
			str_addc(out, '%');
			str_addc(out, hex[c >> 4]);
			str_addc(out, hex[c & 15]);
		}
	}
}

/* The request's parameters without page, with the given one when number > 0, sorted. */
static struct param *params_sorted(struct req *r, int64_t number, int *n)
{
	const char *name, *value;
	int all = 0;

	while (req_param_at(r, all, &name, &value))
		all++;
	struct param *params = arena_array(req_arena(r), (size_t)all + 1, sizeof(*params));
	*n = 0;
	for (int i = 0; i < all && req_param_at(r, i, &name, &value); i++)
		if (strcmp(name, "page") != 0 && (*name || *value))
			params[(*n)++] = (struct param){ name, value, i };
	if (number > 0)
		params[(*n)++] = (struct param){ "page",
			arena_printf(req_arena(r), "%lld", (long long)number), all };
	qsort(params, (size_t)*n, sizeof(*params), param_compare);
	return params;
}

static void link_write(struct out *o, struct req *r, int64_t number)
{
	struct str url = str_new(req_arena(r));
	const char *path = req_path(r), *host = req_host(r);
	size_t len = strlen(path);
	int n;
	/* the first page has no number in its link */
	const struct param *params = params_sorted(r, number > 1 ? number : 0, &n);

	str_addf(&url, "%s://%s%s%s", req_scheme(r),
		host && *host && str_is_utf8(host, strlen(host)) ? host : "localhost", path,
		len && path[len - 1] == '/' ? "" : "/");
	for (int i = 0; i < n; i++) {
		str_addc(&url, i ? '&' : '?');
		form_encode(&url, params[i].name);
		str_addc(&url, '=');
		form_encode(&url, params[i].value);
	}
	json_text(o, str_text(&url));
}

void page_begin(struct out *o, struct req *r, const struct page *page, int64_t count, bool more)
{
	json_open(o, '{');
	json_key(o, "count");
	json_int(o, count);
	json_key(o, "next");
	if (more)
		link_write(o, r, page->number + 1);
	else
		json_none(o);
	json_key(o, "previous");
	if (page->number > 1)
		link_write(o, r, page->number - 1);
	else
		json_none(o);
	json_key(o, "msg");
	json_text(o, "");
	json_key(o, "code");
	json_int(o, 0);
	json_key(o, "data");
	json_open(o, '[');
}

void page_open(struct out *o, struct req *r, const struct page *page, int64_t count)
{
	page_begin(o, r, page, count, page->number < last_page(page, count));
}

void page_close(struct out *o)
{
	json_close(o, ']');
	json_close(o, '}');
}

void page_reply_empty(struct req *r, struct page *page)
{
	struct out o;

	if (!page_fit(r, page, 0))
		return;
	out_init(&o);
	page_open(&o, r, page, 0);
	page_close(&o);
	req_reply(r, 200, "application/json", o.bytes, o.len);
	out_free(&o);
}
