/* Rows of another database are checked here value by value: a batch must never fail as a whole. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "import.h"
#include "pin.h"

/* ---- values ---- */

static bool digits_read(const char **p, int n, int low, int high, int *out)
{
	int value = 0;
	for (int i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		value = value * 10 + (**p - '0');
	}
	*out = value;
	return value >= low && value <= high;
}

static bool date_read(const char **p)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day;
	if (!digits_read(p, 4, 1900, 2999, &year) || *(*p)++ != '-' ||
		!digits_read(p, 2, 1, 12, &month) || *(*p)++ != '-' ||
		!digits_read(p, 2, 1, days[month - 1], &day))
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month != 2 || day < 29 || leap;
}

/* Nothing, Z, +05, +0530 or +05:30. */
static bool offset_read(const char *p)
{
	int hours, minutes;
	while (*p == ' ')
		p++;
	if (!*p || strcmp(p, "Z") == 0)
		return true;
	if ((*p != '+' && *p != '-') || (p++, !digits_read(&p, 2, 0, 15, &hours)))
		return false;
	if (*p == ':')
		p++;
	return !*p || (digits_read(&p, 2, 0, 59, &minutes) && !*p);
}

static bool time_is_good(const char *text)
{
	int hour, minute, second;
	const char *p = text;
	if (!date_read(&p))
		return false;
	if (!*p)
		return true;
	if ((*p != ' ' && *p != 'T') || (p++, !digits_read(&p, 2, 0, 23, &hour)) || *p++ != ':' ||
		!digits_read(&p, 2, 0, 59, &minute))
		return false;
	if (*p == ':' && (p++, !digits_read(&p, 2, 0, 59, &second)))
		return false;
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	return offset_read(p);
}

/* What comes behind the date in a date column is not looked at. */
static const char *date_clean(struct arena *a, const char *text)
{
	const char *p = text;
	if (!date_read(&p) || (*p && *p != ' ' && *p != 'T'))
		return NULL;
	return arena_memdup(a, text, 10);
}

/* Whole numbers, also as programs write them that know only fractions: 5.0 */
static const char *int_clean(struct arena *a, const char *text, int64_t least, int64_t most)
{
	int64_t n;
	size_t len = strlen(text);
	const char *point = strchr(text, '.');
	if (point && point[1 + strspn(point + 1, "0")] == '\0')
		len = (size_t)(point - text);
	return str_to_intn(text, len, least, most, &n) ? arena_printf(a, "%lld", (long long)n)
						       : NULL;
}

static const char *real_clean(const char *text)
{
	char *end;
	double d = strtod(text, &end);
	return *text && !*end && isfinite(d) && strspn(text, "0123456789.+-eE") == strlen(text)
		       ? text
		       : NULL;
}

static const char *bool_clean(const char *text)
{
	static const char *const words[] = { "t", "true", "1", "y", "yes", "on", "f", "false", "0",
		"n", "no", "off" };
	for (size_t i = 0; i < LEN(words); i++)
		if (str_same_word(text, words[i]))
			return i < LEN(words) / 2 ? "true" : "false";
	return NULL;
}

/* A state or a verify type: one that cannot be read is not 0, which means something. */
static const char *code_clean(
	struct arena *a, const struct import_column *c, const char *text, const char **reason)
{
	const char *number = int_clean(a, text, c->least, c->most);
	if (number)
		return number;
	if (c->kind == K_STATE && (str_same_word(text, "I") || str_same_word(text, "O")))
		return str_same_word(text, "O") ? "1" : "0";
	*reason = arena_printf(a, "%s is not a whole number in range: 255", c->name);
	return "255";
}

/* Where the text has more characters than this: their bytes. */
static size_t text_bytes(const char *text, int64_t most)
{
	size_t i = 0;
	for (; text[i]; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80 && most-- == 0)
			break;
	return i;
}

static const char *pin_trimmed(struct arena *a, const char *text)
{
	text += strspn(text, " \t");
	size_t n = strlen(text);
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	return arena_memdup(a, text, n);
}

static const char *text_clean(
	struct arena *a, const struct import_column *c, const char *text, const char **reason)
{
	size_t keep = text_bytes(text, c->most);
	if (!text[keep])
		return text;
	bool whole = c->flags & (IC_SECRET | IC_NEEDED);
	*reason = arena_printf(a, "%s has more than %lld characters: %s", c->name,
		(long long)c->most, whole ? "left out" : "cut");
	return whole ? NULL : arena_memdup(a, text, keep);
}

bool import_check(struct arena *a, const struct import_column *c, const char *cell,
	const char **clean, const char **reason)
{
	static const char *const wants[] = { [K_INT] = "a whole number in range",
		[K_BOOL] = "true or false",
		[K_REAL] = "a number",
		[K_DATE] = "a date (YYYY-MM-DD)",
		[K_WALL] = "a time (YYYY-MM-DD HH:MM:SS)",
		[K_MOMENT] = "a time (YYYY-MM-DD HH:MM:SS)" };
	*clean = *reason = NULL;
	if (!cell || (!*cell && (c->kind != K_TEXT || (c->flags & IC_NEEDED))))
		return !(c->flags & IC_NEEDED) ||
		       (*reason = arena_printf(a, "%s is empty", c->name), false);
	if (!str_is_utf8(cell, strlen(cell))) {
		*reason = arena_printf(a, "%s is no UTF-8", c->name);
		return false;
	}
	switch (c->kind) {
	case K_PIN:
		cell = pin_trimmed(a, cell);
		*clean = text_clean(a, c, cell, reason);
		return !*reason;
	case K_TEXT:
		*clean = text_clean(a, c, cell, reason);
		return !*reason;
	case K_STATE:
	case K_VERIFY:
		*clean = code_clean(a, c, cell, reason);
		return !*reason;
	case K_INT:
		*clean = int_clean(a, cell, c->least, c->most);
		break;
	case K_BOOL:
		*clean = bool_clean(cell);
		break;
	case K_REAL:
		*clean = real_clean(cell);
		break;
	case K_DATE:
		*clean = date_clean(a, cell);
		break;
	default:
		*clean = time_is_good(cell) ? cell : NULL;
	}
	if (!*clean)
		*reason = arena_printf(a, "%s is not %s", c->name, wants[c->kind]);
	return *clean != NULL;
}

/* ---- rows ---- */

const char *import_cell(const struct import_rows *r, int i, const char *column)
{
	const struct import_column *c = r->table->columns;
	for (int k = 0; c[k].name; k++)
		if (strcmp(c[k].name, column) == 0)
			return r->batch->cells[i * r->batch->columns + k];
	return NULL;
}

/* "id 5, emp_code 1001": what the operator finds the row by. */
static const char *row_name(const struct import_rows *r, int i)
{
	struct str s = str_new(r->arena);
	const struct import_column *c = r->table->columns;
	for (int k = 0; c[k].name; k++) {
		const char *cell = r->batch->cells[i * r->batch->columns + k];
		if ((k == 0 || (c[k].flags & IC_NAME)) && cell && str_is_utf8(cell, strlen(cell)))
			str_addf(&s, "%s%s %.64s", s.len ? ", " : "", c[k].name,
				arena_memdup(r->arena, cell, text_bytes(cell, 16)));
	}
	return str_text(&s);
}

void import_misfit(struct import_rows *r, int i, const char *reason)
{
	if (r->misfits == r->room) {
		int room = r->room ? r->room * 2 : 16;
		const char **rows = arena_array(r->arena, (size_t)room, sizeof(*rows));
		const char **reasons = arena_array(r->arena, (size_t)room, sizeof(*reasons));
		if (r->misfits) {
			memcpy(rows, r->misfit_rows, (size_t)r->misfits * sizeof(*rows));
			memcpy(reasons, r->misfit_reasons, (size_t)r->misfits * sizeof(*reasons));
		}
		r->misfit_rows = rows;
		r->misfit_reasons = reasons;
		r->room = room;
	}
	r->misfit_rows[r->misfits] = row_name(r, i);
	r->misfit_reasons[r->misfits++] = reason;
}

static void json_quote(struct str *s, const char *text)
{
	str_addc(s, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			str_addc(s, '\\');
		if (c < ' ')
			str_addf(s, "\\u%04x", c);
		else
			str_addc(s, *text);
	}
	str_addc(s, '"');
}

/* Why the row cannot be taken at all, beyond what its columns say; NULL: it can. */
static const char *key_reason(const struct import_column *c, const char *value)
{
	if (strcmp(c->name, "emp_code") == 0)
		return pin_check(value, strlen(value));
	if (strcmp(c->name, "sn") == 0 && (c->flags & IC_NEEDED))
		for (const char *p = value; *p; p++)
			if (*p <= ' ' || *p > '~')
				return "the serial number has characters that no terminal sends";
	return NULL;
}

/* One row at the end of the JSON; false when it does not fit: then the JSON is as before. */
static bool row_add(struct import_rows *r, int i)
{
	size_t before = r->json.len;
	const struct import_column *c = r->table->columns;
	str_addf(&r->json, "%s{\"n\":%d", r->n ? "," : "", r->n + 1);
	for (int k = 0; c[k].name; k++) {
		const char **cell = &r->batch->cells[i * r->batch->columns + k];
		const char *clean, *reason;
		import_check(r->arena, &c[k], *cell, &clean, &reason);
		if (clean && !reason && (c[k].flags & IC_NEEDED))
			reason = key_reason(&c[k], clean);
		if (reason)
			import_misfit(r, i, reason);
		if (reason && (c[k].flags & IC_NEEDED)) {
			r->json.len = before;
			r->json.text[before] = '\0';
			return false;
		}
		*cell = clean;
		if (!clean || (c[k].flags & IC_SECRET))
			continue;
		str_addf(&r->json, ",\"%s\":", c[k].name);
		json_quote(&r->json, clean);
	}
	str_addc(&r->json, '}');
	return true;
}

void import_rows_read(struct import_rows *r)
{
	r->json = str_new(r->arena);
	str_addc(&r->json, '[');
	r->places = arena_array(r->arena, (size_t)r->batch->n + 1, sizeof(*r->places));
	for (int i = 0; i < r->batch->n; i++)
		if (row_add(r, i))
			r->places[r->n++] = i;
	str_addc(&r->json, ']');
	r->args[0] = db_text(str_text(&r->json));
	r->nargs = 1;
}
