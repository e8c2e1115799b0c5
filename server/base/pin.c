/* The one rule of what a PIN may be. */
#include "pin.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "fatal.h"

/* The keys of records about people (adms-push 2.2 to 2.8, 2.11): a code that holds one of them behind
 * any sign is a line that was not taken apart. */
static const char *const keys[] = { "PIN", "Name", "Pri", "Passwd", "Card", "Grp", "TZ", "Verify",
	"ViceCard", "StartDatetime", "EndDatetime", "Expires", "FID", "Size", "Valid", "TMP", "No",
	"Index", "Duress", "Type", "MajorVer", "MinorVer", "Format", "FileName", "Content", "Url",
	"SNNum", "IDNum", "DNNum", "Gender", "Nation", "Birthday", "ValidInfo", "Address",
	"AdditionalInfo", "Issuer", "Photo", "FPTemplate1", "FPTemplate2", "Reserve", "Notice",
	"ErrCode", "ErrMsg", "DataOrigin", "CmdId", "Additional", "CODE", "MSG", "TAG", "UID",
	"MIN", "StartTime", "EndTime", "CardNo", "Password", "Group", "Privilege", "Disable",
	"FingerID", "Template" };

bool pin_is_key(const char *word, size_t n)
{
	for (size_t i = 0; i < LEN(keys); i++)
		if (strlen(keys[i]) == n && strncasecmp(keys[i], word, n) == 0)
			return true;
	return false;
}

/* ---- characters ---- */

/* The code point at p, and how many bytes it has. What is no UTF-8 is a character of one byte. */
static uint32_t char_at(const char *p, size_t left, size_t *size)
{
	unsigned char c = (unsigned char)p[0];
	size_t n = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = c & masks[n];
	*size = 1;
	if (n > left)
		return 0xfffd;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0xfffd;
		code = code << 6 | ((unsigned char)p[i] & 0x3f);
	}
	*size = n;
	return n == 1 && c >= 0x80 ? 0xfffd : code;
}

struct range {
	uint32_t from, to;
};

static bool ranges_have(const struct range *ranges, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

/* White_Space of Unicode, and what looks like it. */
static bool char_is_blank(uint32_t c)
{
	static const struct range blanks[] = { { ' ', ' ' }, { 0xa0, 0xa0 }, { 0x1680, 0x1680 },
		{ 0x2000, 0x200a }, { 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x2800, 0x2800 },
		{ 0x3000, 0x3000 } };
	return ranges_have(blanks, LEN(blanks), c);
}

/* Default_Ignorable_Code_Point of Unicode but for the variation selectors, and two fillers. */
static bool char_is_invisible(uint32_t c)
{
	static const struct range invisible[] = { { 0xad, 0xad }, { 0x34f, 0x34f },
		{ 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180e },
		{ 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
		{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff } };
	return ranges_have(invisible, LEN(invisible), c);
}

/* C1 with NEL, and the separators of lines and paragraphs. */
static bool char_is_control(uint32_t c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

/* ---- another column ---- */

static bool byte_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Whether the n bytes end in what separates columns: for any word, or for one that is a key. */
static bool text_ends_column(const char *text, size_t n, bool key)
{
	unsigned char last = (unsigned char)text[n - 1];
	if (last < 0x80)
		return key || strchr(" ,;|", last);
	size_t start = n - 1, size;
	while (start > 0 && ((unsigned char)text[start] & 0xc0) == 0x80)
		start--;
	uint32_t c = char_at(text + start, n - start, &size);
	return char_is_blank(c) || char_is_invisible(c);
}

/* "48 Name=Al", "48;x=1": what stands before the '=' at pin[at] is a word behind a separator. */
static bool column_begins(const char *pin, size_t at)
{
	size_t end = at, start;
	while (end > 0 && pin[end - 1] == ' ')
		end--;
	for (start = end; start > 0 && byte_is_word(pin[start - 1]);)
		start--;
	return start > 0 && start < end &&
	       text_ends_column(pin, start, pin_is_key(pin + start, end - start));
}

static const char *columns_check(const char *pin, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pin[i] == '=' && column_begins(pin, i))
			return "another column in the PIN";
	return NULL;
}

/* ---- the rule ---- */

const char *pin_check_bytes(const char *pin, size_t n)
{
	bool equals = false;
	if (!n)
		return "empty PIN";
	if (n > PIN_MAX)
		return "PIN too long";
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)pin[i] < 0x20 || pin[i] == 0x7f)
			return "control character in PIN";
		equals |= pin[i] == '=';
	}
	if (pin[0] == ' ' || pin[n - 1] == ' ')
		return "blank at an end of the PIN";
	return equals ? columns_check(pin, n) : NULL;
}

const char *pin_check(const char *pin, size_t n)
{
	const char *reason = pin_check_bytes(pin, n);
	size_t size;
	for (size_t i = 0; !reason && i < n; i += size) {
		uint32_t c = char_at(pin + i, n - i, &size);
		if (char_is_control(c))
			return "control character in PIN";
		bool end = i == 0 || i + size == n;
		if (end && (char_is_blank(c) || char_is_invisible(c)))
			return "invisible character at an end of the PIN";
	}
	return reason;
}
