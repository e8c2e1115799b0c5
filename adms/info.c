/* INFO lists and option bodies of terminals; see info.h. */
#include "info.h"

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

static struct info_options options_over(struct span s, bool commas)
{
	const char *at = s.text ? s.text : "";
	return (struct info_options){ .at = at, .end = at + s.len, .commas = commas };
}

struct info_options info_options(struct span body)
{
	return options_over(body, true);
}

struct info_options info_dump(struct span content)
{
	return options_over(content, false);
}

static bool byte_is_key(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Whether a comma before p ends a value: "~?[A-Za-z0-9_]+=" follows, or the line's end does. */
static bool pair_begins(const char *p, const char *end)
{
	if (p == end || *p == '\n' || *p == '\r')
		return true;
	if (*p == '~')
		p++;
	const char *key = p;
	while (p < end && byte_is_key(*p))
		p++;
	return p > key && p < end && *p == '=';
}

static struct span options_piece(struct info_options *o)
{
	const char *p = o->at;
	while (p < o->end && *p != '\n' && !(o->commas && *p == ',' && pair_begins(p + 1, o->end)))
		p++;
	struct span piece = { .text = o->at, .len = (size_t)(p - o->at) };
	o->at = p < o->end ? p + 1 : p;
	if (piece.len && piece.text[piece.len - 1] == '\r')
		piece.len--;
	return piece;
}

static bool span_is_key(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!byte_is_key(s.text[i]))
			return false;
	return s.len > 0;
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
