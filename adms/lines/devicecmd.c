/* Answers to commands, in the three forms that terminals use; see devicecmd.h. */
#include "devicecmd.h"

#include "record.h"

struct devicecmd devicecmd_start(const void *body, size_t n)
{
	const char *at = body ? body : "";
	return (struct devicecmd){ .at = at, .end = body ? at + n : at };
}

/* The line at p without its line end; *next is where the one after it begins. */
static struct span line_at(const char *p, const char *end, const char **next)
{
	struct span line = { .text = p, .len = (size_t)(end - p) };
	const char *lf = memchr(p, '\n', line.len);
	if (lf)
		line.len = (size_t)(lf - p);
	*next = lf ? lf + 1 : end;
	if (line.len && line.text[line.len - 1] == '\r')
		line.len--;
	return line;
}

static bool span_begins(struct span s, const char *word)
{
	size_t n = strlen(word);
	return s.len >= n && strncasecmp(s.text, word, n) == 0;
}

static bool line_has_results(struct span line)
{
	return line.len && memchr(line.text, '&', line.len);
}

/* Only such a line ends the data of the result before it: dumps have keys of their own. */
static bool line_starts_result(struct span line)
{
	return span_begins(line, "ID=") && line_has_results(line);
}

/* True when the pair's key is one of a result; the first of two equal keys counts. */
static bool result_take(struct devicecmd_result *out, struct span pair)
{
	struct span value = pair;
	struct span key = span_cut(&value, '=');
	if (!value.text)
		return false;
	if (span_is(key, "Return")) {
		if (!out->has_return)
			out->has_return =
				record_number(span_trim(value), INT64_MIN, INT64_MAX, &out->code);
		return true;
	}
	struct span *place = span_is(key, "ID")	   ? &out->id
			     : span_is(key, "CMD") ? &out->cmd
			     : span_is(key, "SN")  ? &out->sn
						   : NULL;
	if (!place)
		return span_is(key, "FILENAME");
	if (!place->text)
		*place = value;
	return true;
}

/* "ID=1&Return=0&CMD=DATA" and the lines up to the next such line. */
static void result_read_line(
	struct devicecmd *d, struct span line, const char *next, struct devicecmd_result *out)
{
	struct span rest = line;
	out->head = line;
	while (rest.text) {
		if (span_begins(rest, "Content=")) {
			const char *at = rest.text + strlen("Content=");
			out->content = (struct span){ .text = at, .len = (size_t)(d->end - at) };
			out->head.len = (size_t)(rest.text - line.text);
			d->at = d->end;
			return;
		}
		result_take(out, span_cut(&rest, '&'));
	}
	const char *data = next, *after;
	while (next < d->end && !line_starts_result(line_at(next, d->end, &after)))
		next = after;
	d->at = next;
	if (next == data)
		return;
	out->content = (struct span){ .text = data, .len = (size_t)(next - data) };
	if (span_begins(out->content, "Content=")) {
		out->content.text += strlen("Content=");
		out->content.len -= strlen("Content=");
	}
}

/* One key a line. Lines of another kind begin the data (INFO without '&'), Content= takes all. */
static void result_read_keys(struct devicecmd *d, struct devicecmd_result *out)
{
	const char *start = d->at, *p = start, *data = NULL, *next;
	for (; p < d->end; p = next) {
		struct span line = line_at(p, d->end, &next);
		bool again = out->id.text && span_begins(line, "ID=");
		if (p > start && (again || line_starts_result(line)))
			break;
		if (span_begins(line, "Content=")) {
			const char *at = p + strlen("Content=");
			out->content = (struct span){ .text = at, .len = (size_t)(d->end - at) };
			out->head = (struct span){ .text = start, .len = (size_t)(p - start) };
			d->at = d->end;
			return;
		}
		if (!result_take(out, line) && !data && line.len)
			data = p;
	}
	const char *head_end = data ? data : p;
	out->head = (struct span){ .text = start, .len = (size_t)(head_end - start) };
	if (data)
		out->content = (struct span){ .text = data, .len = (size_t)(p - data) };
	d->at = p;
}

bool devicecmd_next(struct devicecmd *d, struct devicecmd_result *out)
{
	*out = (struct devicecmd_result){ 0 };
	while (d->at < d->end && strchr(" \t\r\n", *d->at)) /* NULs too */
		d->at++;
	if (d->at == d->end)
		return false;
	const char *next;
	struct span line = line_at(d->at, d->end, &next);
	if (line_has_results(line) && !span_begins(line, "Content="))
		result_read_line(d, line, next, out);
	else
		result_read_keys(d, out);
	return true;
}

bool devicecmd_query(struct span query, struct devicecmd_result *out)
{
	*out = (struct devicecmd_result){ .head = query };
	while (query.text)
		result_take(out, span_cut(&query, '&'));
	return out->id.text || out->has_return;
}

struct span devicecmd_field(const struct devicecmd_result *r, const char *key)
{
	struct span rest = r->head;
	bool lines = rest.len && memchr(rest.text, '\n', rest.len);
	while (rest.text) {
		struct span value = span_cut(&rest, lines ? '\n' : '&');
		if (lines && value.len && value.text[value.len - 1] == '\r')
			value.len--;
		if (span_is(span_cut(&value, '='), key))
			return value;
	}
	return (struct span){ 0 };
}
