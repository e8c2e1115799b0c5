/* Punch photos: where the picture begins, and what its file name says; see attphoto.h. */
#include "attphoto.h"

#include "fatal.h"
#include "pin.h"
#include "record.h"

#define TIME_DIGITS 14 /* YYYYMMDDhhmmss */

/* ---- the body ---- */

/* The JPEG's first two bytes. */
static const char *magic_find(struct span s)
{
	for (size_t i = 0; i + 1 < s.len; i++)
		if ((unsigned char)s.text[i] == 0xff && (unsigned char)s.text[i + 1] == 0xd8)
			return s.text + i;
	return NULL;
}

/* The line of the text that begins with this key, without it and its line end; *rest gets what is
 * behind "key=" to the end of the text. */
static struct span line_find(struct span text, const char *key, struct span *rest)
{
	size_t n = strlen(key);
	while (text.text) {
		struct span from = text;
		struct span line = span_cut(&text, '\n');
		if (line.len < n || strncasecmp(line.text, key, n) != 0)
			continue;
		*rest = (struct span){ from.text + n, from.len - n };
		line = (struct span){ line.text + n, line.len - n };
		if (line.len && line.text[line.len - 1] == '\r')
			line.len--;
		return line;
	}
	*rest = (struct span){ 0 };
	return (struct span){ 0 };
}

const char *attphoto_read(const void *body, size_t n, struct attphoto *out)
{
	struct span all = { .text = n ? body : "", .len = n }, rest;
	const char *nul = memchr(all.text, 0, n);
	struct span text = { all.text, nul ? (size_t)(nul - all.text) : n };
	const char *magic = magic_find(text);
	*out = (struct attphoto){ 0 };
	if (magic)
		text.len = (size_t)(magic - text.text);
	line_find(text, "picture=", &rest);
	if (rest.text) {
		out->base64 = true;
		out->picture = rest;
		text.len = (size_t)(rest.text - text.text);
	} else if (magic || nul) {
		const char *at = magic ? magic : nul + 1;
		out->picture = (struct span){ at, (size_t)(all.text + n - at) };
	}
	out->name = span_trim(line_find(text, "PIN=", &rest));
	return out->picture.len ? NULL : "no picture";
}

static int base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool attphoto_decode(struct span base64, unsigned char *out, size_t *n)
{
	uint32_t bits = 0;
	int have = 0;
	bool ended = false;
	*n = 0;
	for (size_t i = 0; i < base64.len; i++) {
		unsigned char c = (unsigned char)base64.text[i];
		if (c == '\r' || c == '\n' || c == ' ' || c == '\t' || c == 0)
			continue;
		if (c == '=') {
			ended = true;
			continue;
		}
		int value = base64_value(c);
		if (value < 0 || ended)
			return false;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[(*n)++] = (unsigned char)(bits >> have);
	}
	return *n > 0;
}

/* ---- the file name ---- */

static bool span_all_digits(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.text[i] < '0' || s.text[i] > '9')
			return false;
	return true;
}

/* Behind the last slash, before the extension. */
static struct span name_stem(struct span name)
{
	for (size_t i = name.len; i > 0; i--)
		if (name.text[i - 1] == '/' || name.text[i - 1] == '\\') {
			name = (struct span){ name.text + i, name.len - i };
			break;
		}
	static const char *const extensions[] = { ".jpg", ".jpeg", ".png", ".bmp" };
	for (size_t i = 0; i < LEN(extensions); i++) {
		size_t n = strlen(extensions[i]);
		if (name.len >= n && strncasecmp(name.text + name.len - n, extensions[i], n) == 0)
			name.len -= n;
	}
	return name;
}

static bool digits_time(const char *d, int64_t *wall)
{
	char text[20] = { d[0], d[1], d[2], d[3], '-', d[4], d[5], '-', d[6], d[7], ' ', d[8], d[9],
		':', d[10], d[11], ':', d[12], d[13], 0 };
	return record_time((struct span){ text, 19 }, wall);
}

/* "<type>-<pin>-<id number>": NULL pin when it is not that. */
static bool name_of_person_id(struct span rest, bool person_id, struct attphoto_name *out)
{
	struct span type = span_cut(&rest, '-');
	if (type.len != 1 || type.text[0] < '0' || type.text[0] > '4' || !rest.text)
		return false;
	struct span pin = span_cut(&rest, '-');
	if (!person_id && (!rest.text || (rest.len != 15 && rest.len != 18)))
		return false;
	out->kind = (enum attphoto_kind)(type.text[0] - '0');
	out->pin = pin;
	return true;
}

void attphoto_name(struct span sent, bool person_id, struct attphoto_name *out)
{
	*out = (struct attphoto_name){ 0 };
	size_t n = 0;
	while (n < sent.len && n < ATTPHOTO_MAX_NAME && (unsigned char)sent.text[n] >= 0x20 &&
		sent.text[n] != 0x7f)
		n++;
	out->whole = (struct span){ sent.text, n };
	struct span rest = name_stem(out->whole), stem = rest;
	struct span time = span_trim(span_cut(&rest, '-'));
	if (time.len == TIME_DIGITS && span_all_digits(time)) {
		out->has_time = digits_time(time.text, &out->wall);
		out->kind = rest.len ? ATTPHOTO_ATTENDANCE : ATTPHOTO_FAILED;
		if (rest.text && !name_of_person_id(rest, person_id, out))
			out->pin = rest;
	} else {
		out->pin = stem;
		out->kind = stem.len ? ATTPHOTO_ATTENDANCE : ATTPHOTO_FAILED;
	}
	out->pin = span_trim(out->pin);
	if (n < sent.len || pin_check_bytes(out->pin.text, out->pin.len))
		out->pin = (struct span){ 0 };
}

const char *attphoto_kind_word(enum attphoto_kind kind)
{
	static const char *const words[] = { "attendance", "failed", "blacklist", "verified",
		"not verified" };
	return words[kind];
}
