/* Lines, times and key=value records of terminals; the formats are in PROTOCOL.md. */
#include "record.h"

#include "clock.h"
#include "fatal.h"
#include "pin.h"
#include "record_whole.h"

/* Words that begin a line, and tables whose lines may do without the word. FINGERTMP and the
 * lower-case names of the access dialect mean the same records. */
static const struct {
	const char *word;
	enum record_kind kind;
} kinds[] = {
	{ "USER", RECORD_USER },
	{ "OPLOG", RECORD_OPLOG },
	{ "FP", RECORD_FP },
	{ "FACE", RECORD_FACE },
	{ "FVEIN", RECORD_FVEIN },
	{ "USERPIC", RECORD_USERPIC },
	{ "BIOPHOTO", RECORD_BIOPHOTO },
	{ "BIODATA", RECORD_BIODATA },
	{ "IDCARD", RECORD_IDCARD },
	{ "ERRORLOG", RECORD_ERRORLOG },
	{ "WORKCODE", RECORD_WORKCODE },
	{ "SMS", RECORD_SMS },
	{ "USERINFO", RECORD_USER },
	{ "FINGERTMP", RECORD_FP },
	{ "FINGERPRINT", RECORD_FP },
	{ "TEMPLATE", RECORD_FP },
	{ "FACETMP", RECORD_FACE },
	{ "FACETEMPLATE", RECORD_FACE },
	{ "FACE7", RECORD_FACE },
	{ "FVTEMPLATE", RECORD_FVEIN },
	{ "FVTMP", RECORD_FVEIN },
	{ "FVEINTMP", RECORD_FVEIN },
	{ "FINGERVEIN", RECORD_FVEIN },
	{ "IDENTITYCARD", RECORD_IDCARD },
};

/* ---- lines ---- */

struct record_lines record_lines(const void *body, size_t n)
{
	struct span all = span_skip_mark((struct span){ body ? body : "", body ? n : 0 });
	return (struct record_lines){ .at = all.text, .end = all.text + all.len };
}

static bool line_is_blank(struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		char c = line.text[i];
		if (c != ' ' && c != '\t' && c != '\r' && c != '\0')
			return false;
	}
	return true;
}

bool record_next_line(struct record_lines *lines, struct span *line)
{
	while (lines->at < lines->end) {
		size_t left = (size_t)(lines->end - lines->at);
		const char *lf = memchr(lines->at, '\n', left);
		*line = (struct span){ .text = lines->at, .len = left };
		if (lf)
			line->len = (size_t)(lf - lines->at);
		lines->at = lf ? lf + 1 : lines->end;
		if (line->len && line->text[line->len - 1] == '\r')
			line->len--;
		if (!line_is_blank(*line))
			return true;
	}
	return false;
}

static size_t lines_count(struct record_lines lines)
{
	struct span line;
	size_t count = 0;
	while (record_next_line(&lines, &line))
		count++;
	return count;
}

size_t record_count_lines(const void *body, size_t n)
{
	return lines_count(record_lines(body, n));
}

size_t record_count_lines_of(struct span part)
{
	return lines_count((struct record_lines){ .at = part.text, .end = part.text + part.len });
}

char *record_first(char *body, struct span line)
{
	if (line.text == body || span_skip_mark(line).len == line.len)
		return body;
	*body = '\n';
	return body + 1;
}

size_t record_comb_lines(char *body, size_t *n)
{
	struct record_lines lines = record_lines(body, *n);
	struct span line;
	char *to = body;
	size_t count = 0;
	for (; record_next_line(&lines, &line); count++) {
		size_t whole = (size_t)(lines.at - line.text);
		if (count == 0)
			to = record_first(body, line);
		if (to != line.text)
			memmove(to, line.text, whole);
		to += whole;
	}
	*n = (size_t)(to - body);
	return count;
}

/* ---- times and numbers ---- */

bool record_number(struct span text, int64_t min, int64_t max, int64_t *out)
{
	size_t i = 0;
	bool negative = text.len && text.text[0] == '-';
	if (text.len && (negative || text.text[0] == '+'))
		i++;
	if (i == text.len || text.len - i > 18) /* 18 digits cannot overflow */
		return false;
	int64_t n = 0;
	for (; i < text.len; i++) {
		unsigned digit = (unsigned)text.text[i] - '0';
		if (digit > 9)
			return false;
		n = n * 10 + digit;
	}
	n = negative ? -n : n;
	if (n < min || n > max)
		return false;
	*out = n;
	return true;
}

/* Two digits; anything else gives 100 or more. */
static inline unsigned two_digits(const char *p)
{
	unsigned tens = (unsigned char)p[0] - '0', ones = (unsigned char)p[1] - '0';
	return tens > 9 || ones > 9 ? 1000000 : tens * 10 + ones;
}

static bool wall_of(unsigned year, unsigned month, unsigned day, int64_t second, int64_t *wall)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (month < 1 || month > 12 || day < 1)
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > days[month - 1] + (unsigned)(month == 2 && leap))
		return false;
	*wall = (clock_days((int)year, (int)month, (int)day) * 86400 + second) * 1000000;
	return true;
}

bool record_time(struct span text, int64_t *wall)
{
	const char *p = text.text;
	if (text.len != 19 || p[4] != '-' || p[7] != '-' || (p[10] != ' ' && p[10] != 'T') ||
		p[13] != ':' || p[16] != ':')
		return false;
	unsigned year = two_digits(p) * 100 + two_digits(p + 2);
	unsigned hour = two_digits(p + 11), minute = two_digits(p + 14),
		 second = two_digits(p + 17);
	if (year < 1900 || year > 9999 || hour > 23 || minute > 59 || second > 59)
		return false;
	return wall_of(year, two_digits(p + 5), two_digits(p + 8),
		hour * 3600 + minute * 60 + second, wall);
}

bool record_encoded_time(int64_t seconds, int64_t *wall)
{
	if (seconds < 0 || seconds > UINT32_MAX)
		return false;
	unsigned days = (unsigned)(seconds / 86400);
	unsigned months = days / 31;
	return wall_of(2000 + months / 12, months % 12 + 1, days % 31 + 1, seconds % 86400, wall);
}

/* ---- key=value records ---- */

/* "TEMPLATEV10" is "TEMPLATE". */
static struct span word_without_version(struct span word)
{
	size_t n = word.len;
	while (n > 0 && word.text[n - 1] >= '0' && word.text[n - 1] <= '9')
		n--;
	if (n < word.len && n > 1 && (word.text[n - 1] | 0x20) == 'v')
		word.len = n - 1;
	return word;
}

static enum record_kind word_kind(struct span word)
{
	word = word_without_version(word);
	for (size_t i = 0; i < LEN(kinds); i++)
		if (span_is(word, kinds[i].word))
			return kinds[i].kind;
	return RECORD_OTHER;
}

enum record_kind record_table_kind(struct span table)
{
	return word_kind(table);
}

static struct span line_first_word(struct span line)
{
	struct span word = { .text = line.text };
	while (word.len < line.len && line.text[word.len] != ' ' && line.text[word.len] != '\t')
		word.len++;
	return word;
}

static struct span line_skip_spaces(struct span line)
{
	while (line.len && line.text[0] == ' ') {
		line.text++;
		line.len--;
	}
	return line;
}

enum record_kind record_line_kind(struct span line)
{
	line = line_skip_spaces(line);
	struct span word = line_first_word(line);
	return word.len < line.len ? word_kind(word) : RECORD_OTHER;
}

/*
 * Takes the kind's word off the line. A first word that we do not know is one only where the table
 * says nothing about its lines, and only when it ends before the first '='.
 */
static struct span line_take_word(struct span *line, enum record_kind of_table)
{
	struct span word = line_first_word(*line);
	bool known = word.len < line->len && word_kind(word) != RECORD_OTHER;
	bool unknown = of_table == RECORD_OTHER && word.len < line->len &&
		       line->text[word.len] == ' ' && !memchr(word.text, '=', word.len);
	if (!word.len || (!known && !unknown))
		return (struct span){ 0 };
	line->text += word.len + 1;
	line->len -= word.len + 1;
	return word;
}

/* Blanks around a key and around its value are padding. */
static struct record_pair field_split(struct span field)
{
	struct span value = field;
	struct span key = span_cut(&value, '=');
	if (!value.text)
		return (struct record_pair){ .value = field };
	return (struct record_pair){ .key = span_trim(key), .value = span_trim(value) };
}

/* Whether the text begins with a key that records have, and its '='; *n: the word's length. */
static bool key_begins(struct span text, size_t *n)
{
	for (*n = 0; *n < text.len && text.text[*n] != '=' && text.text[*n] != ' ';)
		++*n;
	return *n < text.len && text.text[*n] == '=' && pin_is_key(text.text, *n);
}

/* Of a line that is padded with blanks in place of TABs: the field up to the blank before the next
 * key ("PIN=48 Name=Al Lee Pri=0"). */
static struct span field_cut_blank(struct span *rest)
{
	struct span field = *rest;
	size_t at = 0, word;
	while (at < rest->len) {
		struct span next = { rest->text + at, rest->len - at };
		bool begins = key_begins(next, &word);
		if (begins && at > 0 && rest->text[at - 1] == ' ') {
			field.len = at;
			rest->text += at;
			rest->len -= at;
			return field;
		}
		at += word + 1;
	}
	*rest = (struct span){ 0 };
	return field;
}

/* Fields up to the end of the line. */
static void fields_parse(struct span rest, struct record *out)
{
	bool blanks = rest.text && !memchr(rest.text, '\t', rest.len);
	while (rest.text) {
		struct span field = blanks ? field_cut_blank(&rest) : span_cut(&rest, '\t');
		if (!field.len)
			continue;
		if (out->npairs == RECORD_MAX_PAIRS) {
			out->more = true;
			return;
		}
		out->pairs[out->npairs++] = field_split(field);
	}
}

bool record_is_one(const struct record *r)
{
	struct oplog_line oplog;
	if (word_kind(r->word) != RECORD_OTHER)
		return true;
	if (r->kind == RECORD_OPLOG)
		return !record_oplog(r->line, &oplog) && oplog.has_wall;
	return r->kind != RECORD_OTHER && record_get(r, "PIN").text;
}

/* security-push 4.3. Fingers from 16 on are those of people under duress. */
static void finger_translate(struct record *r, struct record_pair *finger)
{
	static const char *const fingers[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };
	int64_t n;
	if (!record_number(finger->value, 16, 15 + LEN(fingers), &n))
		return;
	finger->value = span_of(fingers[n - 16]);
	for (int i = 0; i < r->npairs; i++)
		if (span_is(r->pairs[i].key, "Valid"))
			r->pairs[i].value = span_of("3");
}

bool record_translate(struct record *r)
{
	static const struct {
		enum record_kind kind;
		const char *theirs, *ours; /* NULL: we have none */
	} words[] = { { RECORD_USER, "cardno", "Card" }, { RECORD_USER, "password", "Passwd" },
		{ RECORD_USER, "privilege", "Pri" }, { RECORD_USER, "group", "Grp" },
		{ RECORD_USER, "uid", NULL }, { RECORD_USER, "disable", NULL },
		{ RECORD_USER, "starttime", NULL }, { RECORD_USER, "endtime", NULL },
		{ RECORD_FP, "template", "TMP" }, { RECORD_FP, "fingerid", "FID" },
		{ RECORD_FP, "uid", NULL } };
	bool some = false;
	for (int i = 0; i < r->npairs; i++)
		for (size_t k = 0; k < LEN(words); k++) {
			struct record_pair *pair = &r->pairs[i];
			if (r->kind != words[k].kind || !span_is(pair->key, words[k].theirs))
				continue;
			some = true;
			if (words[k].ours)
				pair->key = span_of(words[k].ours);
			if (span_is(pair->key, "FID"))
				finger_translate(r, pair);
		}
	return some;
}

/* A further line of the record: fields, or more of the value before it and fields behind that. */
static void line_parse(struct span line, struct record *out)
{
	struct record_pair *last = out->npairs ? &out->pairs[out->npairs - 1] : NULL;
	if (last && !record_line_is_field(line, last)) {
		struct span more = span_cut(&line, '\t');
		last->value.len = (size_t)(more.text + more.len - last->value.text);
	}
	fields_parse(line, out);
}

void record_parse(struct span record, enum record_kind of_table, struct record *out)
{
	struct record_lines lines = record_lines(record.text, record.len);
	struct span line = record;
	if (record.text && memchr(record.text, '\n', record.len))
		record_next_line(&lines, &line);
	else
		lines.at = lines.end;
	out->line = record;
	out->npairs = 0;
	out->more = false;
	struct span rest = line_skip_spaces(line);
	out->word = line_take_word(&rest, of_table);
	out->kind = out->word.text ? word_kind(out->word) : of_table;
	if (out->kind == RECORD_OTHER)
		out->kind = of_table;
	fields_parse(rest, out);
	while (!out->more && record_next_line(&lines, &line))
		line_parse(span_trim(line), out);
}

struct span record_get(const struct record *r, const char *key)
{
	for (int i = 0; i < r->npairs; i++)
		if (span_is(r->pairs[i].key, key))
			return r->pairs[i].value;
	return (struct span){ 0 };
}

bool record_get_number(
	const struct record *r, const char *key, int64_t min, int64_t max, int64_t *out)
{
	return record_number(span_trim(record_get(r, key)), min, max, out);
}

/* ---- OPLOG ---- */

/* A column without the blanks around it; where a line has no TABs, blanks separate. */
static struct span oplog_column(struct span *rest, char sep)
{
	if (sep == ' ')
		*rest = line_skip_spaces(*rest);
	if (sep == ' ' && !rest->len)
		*rest = (struct span){ 0 };
	return span_trim(span_cut(rest, sep));
}

/* The time is a column with a blank in it; where blanks separate, it is two. */
static struct span oplog_time(struct span *rest, char sep)
{
	struct span time = oplog_column(rest, sep);
	if (sep == '\t' || time.len != strlen("YYYY-MM-DD") || !rest->text)
		return time;
	struct span hour = oplog_column(rest, sep);
	if (hour.text) /* else nothing but blanks is behind it */
		time.len = (size_t)(hour.text + hour.len - time.text);
	return time;
}

const char *record_oplog(struct span line, struct oplog_line *out)
{
	*out = (struct oplog_line){ .line = line };
	struct span rest = line_skip_spaces(line);
	if (record_line_kind(rest) == RECORD_OPLOG)
		line_take_word(&rest, RECORD_OTHER);
	char sep = rest.text && memchr(rest.text, '\t', rest.len) ? '\t' : ' ';
	int64_t code, seconds;
	if (!record_number(oplog_column(&rest, sep), 0, INT16_MAX, &code))
		return "bad operation code";
	out->code = (int)code;
	out->actor = oplog_column(&rest, sep);
	out->time = oplog_time(&rest, sep);
	if (!out->time.text)
		return "no time column";
	out->has_wall = record_time(out->time, &out->wall);
	if (!out->has_wall && record_number(out->time, 0, UINT32_MAX, &seconds))
		out->has_wall = record_encoded_time(seconds, &out->wall);
	for (int i = 0; i < OPLOG_OBJECTS; i++)
		out->objects[i] = oplog_column(&rest, sep);
	return NULL;
}
