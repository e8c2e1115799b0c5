/* Foreign text to UTF-8 and back, by iconv; see text.h. */
#include "text.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>

#include "pin.h"
#include "str.h"

#define GBK_LANGUAGE 83
#define NO_ICONV ((iconv_t)-1)

/* The length of the UTF-8 character at p, which is valid; p is before the end. */
static size_t char_length(const char *p)
{
	unsigned char c = (unsigned char)*p;
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static bool char_is_control(const char *p)
{
	unsigned char c = (unsigned char)p[0];
	return c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)p[1] < 0xa0);
}

/* Valid UTF-8 (but for NULs) to the arena without its control characters. */
static char *utf8_clean(struct arena *a, const char *text, size_t n)
{
	char *out = arena_alloc(a, n + 1);
	size_t len = 0;
	for (size_t i = 0; i < n;) {
		size_t size = char_length(text + i);
		if (!char_is_control(text + i)) {
			memcpy(out + len, text + i, size);
			len += size;
		}
		i += size;
	}
	return out;
}

/* str_is_utf8() refuses NULs, which terminals leave behind names; those are dropped first. */
static char *utf8_read(struct arena *a, struct span bytes, bool clean)
{
	char *text = arena_alloc(a, bytes.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.text[i])
			text[n++] = bytes.text[i];
	if (!str_is_utf8(text, n))
		return NULL;
	return clean ? utf8_clean(a, text, n) : text;
}

/* Not for the ISO-2022 family: escape sequences are control bytes to everybody else. */
static bool code_page_name_ok(const char *name)
{
	size_t n = strlen(name);
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-:";
	return n > 0 && n <= TEXT_MAX_CODE_PAGE && strspn(name, allowed) == n &&
	       !strstr(name, "2022");
}

static iconv_t code_page_open(const char *to, const char *from)
{
	if (!code_page_name_ok(to) || !code_page_name_ok(from))
		return NO_ICONV;
	return iconv_open(to, from);
}

/* Of no code page that leaves ASCII alone does a byte become more than 4 bytes of UTF-8. */
static char *code_page_read(struct arena *a, struct span bytes, const char *name, bool clean)
{
	iconv_t cd = code_page_open("UTF-8", name);
	if (cd == NO_ICONV)
		return NULL;
	size_t size = bytes.len * 4 + 16, room = size, left = bytes.len;
	char *out = arena_alloc(a, size), *to = out, *from = (char *)bytes.text;
	bool good = iconv(cd, &from, &left, &to, &room) != (size_t)-1 &&
		    iconv(cd, NULL, NULL, &to, &room) != (size_t)-1 && left == 0;
	iconv_close(cd);
	return good ? utf8_read(a, (struct span){ .text = out, .len = size - room }, clean) : NULL;
}

/* clean: without control characters. */
static char *bytes_decode(
	struct arena *a, struct span bytes, const struct text_encoding *e, bool clean)
{
	char *text = utf8_read(a, bytes, clean);
	if (!text && e->language == GBK_LANGUAGE)
		text = code_page_read(a, bytes, "GB18030", clean);
	if (!text && e->code_page && e->code_page[0])
		text = code_page_read(a, bytes, e->code_page, clean);
	return text;
}

char *text_decode(struct arena *a, struct span bytes, const struct text_encoding *e)
{
	return bytes.text ? bytes_decode(a, bytes, e, true) : NULL;
}

char *text_pin(
	struct arena *a, struct span sent, const struct text_encoding *e, const char **reason)
{
	struct span bytes = span_trim(sent);
	*reason = sent.text ? pin_check_bytes(bytes.text, bytes.len) : "no PIN";
	if (*reason)
		return NULL;
	char *pin = bytes_decode(a, bytes, e, false);
	*reason = pin ? pin_check(pin, strlen(pin)) : "PIN cannot be decoded";
	return *reason ? NULL : pin;
}

void text_encoding_pages(const struct text_encoding *e, char *out, size_t size)
{
	bool gbk = e->language == GBK_LANGUAGE, page = e->code_page && e->code_page[0];
	snprintf(out, size, "%s%s%s", gbk ? "GB18030" : "", gbk && page ? " " : "",
		page ? e->code_page : "");
}

static const char *encoding_name(const struct text_encoding *e)
{
	if (e->code_page && e->code_page[0])
		return e->code_page;
	return e->old && e->language == GBK_LANGUAGE ? "GBK" : "UTF-8";
}

static bool bytes_have_control(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < 0x20)
			return true;
	return false;
}

/* One character of n bytes to at most room bytes; returns how many were written, 0 when they do not
 * fit. cd NO_ICONV: UTF-8 stays. A few pages have letters where others have control characters:
 * such a letter would break the line, so it counts as missing. */
static size_t char_convert(iconv_t cd, const char *p, size_t n, char *out, size_t room)
{
	char *from = (char *)p, *to = out;
	size_t left = n, unused = room;
	if (cd == NO_ICONV) {
		if (n > room)
			return 0;
		memcpy(out, p, n);
		return n;
	}
	/* The second call writes what some encoders hold back to combine it with a next one. */
	bool good = iconv(cd, &from, &left, &to, &unused) != (size_t)-1 &&
		    iconv(cd, NULL, NULL, &to, &unused) != (size_t)-1;
	if (good && !bytes_have_control(out, room - unused))
		return room - unused;
	if (room == 0 || (!good && errno == E2BIG))
		return 0;
	*out = '?';
	return 1;
}

static size_t chars_convert(iconv_t cd, const char *text, size_t n, char *out, size_t max)
{
	size_t used = 0;
	for (size_t i = 0; i < n; i += char_length(text + i)) {
		bool control = char_is_control(text + i);
		size_t wrote = char_convert(cd, control ? " " : text + i,
			control ? 1 : char_length(text + i), out + used, max - used);
		if (!wrote)
			break;
		used += wrote;
	}
	return used;
}

char *text_encode(
	struct arena *a, const char *utf8, const struct text_encoding *e, size_t max, size_t *n)
{
	size_t length = strlen(utf8);
	if (!str_is_utf8(utf8, length))
		length = 0; /* what the database holds is valid */
	size_t most = max < length * 4 ? max : length * 4;
	char *out = arena_alloc(a, most + 1);
	const char *name = encoding_name(e);
	iconv_t cd = strcasecmp(name, "UTF-8") == 0 ? NO_ICONV : code_page_open(name, "UTF-8");
	*n = chars_convert(cd, utf8, length, out, most);
	if (cd != NO_ICONV)
		iconv_close(cd);
	out[*n] = '\0';
	return out;
}

/* Whether bytes of this page are the same bytes in UTF-8. */
static bool code_page_keeps(const char *name, const char *bytes, size_t n)
{
	iconv_t cd = code_page_open("UTF-8", name);
	if (cd == NO_ICONV)
		return false;
	char out[512], *from = (char *)bytes, *to = out;
	size_t left = n, room = sizeof(out);
	bool good = iconv(cd, &from, &left, &to, &room) != (size_t)-1 &&
		    iconv(cd, NULL, NULL, &to, &room) != (size_t)-1;
	iconv_close(cd);
	return good && sizeof(out) - room == n && memcmp(out, bytes, n) == 0;
}

/* All of ASCII but '\\' and '~', which some pages that will do have as other signs. */
bool text_knows_code_page(const char *name)
{
	char ascii[128];
	size_t n = 0;
	for (char c = 1; c < 127; c++)
		if (c != '\\' && c != '~')
			ascii[n++] = c;
	return code_page_keeps(name, ascii, n);
}

size_t text_cut_bytes(const char *utf8, size_t max)
{
	size_t n = strlen(utf8);
	if (n <= max)
		return n;
	n = max;
	while (n > 0 && ((unsigned char)utf8[n] & 0xc0) == 0x80)
		n--;
	return n;
}

size_t text_cut_chars(const char *utf8, size_t max)
{
	size_t n = 0;
	for (; utf8[n]; n++)
		if (((unsigned char)utf8[n] & 0xc0) != 0x80 && max-- == 0)
			return n;
	return n;
}
