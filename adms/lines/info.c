/* INFO lists and option bodies of terminals; see info.h. */
#include "info.h"

#include "parse.h"
#include "record.h"

#define FUNCTIONS 9 /* position of the function flags */

struct info_number info_number(struct span value)
{
	int64_t n;
	if (!record_number(span_trim(value), -999999999, 999999999, &n))
		return (struct info_number){ 0 };
	return (struct info_number){ .known = true, .value = (int32_t)n };
}

static void functions_read(struct info *out)
{
	bool *const takes[] = { &out->takes_fp, &out->takes_face, &out->takes_user_photo,
		&out->takes_bio_photo, &out->takes_bio_data };
	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]) && i < out->functions.len; i++)
		*takes[i] = out->functions.text[i] == '1';
}

bool info_parse(struct span text, struct info *out)
{
	*out = (struct info){ .takes_fp = true };
	struct info_number *const numbers[] = { NULL, &out->users, &out->fingerprints,
		&out->punches, NULL, &out->fp_version, &out->face_version, &out->face_samples,
		&out->faces, NULL, &out->cards, &out->user_photos, &out->punch_photos };
	const int known = sizeof(numbers) / sizeof(numbers[0]);
	if (!span_trim(text).len)
		return false;
	while (text.text && out->fields < 1000) {
		struct span field = span_trim(span_cut(&text, ','));
		int i = out->fields++;
		if (i == 0)
			out->firmware = field;
		else if (i == 4)
			out->address = field;
		else if (i == FUNCTIONS)
			out->functions = field;
		else if (i < known)
			*numbers[i] = info_number(field);
	}
	functions_read(out);
	return true;
}

struct info_options info_options(struct span body)
{
	struct span all = span_skip_mark(body);
	const char *at = all.text ? all.text : "";
	return (struct info_options){ .at = at, .end = at + all.len };
}

static bool byte_is_key(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool byte_separates(char c)
{
	return c == ',' || c == '\t' || c == ' ' || c == ';' || c == '|' || c == '&' || c == '\r';
}

/* Whether separators before p end a value: "~?[A-Za-z0-9_]+=" follows, or the line's end does. */
static bool pair_begins(const char *p, const char *end)
{
	if (p == end || *p == '\n')
		return true;
	if (*p == '~')
		p++;
	const char *key = p;
	while (p < end && byte_is_key(*p))
		p++;
	return p > key && p < end && *p == '=';
}

/* Any number of separators are one. Behind a '?' '&' is an address's own. */
static struct span options_piece(struct info_options *o)
{
	const char *p = o->at, *next = p;
	bool asks = false;
	for (; p < o->end && *p != '\n'; p = next) {
		asks |= *p == '?';
		for (next = p; next < o->end && byte_separates(*next) && !(asks && *next == '&');)
			next++;
		if (next > p && pair_begins(next, o->end))
			break;
		next += next == p;
	}
	struct span piece = { .text = o->at, .len = (size_t)(p - o->at) };
	o->at = next < o->end && *next == '\n' ? next + 1 : next;
	return piece;
}

static bool span_is_key(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!byte_is_key(s.text[i]))
			return false;
	return s.len > 0;
}

/* The bytes up to the first comma, sent as it is or as "%2C". */
static size_t firmware_length(struct span value)
{
	size_t n = 0;
	while (n < value.len && value.text[n] != ',' &&
		!(value.len - n >= 3 && strncasecmp(value.text + n, "%2C", 3) == 0))
		n++;
	return n;
}

bool info_of_query(const char *query, char *out)
{
	struct span rest = span_of(query);
	while (rest.text) {
		struct span value = span_cut(&rest, '&');
		if (!span_is(span_cut(&value, '='), "INFO") || !value.text)
			continue;
		size_t n = firmware_length(value);
		parse_decode(value.text, n, true, out);
		n = strlen(out);
		parse_decode(value.text + firmware_length(value),
			value.len - firmware_length(value), false, out + n);
		return true;
	}
	return false;
}

bool info_next_option(struct info_options *o, struct span *key, struct span *value)
{
	while (o->at < o->end) {
		*value = options_piece(o);
		*key = span_trim(span_cut(value, '='));
		if (key->len && key->text[0] == '~') {
			key->text++;
			key->len--;
		}
		*value = span_trim(*value);
		if (value->text && span_is_key(*key))
			return true;
	}
	return false;
}
