#include "record_whole.h"

#include "content.h"
#include "fatal.h"

#define MAX_WORD 32
#define ODD_LINE 60 /* shorter ones of words and blanks are no base64 that lost its '+' */

static bool kind_goes_on(enum record_kind kind)
{
	return kind == RECORD_FP || kind == RECORD_FACE || kind == RECORD_FVEIN ||
	       kind == RECORD_BIODATA || kind == RECORD_USERPIC || kind == RECORD_BIOPHOTO ||
	       kind == RECORD_IDCARD;
}

/* Keys of base64, also in records that nobody knows. */
static bool key_is_content(struct span key)
{
	static const char *const keys[] = { "TMP", "Content", "Template", "Photo", "FPTemplate1",
		"FPTemplate2", "FaceData" };
	for (size_t i = 0; i < LEN(keys); i++)
		if (span_is(key, keys[i]))
			return true;
	return false;
}

/* Letters, digits and underscores at the beginning; 0: none, or too many for a word. */
static size_t word_length(struct span line)
{
	size_t n = 0;
	while (n < line.len && n <= MAX_WORD &&
		((unsigned)(line.text[n] | 0x20) - 'a' < 26 || (unsigned)line.text[n] - '0' < 10 ||
			line.text[n] == '_'))
		n++;
	return n <= MAX_WORD ? n : 0;
}

/* "key=", or nothing. */
static struct span line_key(struct span line)
{
	size_t n = word_length(line);
	bool key = n > 0 && n < line.len && line.text[n] == '=';
	return key ? (struct span){ line.text, n } : (struct span){ 0 };
}

bool record_line_is_field(struct span line, const struct record_pair *last)
{
	struct span key = line_key(line);
	if (!key.text)
		return false;
	size_t n = key.len;
	while (n < line.len && line.text[n] == '=')
		n++;
	/* the last line of base64 ends so, too: "Zm9v=", "PIN==", "Zm9=<TAB>Valid=1" */
	bool ends = n == line.len || line.text[n] == '\t';
	return !ends || !last || !key_is_content(last->key) || !span_trim(last->value).len;
}

/* Digits, padding, and blanks as a '+' may have become. */
static bool line_is_odd_base64(struct span line)
{
	size_t i = 0;
	while (i < line.len) {
		i += content_digits(line.text + i, line.len - i);
		if (i < line.len && line.text[i] != ' ' && line.text[i] != '=')
			return false;
		i++;
	}
	return line.len >= ODD_LINE;
}

/* More of a value, and fields behind it: "Zm9v<TAB>Valid=1". */
static bool line_has_fields(struct span line)
{
	struct span first = span_trim(span_cut(&line, '\t'));
	while (first.len && first.text[first.len - 1] == '=')
		first.len--;
	if (content_digits(first.text, first.len) != first.len)
		return false;
	while (line.text) {
		struct span field = span_cut(&line, '\t');
		if (field.len && !line_key(field).text)
			return false;
	}
	return true;
}

/* Of a kind that nobody knows: a word and a blank. */
static bool line_has_word(struct span line)
{
	size_t n = word_length(line);
	return n > 0 && n < line.len && line.text[n] == ' ' && !line_is_odd_base64(line);
}

/* The line is no field: whether it belongs to the value before it. */
static bool line_is_value(struct span line)
{
	if (memchr(line.text, '\t', line.len))
		return line_has_fields(line);
	return !line_has_word(line);
}

/* The last field of the record so far, and the key that it began with. */
struct progress {
	struct record_pair last;
	struct span first;
};

static void progress_add(struct progress *p, struct span line, bool is_value)
{
	if (is_value)
		p->last.value = span_cut(&line, '\t');
	while (line.text) {
		struct span value = span_cut(&line, '\t');
		if (!value.len)
			continue;
		struct span key = line_key(value);
		if (key.text)
			value = (struct span){ key.text + key.len + 1, value.len - key.len - 1 };
		p->last = (struct record_pair){ key, value };
	}
}

static bool progress_begin(struct progress *p, struct span line, enum record_kind of_table)
{
	struct record r;
	record_parse(line, of_table, &r);
	if (r.npairs == 0)
		return kind_goes_on(r.kind);
	p->first = r.pairs[0].key;
	p->last = r.pairs[r.npairs - 1];
	return kind_goes_on(r.kind) || (r.kind == RECORD_OTHER && key_is_content(p->last.key));
}

static bool span_same(struct span a, struct span b)
{
	return a.text && b.text && a.len == b.len && strncasecmp(a.text, b.text, a.len) == 0;
}

/* True, and added, when the line is part of the record. */
static bool progress_takes(struct progress *p, struct span line)
{
	if (record_line_kind(line) != RECORD_OTHER)
		return false;
	bool field = record_line_is_field(line, &p->last);
	struct span key = line_key(line);
	bool begins = span_same(key, p->first) || (p->first.text && span_is(key, "PIN"));
	if (field ? begins : !line_is_value(line))
		return false;
	if (field && !p->first.text)
		p->first = key;
	progress_add(p, line, !field);
	return true;
}

bool record_next(struct record_lines *lines, enum record_kind of_table, struct span *record)
{
	struct progress p = { 0 };
	if (!record_next_line(lines, record))
		return false;
	struct record_lines ahead = *lines;
	struct span line;
	if (!record_next_line(&ahead, &line) || record_line_kind(line) != RECORD_OTHER ||
		!progress_begin(&p, *record, of_table))
		return true;
	while (progress_takes(&p, span_trim(line))) {
		record->len = (size_t)(line.text + line.len - record->text);
		*lines = ahead;
		if (!record_next_line(&ahead, &line))
			break;
	}
	return true;
}

struct span record_joined(struct arena *a, struct span value)
{
	struct record_lines lines = record_lines(value.text, value.len);
	struct span line;
	if (!value.text || !memchr(value.text, '\n', value.len))
		return span_trim(value);
	char *text = arena_alloc(a, value.len + 1);
	size_t n = 0;
	while (record_next_line(&lines, &line)) {
		line = span_trim(line);
		memcpy(text + n, line.text, line.len);
		n += line.len;
	}
	return (struct span){ text, n };
}
