/* Replies: one head written by hand, one system call for most. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fatal.h"
#include "log.h"
#include "request.h"

#define TOGETHER 16384 /* bodies up to this are copied behind their head */

static const struct {
	int status;
	const char *line;
} lines[] = {
	{ 200, "HTTP/1.1 200 OK\r\nDate: " },
	{ 201, "HTTP/1.1 201 Created\r\nDate: " },
	{ 202, "HTTP/1.1 202 Accepted\r\nDate: " },
	{ 204, "HTTP/1.1 204 No Content\r\nDate: " },
	{ 206, "HTTP/1.1 206 Partial Content\r\nDate: " },
	{ 304, "HTTP/1.1 304 Not Modified\r\nDate: " },
	{ 400, "HTTP/1.1 400 Bad Request\r\nDate: " },
	{ 401, "HTTP/1.1 401 Unauthorized\r\nDate: " },
	{ 403, "HTTP/1.1 403 Forbidden\r\nDate: " },
	{ 404, "HTTP/1.1 404 Not Found\r\nDate: " },
	{ 405, "HTTP/1.1 405 Method Not Allowed\r\nDate: " },
	{ 406, "HTTP/1.1 406 Not Acceptable\r\nDate: " },
	{ 408, "HTTP/1.1 408 Request Timeout\r\nDate: " },
	{ 409, "HTTP/1.1 409 Conflict\r\nDate: " },
	{ 410, "HTTP/1.1 410 Gone\r\nDate: " },
	{ 411, "HTTP/1.1 411 Length Required\r\nDate: " },
	{ 413, "HTTP/1.1 413 Content Too Large\r\nDate: " },
	{ 414, "HTTP/1.1 414 URI Too Long\r\nDate: " },
	{ 415, "HTTP/1.1 415 Unsupported Media Type\r\nDate: " },
	{ 416, "HTTP/1.1 416 Range Not Satisfiable\r\nDate: " },
	{ 422, "HTTP/1.1 422 Unprocessable Content\r\nDate: " },
	{ 429, "HTTP/1.1 429 Too Many Requests\r\nDate: " },
	{ 431, "HTTP/1.1 431 Request Header Fields Too Large\r\nDate: " },
	{ 500, "HTTP/1.1 500 Internal Server Error\r\nDate: " },
	{ 501, "HTTP/1.1 501 Not Implemented\r\nDate: " },
	{ 502, "HTTP/1.1 502 Bad Gateway\r\nDate: " },
	{ 503, "HTTP/1.1 503 Service Unavailable\r\nDate: " },
	{ 505, "HTTP/1.1 505 HTTP Version Not Supported\r\nDate: " },
	{ 507, "HTTP/1.1 507 Insufficient Storage\r\nDate: " },
};

static void status_line(struct out *o, int status)
{
	for (size_t i = 0; i < LEN(lines); i++) {
		if (lines[i].status == status) {
			out_add(o, lines[i].line);
			return;
		}
	}
	out_add(o, "HTTP/1.1 ");
	out_int(o, status);
	out_add(o, " Status\r\nDate: ");
}

static void lines_add(struct out *o, const char *const *line)
{
	for (; line && *line; line++) {
		out_add(o, *line);
		out_addn(o, "\r\n", 2);
	}
}

static void cache_line(const struct req *r, struct out *o)
{
	const char *cache = r->cache ? r->cache : r->surface->cache;

	if (!cache)
		return;
	out_add(o, "Cache-Control: ");
	out_add(o, cache);
	out_addn(o, "\r\n", 2);
}

void reply_head(struct req *r, struct out *o, const char *type, int64_t length)
{
	r->keep = r->keep && !r->client->unread && !r->http->draining;
	status_line(o, r->status);
	out_add(o, clock_http_date());
	if (type) {
		out_add(o, "\r\nContent-Type: ");
		out_add(o, type);
	}
	if (length >= 0) {
		out_add(o, "\r\nContent-Length: ");
		out_int(o, length);
	} else if (r->chunked) {
		out_add(o, "\r\nTransfer-Encoding: chunked");
	}
	out_add(o, r->keep ? "\r\nConnection: keep-alive\r\n" : "\r\nConnection: close\r\n");
	lines_add(o, r->surface->headers);
	if (r->surface->https_headers && strcmp(req_scheme(r), "https") == 0)
		lines_add(o, r->surface->https_headers);
	cache_line(r, o);
	if (r->added.len)
		out_addn(o, r->added.text, r->added.len);
	out_addn(o, "\r\n", 2);
}

bool req_may_reply(struct req *r, int status)
{
	if (r->state != REQ_RUNNING || r->stream != STREAM_NONE) {
		log_error("second_reply", "method", req_method_name(r), "path", r->path, "status",
			log_num(status), NULL);
		return false;
	}
	r->status = status;
	r->state = REQ_DONE;
	return true;
}

static bool line_is_clean(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
			return false;
	return true;
}

void req_add_header(struct req *r, const char *name, const char *value)
{
	if (!line_is_clean(name) || !line_is_clean(value)) {
		log_error("bad_reply_header", "name", name, "path", r->path, NULL);
		return;
	}
	if (!r->added.arena)
		r->added = str_new(r->arena);
	str_add(&r->added, name);
	str_add(&r->added, ": ");
	str_add(&r->added, value);
	str_add(&r->added, "\r\n");
}

void req_cache(struct req *r, const char *control)
{
	r->cache = control;
}

void req_reply(struct req *r, int status, const char *type, const void *bytes, size_t n)
{
	struct out *o = &r->http->reply;
	bool bodyless = status == 204 || status == 304;

	if (!req_may_reply(r, status))
		return;
	out_reset(o);
	reply_head(r, o, type, bodyless ? -1 : (int64_t)n);
	if (bodyless || r->method == HEAD)
		n = 0;
	if (n <= TOGETHER) {
		out_addn(o, bytes, n);
		client_send(r->client, &(struct iovec){ o->bytes, o->len }, 1);
		return;
	}
	struct iovec parts[] = { { o->bytes, o->len }, { (void *)bytes, n } };
	client_send(r->client, parts, LEN(parts));
}

void req_text(struct req *r, int status, const char *fmt, ...)
{
	const char *text = fmt;

	if (strchr(fmt, '%')) {
		va_list args;
		va_start(args, fmt);
		text = arena_vprintf(r->arena, fmt, args);
		va_end(args);
	}
	r->erred = strncmp(text, "ERROR", 5) == 0;
	req_reply(r, status, "text/plain", text, strlen(text));
}

void req_empty(struct req *r, int status)
{
	req_reply(r, status, NULL, NULL, 0);
}
