/* Which uploads hold what people are made of. */
#include "biometric.h"

#include <string.h>

#include "content.h"
#include "fatal.h"
#include "str.h"

#define FRAGMENT 16 /* digits; shorter ones tell nothing */

bool biometric_table(const char *table)
{
	/* OPERLOG: its lines may be templates; TABLEDATA, QUERYDATA and POSTVERIFYDATA: those of
	 * access control */
	static const char *const tables[] = { "FINGERTMP", "FACE", "FVEIN", "BIODATA", "BIOPHOTO",
		"USERPIC", "ATTPHOTO", "FPIMAGE", "IDCARD", "OPERLOG", "TABLEDATA", "QUERYDATA",
		"POSTVERIFYDATA" };
	static const char *const words[] = { "TEMPLATE", "BIO", "PHOTO", "FACE", "FINGER", "VEIN",
		"PALM", "IRIS", "PIC", "TMP" };
	for (size_t i = 0; i < LEN(tables); i++)
		if (str_same_word(tables[i], table))
			return true;
	for (size_t i = 0; i < LEN(words); i++)
		if (strcasestr(table, words[i]))
			return true;
	return false;
}

static bool kind_is(enum record_kind kind)
{
	return kind == RECORD_FP || kind == RECORD_FACE || kind == RECORD_FVEIN ||
	       kind == RECORD_BIODATA || kind == RECORD_USERPIC || kind == RECORD_BIOPHOTO ||
	       kind == RECORD_IDCARD;
}

/* A line of nothing but base64, as one whose beginning is lost. */
static bool line_is_fragment(const struct record *r)
{
	struct span line = span_trim(r->line);
	size_t n = line.len;
	while (n > 0 && n + 2 > line.len && line.text[n - 1] == '=')
		n--;
	return n >= FRAGMENT && content_digits(line.text, n) == n;
}

bool biometric_line(const char *table, const struct record *r)
{
	static const char *const keys[] = { "TMP", "Content", "Template", "FID", "FaceData",
		"Photo" };
	if (kind_is(r->kind) || kind_is(record_table_kind(span_of(table))))
		return true;
	if (r->kind != RECORD_OTHER)
		return false;
	if (line_is_fragment(r))
		return true;
	for (size_t i = 0; i < LEN(keys); i++)
		if (record_get(r, keys[i]).text)
			return true;
	return false;
}
