/* CSV as a machine of five states over single bytes; fields are written out as they are read. */
#include "csv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"

enum state {
	AT_START, /* of a field */
	IN_PLAIN,
	IN_QUOTES,
	AFTER_QUOTE /* one quote within quotes: the end, or the first of two */
};

enum { BUFFER = 1 << 16, TITLE_LINES = 10 /* blank ones and CRLFs counted */ };

struct csv {
	csv_read *read;
	void *arg;
	char separator;
	enum csv_status over; /* CSV_RECORD: not yet */
	const char *error;
	int64_t line, began; /* current line, that of the record */
	bool started;
	bool after_cr; /* an LF now belongs to it */
	char buffer[BUFFER];
	size_t at, filled;
	/* the record: fields one after the other, each with its NUL */
	char *text;
	size_t len, cap;
	size_t starts[CSV_MAX_FIELDS];
	struct csv_field fields[CSV_MAX_FIELDS];
	int n;
};

struct csv *csv_new(csv_read *read, void *arg, char separator)
{
	struct csv *c = xcalloc(1, sizeof(*c));
	c->read = read;
	c->arg = arg;
	c->separator = separator;
	c->line = 1;
	c->over = CSV_RECORD;
	return c;
}

void csv_free(struct csv *c)
{
	if (!c)
		return;
	if (c->text)
		explicit_bzero(c->text, c->cap); /* cards, templates */
	explicit_bzero(c->buffer, sizeof(c->buffer));
	free(c->text);
	free(c);
}

static void csv_fail(struct csv *c, const char *why)
{
	c->over = CSV_BAD;
	c->error = why;
}

/* ---- bytes ---- */

/* The one that is most frequent in a line; 0: none is in it. *at: behind its end. */
static char separator_of_line(const char *p, size_t n, size_t *at)
{
	static const char candidates[] = ",;\t";
	size_t counts[3] = { 0 }, best = 0;
	bool quoted = false;
	for (; *at < n && (quoted || (p[*at] != '\n' && p[*at] != '\r')); ++*at) {
		quoted ^= p[*at] == '"';
		for (size_t k = 0; k < 3; k++)
			counts[k] += !quoted && p[*at] == candidates[k];
	}
	++*at;
	for (size_t k = 1; k < 3; k++)
		if (counts[k] > counts[best])
			best = k;
	return counts[best] ? candidates[best] : 0;
}

static char separator_guess(const char *p, size_t n)
{
	char found = 0;
	size_t at = 0;
	for (int lines = 0; at < n && lines < TITLE_LINES && !found; lines++)
		found = separator_of_line(p, n, &at);
	return found ? found : ',';
}

/* At least so many bytes into an empty buffer, unless there are fewer; false at the end. */
static bool buffer_fill(struct csv *c, size_t least)
{
	c->at = c->filled = 0;
	while (c->filled < least) {
		ssize_t got = c->read(c->arg, c->buffer + c->filled, BUFFER - c->filled);
		if (got < 0) {
			csv_fail(c, "cannot be read");
			return false;
		}
		if (got == 0)
			break;
		c->filled += (size_t)got;
	}
	return c->filled > 0;
}

/* The first piece: its mark is passed over, its separator found. */
static bool buffer_first(struct csv *c)
{
	c->started = true;
	if (!buffer_fill(c, BUFFER)) /* mark and first line may come in pieces */
		return false;
	if (c->filled >= 3 && memcmp(c->buffer, "\xef\xbb\xbf", 3) == 0)
		c->at = 3;
	if (!c->separator)
		c->separator = separator_guess(c->buffer + c->at, c->filled - c->at);
	return true;
}

/* The next byte; -1 at the end. */
static int byte_next(struct csv *c)
{
	if (c->at == c->filled && !(c->started ? buffer_fill(c, 1) : buffer_first(c)))
		return -1;
	if (c->at == c->filled) /* there was nothing but the mark */
		return -1;
	return (unsigned char)c->buffer[c->at++];
}

static void text_add(struct csv *c, char byte)
{
	if (c->len == CSV_MAX_RECORD) {
		csv_fail(c, "record too long");
		return;
	}
	if (c->len == c->cap) {
		size_t cap = c->cap * 2;
		char *text = xmalloc(cap); /* not realloc: what was here is wiped */
		memcpy(text, c->text, c->len);
		explicit_bzero(c->text, c->cap);
		free(c->text);
		c->text = text;
		c->cap = cap;
	}
	c->text[c->len++] = byte;
}

/* ---- fields ---- */

static void field_begin(struct csv *c)
{
	if (c->n == CSV_MAX_FIELDS) {
		csv_fail(c, "too many fields");
		return;
	}
	c->starts[c->n] = c->len;
	c->fields[c->n].quoted = false;
}

static void field_end(struct csv *c)
{
	c->fields[c->n].len = c->len - c->starts[c->n];
	text_add(c, '\0');
	c->n++;
}

static bool byte_ends_line(struct csv *c, int byte)
{
	if (byte != '\n' && byte != '\r')
		return false;
	c->after_cr = byte == '\r';
	c->line++;
	return true;
}

/* What separates or ends; true when the record is complete. */
static bool field_stop(struct csv *c, int byte, enum state *s)
{
	field_end(c);
	if (byte != c->separator)
		return true;
	field_begin(c);
	*s = AT_START;
	return false;
}

static void quoted_byte(struct csv *c, int byte, enum state *s)
{
	if (byte == '"') {
		*s = AFTER_QUOTE;
		return;
	}
	if (byte == '\n')
		c->line++;
	text_add(c, (char)byte);
}

/* One byte; true when the record is complete. */
static bool byte_take(struct csv *c, int byte, enum state *s)
{
	if (*s == IN_QUOTES) {
		quoted_byte(c, byte, s);
		return false;
	}
	if (byte == c->separator || byte_ends_line(c, byte))
		return field_stop(c, byte, s);
	if (byte == '"' && *s != IN_PLAIN) {
		if (*s == AFTER_QUOTE)
			text_add(c, '"');
		c->fields[c->n].quoted = true;
		*s = IN_QUOTES;
		return false;
	}
	if (*s == AFTER_QUOTE) {
		csv_fail(c, "something stands behind a closing quote");
		return false;
	}
	text_add(c, (char)byte);
	*s = IN_PLAIN;
	return false;
}

/* A record begins with this byte. */
static void record_read(struct csv *c, int byte)
{
	enum state s = AT_START;
	c->began = c->line;
	c->n = 0;
	c->len = 0;
	field_begin(c);
	while (c->over == CSV_RECORD) {
		if (byte < 0) {
			if (s == IN_QUOTES)
				csv_fail(c, "a quote is not closed");
			else
				field_end(c);
			return;
		}
		if (byte == 0) {
			csv_fail(c, "NUL byte (UTF-16? save it as UTF-8)");
			return;
		}
		if (byte_take(c, byte, &s))
			return;
		byte = byte_next(c);
	}
}

enum csv_status csv_next(struct csv *c, const struct csv_field **fields, int *n)
{
	*fields = c->fields;
	*n = 0;
	if (c->over != CSV_RECORD)
		return c->over;
	if (!c->cap)
		c->text = xmalloc(c->cap = 256);
	int byte = byte_next(c);
	while (byte == '\n' || byte == '\r') {
		c->line += !(c->after_cr && byte == '\n');
		c->after_cr = byte == '\r';
		byte = byte_next(c);
	}
	c->after_cr = false;
	if (byte < 0 && c->over == CSV_RECORD)
		c->over = CSV_END;
	if (c->over == CSV_RECORD)
		record_read(c, byte);
	if (c->over != CSV_RECORD)
		return c->over;
	for (int i = 0; i < c->n; i++)
		c->fields[i].text = c->text + c->starts[i];
	*n = c->n;
	return CSV_RECORD;
}

int64_t csv_line(const struct csv *c)
{
	return c->began;
}

const char *csv_error(const struct csv *c)
{
	return c->error;
}

/* --- cells of our own files ------------------------------------------------------------------- */

/* The first of these that the text begins with: its length, 0 when there is none. */
static size_t begins_with(const char *const words[], const char *text, size_t n)
{
	for (; *words; words++) {
		size_t len = strlen(*words);
		if (len <= n && memcmp(text, *words, len) == 0)
			return len;
	}
	return 0;
}

/* East Asian spreadsheets read the full-width and the small form of a sign as the sign, and some
 * programs take off what cannot be seen before they look. */
bool csv_is_formula(const char *text, size_t n)
{
	static const char *const signs[] = { "=", "+", "-", "@", "\t", "\r", "\n", "\uff1d",
		"\uff0b", "\uff0d", "\uff20", "\ufe66", "\ufe62", "\ufe63", "\ufe6b", "\u2212",
		NULL };
	static const char *const unseen[] = { " ", "\u00a0", "\u3000", "\u200b", "\u2060", "\ufeff",
		NULL };
	size_t blank;
	if (n == 0 || isalnum((unsigned char)*text)) /* nearly all */
		return false;
	while ((blank = begins_with(unseen, text, n))) {
		text += blank;
		n -= blank;
	}
	return begins_with(signs, text, n) > 0;
}
