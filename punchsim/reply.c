/* Reads HTTP answers as strictly as the pickiest terminal would. Pure. */
#include "reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX 16384
#define BODY_MAX (64u << 20)

struct head {
	bool has_length, bad, chunked;
	size_t length;
};

static bool number_parse(struct slice s, size_t *out)
{
	size_t n = 0;
	if (s.n == 0 || s.n > 10)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!isdigit((unsigned char)s.p[i]))
			return false;
		n = n * 10 + (size_t)(s.p[i] - '0');
	}
	*out = n;
	return n <= BODY_MAX;
}

static bool status_parse(const char *line, size_t len, struct reply *out)
{
	if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ')
		return false;
	for (int i = 9; i < 12; i++)
		if (!isdigit((unsigned char)line[i]))
			return false;
	if (len > 12 && line[12] != ' ')
		return false;
	out->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
	out->close = line[7] == '0';
	return out->status >= 100;
}

static void header_take(struct slice name, struct slice value, struct head *h, struct reply *out)
{
	if (slice_is_nocase(name, "Content-Length")) {
		size_t n = 0;
		bool ok = number_parse(value, &n);
		h->bad |= !ok || (h->has_length && n != h->length);
		h->has_length = true;
		h->length = n;
	} else if (slice_is_nocase(name, "Connection")) {
		if (slice_is_nocase(value, "close"))
			out->close = true;
		else if (slice_is_nocase(value, "keep-alive"))
			out->close = false;
	} else if (slice_is_nocase(name, "Date")) {
		out->date = value;
	} else if (slice_is_nocase(name, "Transfer-Encoding")) {
		h->chunked = true;
	}
}

static bool headers_parse(const char *p, const char *end, struct head *h, struct reply *out)
{
	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const char *stop = lf ? lf : end;
		const char *colon = memchr(p, ':', (size_t)(stop - p));
		if (!colon || colon == p)
			return false;
		const char *v = colon + 1;
		const char *e = stop;
		while (v < e && (*v == ' ' || *v == '\t'))
			v++;
		while (e > v && (e[-1] == '\r' || e[-1] == ' ' || e[-1] == '\t'))
			e--;
		header_take((struct slice){ p, (size_t)(colon - p) },
			(struct slice){ v, (size_t)(e - v) }, h, out);
		p = lf ? lf + 1 : end;
	}
	return !h->bad && !h->chunked;
}

/* Where the body begins, or NULL while the empty line has not come. */
static const char *head_end(const char *data, size_t len)
{
	const char *p = data, *end = data + len;
	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		if (p < end && *p == '\n')
			return p + 1;
		if (end - p >= 2 && p[0] == '\r' && p[1] == '\n')
			return p + 2;
	}
	return NULL;
}

enum reply_state reply_parse(
	const char *data, size_t len, bool eof, struct reply *out, size_t *used)
{
	struct head h = { 0 };
	*out = (struct reply){ 0 };
	const char *body = head_end(data, len < HEAD_MAX ? len : HEAD_MAX);
	if (!body)
		return eof || len >= HEAD_MAX ? REPLY_BAD : REPLY_MORE;

	const char *line = memchr(data, '\n', (size_t)(body - data));
	const char *blank = body[-2] == '\r' ? body - 2 : body - 1;
	if (!status_parse(data, (size_t)(line - data), out) ||
		(line + 1 < blank && !headers_parse(line + 1, blank, &h, out)))
		return REPLY_BAD;

	size_t at = (size_t)(body - data), have = len - at;
	if (out->status < 200) { /* 100 Continue: the real answer follows */
		enum reply_state s = reply_parse(body, have, eof, out, used);
		*used += at;
		return s;
	}
	if (out->status == 204 || out->status == 304)
		h.length = 0;
	else if (!h.has_length) {
		if (have > BODY_MAX)
			return REPLY_BAD;
		if (!eof)
			return REPLY_MORE;
		h.length = have;
		out->close = true;
	}
	if (have < h.length)
		return eof ? REPLY_BAD : REPLY_MORE;
	out->body = (struct slice){ body, h.length };
	*used = at + h.length;
	return REPLY_DONE;
}
