/* Reads the option block of the handshake. Pure. */
#include "block.h"
#include "wallclock.h"

#include <string.h>

/* The order in which three of four documents print the bits. */
static const char *const trans_names[] = {
	"AttLog",
	"OpLog",
	"AttPhoto",
	"EnrollFP",
	"EnrollUser",
	"FPImag",
	"ChgUser",
	"ChgFP",
	"FACE",
	"UserPic",
	"WORKCODE",
	"BioPhoto",
	"FVEIN",
};

static unsigned trans_bits(struct slice value)
{
	unsigned bits = 0;
	for (size_t i = 0; i < value.n && i < LEN(trans_names); i++) {
		if (value.p[i] == '1')
			bits |= 1u << i;
		else if (value.p[i] != '0')
			break;
	}
	return bits ? bits : TF_ATTPHOTO; /* all zero means photos only */
}

unsigned block_trans(struct slice value)
{
	static const char word[] = "TransData";
	size_t skip = sizeof(word) - 1;
	unsigned bits = 0;

	if (value.n < skip || memcmp(value.p, word, skip) != 0)
		return trans_bits(value);
	for (size_t i = skip; i < value.n;) {
		while (i < value.n && (value.p[i] == ' ' || value.p[i] == '\t'))
			i++;
		size_t start = i;
		while (i < value.n && value.p[i] != ' ' && value.p[i] != '\t')
			i++;
		struct slice name = { value.p + start, i - start };
		for (size_t n = 0; n < LEN(trans_names); n++)
			if (slice_is_nocase(name, trans_names[n]))
				bits |= 1u << n;
	}
	return bits;
}

static struct slice line_take(struct slice *rest)
{
	const char *lf = memchr(rest->p, '\n', rest->n);
	struct slice line = { rest->p, lf ? (size_t)(lf - rest->p) : rest->n };
	size_t used = lf ? line.n + 1 : line.n;

	*rest = (struct slice){ rest->p + used, rest->n - used };
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

bool block_next(struct slice *rest, struct slice *key, struct slice *value)
{
	while (rest->n) {
		struct slice line = line_take(rest);
		const char *eq = line.n ? memchr(line.p, '=', line.n) : NULL;
		if (!eq)
			continue;
		*key = (struct slice){ line.p, (size_t)(eq - line.p) };
		*value = (struct slice){ eq + 1, line.n - key->n - 1 };
		return true;
	}
	return false;
}

static bool stamp_again(struct slice v)
{
	return slice_is(v, "0") || slice_is(v, "null") || slice_is(v, "None") || v.n == 0;
}

static void stamp_take(struct slice key, struct slice v, bool old, bool pass, struct block *b)
{
	/* first pass: the old names; second pass: the table names, which win where known */
	if (!pass && slice_is(key, "Stamp"))
		b->again_attlog = stamp_again(v);
	else if (!pass && slice_is(key, "OpStamp"))
		b->again_operlog = stamp_again(v);
	else if (pass && !old && slice_is(key, "ATTLOGStamp"))
		b->again_attlog = stamp_again(v);
	else if (pass && !old && slice_is(key, "OPERLOGStamp"))
		b->again_operlog = stamp_again(v);
	else if (pass && !old && slice_is(key, "BIODATAStamp"))
		b->again_biodata = stamp_again(v);
}

static void key_take(struct slice key, struct slice v, struct block *b)
{
	if (slice_is(key, "Delay"))
		b->delay = slice_long(v, b->delay);
	else if (slice_is(key, "ErrorDelay"))
		b->error_delay = slice_long(v, b->error_delay);
	else if (slice_is(key, "Realtime"))
		b->realtime = slice_long(v, 1) != 0;
	else if (slice_is(key, "TransFlag"))
		b->trans = block_trans(v);
	else if (slice_is(key, "MultiBioDataSupport"))
		b->biodata_announced = v.n && memchr(v.p, '1', v.n);
	else if (slice_is(key, "TimeZone")) {
		b->has_zone = true;
		b->zone = wallclock_zone(slice_long(v, 0));
	}
}

bool block_parse(struct slice body, const char *sn, bool old, struct block *b)
{
	static const char first[] = "GET OPTION FROM:";
	struct slice rest = body, key, value;
	struct slice line = line_take(&rest);
	size_t skip = sizeof(first) - 1;

	if (line.n < skip || memcmp(line.p, first, skip) != 0)
		return false;
	while (skip < line.n && line.p[skip] == ' ')
		skip++;
	if (!slice_is((struct slice){ line.p + skip, line.n - skip }, sn))
		return false;
	b->again_attlog = b->again_operlog = b->again_biodata = false;
	for (int pass = 0; pass < 2; pass++)
		for (struct slice r = rest; block_next(&r, &key, &value);)
			stamp_take(key, value, old, pass, b);
	while (block_next(&rest, &key, &value))
		key_take(key, value, b);
	return true;
}
