/* See moment.h. */
#include "moment.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

#define SECOND INT64_C(1000000)

enum { PLACES = 6, OFFSET_HOURS = 15 /* the widest that PostgreSQL takes */ };

static int64_t seconds_of(int64_t us)
{
	return us / SECOND - (us % SECOND < 0);
}

/* Exactly n digits as a number; -1 when they are not there. */
static int digits(const char *text, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (!isdigit((unsigned char)text[i]))
			return -1;
		value = value * 10 + text[i] - '0';
	}
	return value;
}

/* The date at the start of the text. */
static bool date_read(const char *text, int64_t *days)
{
	int year = digits(text, 4), month, day, y, m, d;

	if (year < 1 || text[4] != '-' || (month = digits(text + 5, 2)) < 1 || month > 12 ||
		text[7] != '-' || (day = digits(text + 8, 2)) < 1 || day > 31)
		return false;
	*days = clock_days(year, month, day);
	clock_date(*days, &y, &m, &d);
	return y == year && m == month && d == day;
}

bool moment_date(const char *text, char out[static 16])
{
	int64_t days;

	if (!date_read(text, &days) || text[10])
		return false;
	memcpy(out, text, 11);
	return true;
}

/* The rest of the text from where a zone may stand. */
static bool zone_read(const char *text, struct moment *m)
{
	bool blank = *text == ' ';
	int hours, minutes = 0, sign = 1;

	text += blank;
	if (!*text)
		return !blank;
	m->zoned = true;
	if (*text == 'Z' || *text == 'z')
		return !text[1];
	if (*text == '+' || *text == '-')
		sign = *text++ == '-' ? -1 : 1;
	else if (!blank)
		return false;
	if ((hours = digits(text, 2)) < 0 || hours > OFFSET_HOURS)
		return false;
	text += 2;
	if (*text) {
		text += *text == ':';
		if ((minutes = digits(text, 2)) < 0 || minutes > 59 || text[2])
			return false;
	}
	m->offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* Microseconds of ".f..."; what follows is at *text afterwards. */
static int64_t fraction_read(const char **text, int *places)
{
	const char *c = *text;
	int64_t us = 0;
	int n = 0;

	if (*c != '.' || !isdigit((unsigned char)c[1]))
		return 0;
	for (c++; isdigit((unsigned char)*c); c++)
		if (n < PLACES) {
			us = us * 10 + *c - '0';
			n++;
		}
	*text = c;
	*places = n;
	for (; n < PLACES; n++)
		us *= 10;
	return us;
}

bool moment_read(const char *text, struct moment *m)
{
	int64_t days;
	int hour, minute, second = 0;

	*m = (struct moment){ 0 };
	if (!date_read(text, &days))
		return false;
	m->wall = days * 86400 * SECOND;
	const char *rest = text + 10;
	if (!*rest)
		return true;
	if ((*rest != ' ' && *rest != 'T' && *rest != 't') || (hour = digits(rest + 1, 2)) < 0 ||
		hour > 23 || rest[3] != ':' || (minute = digits(rest + 4, 2)) < 0 || minute > 59)
		return false;
	rest += 6;
	if (*rest == ':') {
		if ((second = digits(rest + 1, 2)) < 0 || second > 59)
			return false;
		rest += 3;
		m->wall += fraction_read(&rest, &m->places);
	}
	m->wall += (hour * 3600 + minute * 60 + second) * SECOND;
	return zone_read(rest, m);
}

void moment_print(const struct moment *m, const struct zone *zone, char out[static 32])
{
	int64_t first = clock_days(1, 1, 1) * 86400 * SECOND;
	int64_t last = clock_days(10000, 1, 1) * 86400 * SECOND - 1, wall = m->wall;
	char fraction[8];

	if (m->zoned) {
		wall -= m->offset * SECOND;
		wall += zone_offset_at(zone, seconds_of(wall)) * SECOND;
		wall = wall < first ? first : wall > last ? last : wall;
	}
	clock_format(wall, out);
	if (!m->places)
		return;
	snprintf(fraction, sizeof(fraction), ".%06d", (int)(wall - seconds_of(wall) * SECOND));
	snprintf(out + 19, 13, "%.*s", m->places + 1, fraction);
}

bool moment_wall(const char *text, const struct zone *zone, char out[static 32])
{
	struct moment m;

	if (!moment_read(text, &m))
		return false;
	moment_print(&m, zone, out);
	return true;
}
