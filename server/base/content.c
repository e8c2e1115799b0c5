#include "content.h"

#include <stdint.h>
#include <string.h>

#include "fatal.h"
#include "str.h"

static bool is_digit(unsigned char c)
{
	return (unsigned)(c | 0x20) - 'a' < 26 || (unsigned)c - '0' < 10 || c == '+' || c == '/';
}

static size_t padding(const char *text, size_t n)
{
	size_t pad = 0;
	while (pad < 2 && pad < n && text[n - 1 - pad] == '=')
		pad++;
	return pad;
}

size_t content_digits(const char *text, size_t n)
{
	size_t i = 0;
	while (i < n && is_digit((unsigned char)text[i]))
		i++;
	return i;
}

bool content_is_base64(const char *text, size_t n)
{
	if (n == 0 || n % 4 != 0)
		return false;
	n -= padding(text, n);
	return content_digits(text, n) == n;
}

size_t content_bytes(const char *text, size_t n)
{
	return (n - padding(text, n)) * 3 / 4;
}

bool content_is_jpeg(const void *bytes, size_t n)
{
	return n >= 4 && memcmp(bytes, "\xff\xd8\xff", 3) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *size_problem(
	struct arena *a, const char *text, size_t n, const char *size, size_t size_n)
{
	int64_t said;
	while (size_n && is_blank(*size)) {
		size++;
		size_n--;
	}
	while (size_n && is_blank(size[size_n - 1]))
		size_n--;
	if (!size_n)
		return NULL;
	if (!str_to_intn(size, size_n, 0, INT32_MAX, &said))
		return "Size is no number";
	if ((size_t)said == n || (size_t)said == content_bytes(text, n))
		return NULL;
	return arena_printf(a, "Size says %lld, the value has %zu", (long long)said, n);
}

const char *content_template_problem(
	struct arena *a, const char *text, size_t n, const char *size, size_t size_n)
{
	return content_is_base64(text, n) ? size_problem(a, text, n, size, size_n) : "not base64";
}

/* FF D8 FF, whatever the fourth byte is. */
static bool text_is_jpeg(const char *text, size_t n)
{
	return content_bytes(text, n) >= 4 && memcmp(text, "/9j/", 4) == 0;
}

const char *content_picture_problem(
	struct arena *a, const char *text, size_t n, const char *size, size_t size_n)
{
	const char *problem = content_template_problem(a, text, n, size, size_n);
	return problem ? problem : text_is_jpeg(text, n) ? NULL : "no JPEG";
}

/* The largest No and Index of a type; where the documents say nothing, what fits into a row. */
enum { ANY = 99 };

static const struct {
	unsigned char no, index;
} places[] = {
	{ ANY, ANY }, /* generic */
	{ 9, 0 }, /* fingers */
	{ 0, 14 }, /* near-infrared faces in pieces: 12, or 15 of version 5 */
	{ ANY, ANY }, /* voice */
	{ 1, ANY }, /* iris */
	{ ANY, ANY }, /* retina */
	{ 1, ANY }, /* palm prints */
	{ 9, 2 }, /* finger veins, three samples each */
	{ 1, 5 }, /* palm veins, of either hand */
	{ 0, 0 }, /* visible-light faces */
	{ 1, 0 }, /* visible-light palms */
};

const char *content_place_problem(int type, int no, int index)
{
	if (type < 0 || (size_t)type >= LEN(places))
		return "no such type of template";
	if (no < 0 || no > places[type].no)
		return type == 1 || type == 7 ? "no such finger" : "no such place of a template";
	return index < 0 || index > places[type].index ? "no such place of a template" : NULL;
}
