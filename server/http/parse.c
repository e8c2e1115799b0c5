/*
 * Request heads. One pass finds the end of the head, a second one splits it in place.
 *
 * A head is refused where two readers could disagree on where it ends or how long the body is;
 * the target may hold anything but control characters, because old terminals send raw spaces and
 * national code pages there. Lines may end in LF alone; a CR elsewhere is refused.
 */
#include "parse.h"

#include <string.h>
#include <strings.h>

#define METHOD_MAX 16
#define BLANKS_MAX 64 /* bytes of empty lines before a request */

/* 1: token character, 2: allowed in a target or header value. ASCII in rows of 16. */
static const unsigned char letters[256] = {
	/* clang-format off */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	2, 3, 2, 3, 3, 3, 3, 3, 2, 2, 3, 3, 2, 3, 3, 2,
	3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2,
	2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
	3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 3, 3,
	3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
	3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 3, 2, 3, 0,
	/* clang-format on */
};

static bool letter_is_token(char c)
{
	return letters[(unsigned char)c] & 1;
}

static bool letter_is_text(char c)
{
	return (letters[(unsigned char)c] & 2) || (unsigned char)c >= 0x80;
}

static bool text_is(const struct parse_text *t, const char *word, size_t len)
{
	return t->len == len && strncasecmp(t->text, word, len) == 0;
}

static struct parse_text text_trim(const char *text, const char *end)
{
	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct parse_text){ text, (size_t)(end - text) };
}

/* Empty lines before a request are skipped: old clients send one after a body. */
static size_t head_start(const char *bytes, size_t n)
{
	size_t i = 0;

	for (;;) {
		if (i < n && bytes[i] == '\n')
			i++;
		else if (i + 1 < n && bytes[i] == '\r' && bytes[i + 1] == '\n')
			i += 2;
		else
			return i;
	}
}

/* Length of the head, 0 when its end is not there yet. */
static size_t head_end(const char *bytes, size_t n, size_t start, size_t *scanned)
{
	size_t from = *scanned > start ? *scanned : start;

	while (from < n) {
		const char *lf = memchr(bytes + from, '\n', n - from);
		if (!lf) {
			*scanned = n;
			return 0;
		}
		size_t next = (size_t)(lf - bytes) + 1;
		if (next < n && bytes[next] == '\n')
			return next + 1;
		if (next + 1 < n && bytes[next] == '\r' && bytes[next + 1] == '\n')
			return next + 2;
		if (next + (next < n && bytes[next] == '\r') >= n) {
			*scanned = next - 1; /* this line end must be looked at again */
			return 0;
		}
		from = next;
	}
	return 0;
}

/* What cannot become a request is refused at once: a TLS hello, a shell's NULs. */
static bool head_plausible(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == ' ')
			return i > 0;
		if (!letter_is_token(bytes[i]) && !(i == 0 && n == 1 && bytes[i] == '\r'))
			return false;
		if (i >= METHOD_MAX)
			return false;
	}
	return true;
}

static enum parse_result head_bad(const char **reason, const char *why)
{
	*reason = why;
	return PARSE_BAD;
}

/* Origin form, absolute form or the asterisk; path and query are parts of the target. */
static bool target_split(struct parse_head *h)
{
	const char *p = h->target.text;
	const char *end = p + h->target.len;

	if (h->target.len >= 7 && strncasecmp(p, "http://", 7) == 0)
		p += 7;
	else if (h->target.len >= 8 && strncasecmp(p, "https://", 8) == 0)
		p += 8;
	if (p != h->target.text) {
		while (p < end && *p != '/' && *p != '?')
			p++;
		if (p == end || *p == '?')
			h->path = (struct parse_text){ "/", 1 };
	} else if (h->target.len == 0 || (*p != '/' && !(*p == '*' && h->target.len == 1))) {
		return false;
	}
	const char *mark = memchr(p, '?', (size_t)(end - p));
	if (!h->path.text)
		h->path = (struct parse_text){ p, (size_t)((mark ? mark : end) - p) };
	if (mark)
		h->query = (struct parse_text){ mark + 1, (size_t)(end - mark - 1) };
	else
		h->query = (struct parse_text){ end, 0 };
	return true;
}

/* The last " HTTP/" of the line, because the target may hold spaces. */
static const char *line_version(const char *line, const char *end)
{
	for (const char *p = end - 1; p > line; p--)
		if (*p == ' ' && end - p > 6 && memcmp(p, " HTTP/", 6) == 0)
			return p;
	return NULL;
}

static enum parse_result line_split(
	const char *line, const char *end, struct parse_head *h, const char **reason)
{
	const char *p = line;

	while (p < end && letter_is_token(*p))
		p++;
	if (p == line || p == end || *p != ' ' || p - line > METHOD_MAX)
		return head_bad(reason, "malformed request line");
	h->method = (struct parse_text){ line, (size_t)(p - line) };
	const char *version = line_version(p, end);
	if (!version || version <= p)
		return head_bad(reason, "malformed request line");
	h->target = (struct parse_text){ p + 1, (size_t)(version - p - 1) };
	for (const char *c = p; c < version; c++)
		if (!letter_is_text(*c))
			return head_bad(reason, "control character in the target");
	version += 6;
	if (end - version != 3 || version[1] != '.' || version[0] < '0' || version[0] > '9' ||
		version[2] < '0' || version[2] > '9')
		return head_bad(reason, "malformed version");
	if (!target_split(h))
		return head_bad(reason, "malformed target");
	if (version[0] != '1') {
		*reason = "HTTP version not supported";
		return PARSE_VERSION;
	}
	h->minor = version[2] - '0';
	return PARSE_DONE;
}

static bool length_read(struct parse_head *h, const struct parse_text *value)
{
	int64_t n = 0;

	if (h->content_length >= 0 || value->len == 0 || value->len > 18)
		return false;
	for (size_t i = 0; i < value->len; i++) {
		if (value->text[i] < '0' || value->text[i] > '9')
			return false;
		n = n * 10 + (value->text[i] - '0');
	}
	h->content_length = n;
	return true;
}

static void connection_read(struct parse_head *h, const struct parse_text *value)
{
	const char *p = value->text;
	const char *end = p + value->len;

	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *stop = comma ? comma : end;
		struct parse_text word = text_trim(p, stop);
		if (text_is(&word, "close", 5))
			h->close = true;
		else if (text_is(&word, "keep-alive", 10))
			h->keep_alive = true;
		p = stop + 1;
	}
}

/* The headers that decide on framing. */
static enum parse_result field_read(struct parse_head *h, const struct parse_text *name,
	const struct parse_text *value, int *hosts, const char **reason)
{
	if (text_is(name, "host", 4)) {
		if ((*hosts)++)
			return head_bad(reason, "two Host headers");
	} else if (text_is(name, "connection", 10)) {
		connection_read(h, value);
	} else if (text_is(name, "content-length", 14)) {
		if (!length_read(h, value))
			return head_bad(reason, "bad Content-Length");
	} else if (text_is(name, "transfer-encoding", 17)) {
		if (h->chunked)
			return head_bad(reason, "two Transfer-Encodings");
		if (!text_is(value, "chunked", 7)) {
			*reason = "transfer coding not supported";
			return PARSE_CODING;
		}
		h->chunked = true;
	} else if (text_is(name, "expect", 6)) {
		if (text_is(value, "100-continue", 12))
			h->expects_continue = true;
	}
	return PARSE_DONE;
}

static enum parse_result field_split(
	const char *line, const char *end, struct parse_head *h, int *hosts, const char **reason)
{
	const char *p = line;

	if (*line == ' ' || *line == '\t')
		return head_bad(reason, "folded header");
	while (p < end && letter_is_token(*p))
		p++;
	if (p == line || p == end || *p != ':')
		return head_bad(reason, "malformed header");
	struct parse_text name = { line, (size_t)(p - line) };
	struct parse_text value = text_trim(p + 1, end);
	for (size_t i = 0; i < value.len; i++)
		if (!letter_is_text(value.text[i]))
			return head_bad(reason, "control character in a header");
	if (h->nheaders == PARSE_MAX_HEADERS) {
		*reason = "too many headers";
		return PARSE_TOO_LONG;
	}
	h->headers[h->nheaders].name = name;
	h->headers[h->nheaders++].value = value;
	return field_read(h, &name, &value, hosts, reason);
}

static enum parse_result head_split(
	const char *p, const char *end, struct parse_head *h, const char **reason)
{
	bool first = true;
	int hosts = 0;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const char *stop = lf > p && lf[-1] == '\r' ? lf - 1 : lf;
		if (stop == p)
			break;
		enum parse_result result = first ? line_split(p, stop, h, reason)
						 : field_split(p, stop, h, &hosts, reason);
		if (result != PARSE_DONE)
			return result;
		first = false;
		p = lf + 1;
	}
	if (h->chunked && h->content_length >= 0)
		return head_bad(reason, "Transfer-Encoding with Content-Length");
	if (h->chunked && h->minor == 0)
		return head_bad(reason, "Transfer-Encoding in HTTP/1.0");
	return PARSE_DONE;
}

enum parse_result parse_request(const char *bytes, size_t n, size_t *scanned,
	struct parse_head *head, size_t *used, const char **reason)
{
	size_t start = head_start(bytes, n);
	size_t end = head_end(bytes, n, start, scanned);

	memset(head, 0, offsetof(struct parse_head, headers));
	head->nheaders = 0;
	head->content_length = -1;
	head->chunked = head->close = head->keep_alive = head->expects_continue = false;
	*reason = NULL;
	if (end > PARSE_MAX_HEAD || (end == 0 && n >= PARSE_MAX_HEAD)) {
		*reason = "request head too long";
		return PARSE_TOO_LONG;
	}
	if (start > BLANKS_MAX || (end == 0 && !head_plausible(bytes + start, n - start)))
		return head_bad(reason, "malformed request line");
	if (end == 0)
		return PARSE_MORE;
	*used = end;
	return head_split(bytes + start, bytes + end, head, reason);
}

const struct parse_text *parse_header(const struct parse_head *head, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < head->nheaders; i++)
		if (text_is(&head->headers[i].name, name, len))
			return &head->headers[i].value;
	return NULL;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t parse_decode(const char *text, size_t len, bool plus, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c == '%' && i + 2 < len) {
			int high = hex_value(text[i + 1]);
			int low = hex_value(text[i + 2]);
			if (high >= 0 && low >= 0 && high + low > 0) {
				c = (char)(high * 16 + low);
				i += 2;
			}
		} else if (c == '+' && plus) {
			c = ' ';
		}
		out[n++] = c;
	}
	out[n] = '\0';
	return n;
}
