/* Dates of the wire, by hand: the load generator writes millions of them. Pure. */
#include "wallclock.h"

#include <ctype.h>
#include <string.h>

static int64_t days_from_civil(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t z, int *y, int *m, int *d)
{
	z += 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = (int)(yoe + era * 400 + (*m <= 2));
}

static bool digits_take(const char **p, const char *end, int count, int *out)
{
	int n = 0;
	if (end - *p < count)
		return false;
	for (int i = 0; i < count; i++) {
		if (!isdigit((unsigned char)(*p)[i]))
			return false;
		n = n * 10 + ((*p)[i] - '0');
	}
	*p += count;
	*out = n;
	return true;
}

static bool char_take(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return false;
	(*p)++;
	return true;
}

static bool time_take(const char **p, const char *end, int *seconds)
{
	int h, m, s;
	if (!digits_take(p, end, 2, &h) || !char_take(p, end, ':') || !digits_take(p, end, 2, &m) ||
		!char_take(p, end, ':') || !digits_take(p, end, 2, &s))
		return false;
	*seconds = h * 3600 + m * 60 + s;
	return h < 24 && m < 60 && s < 61;
}

bool wallclock_parse_http(struct slice date, int64_t *utc)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *p = memchr(date.p ? date.p : "", ' ', date.n);
	const char *end = date.p + date.n;
	int day, year, month = 0, seconds;

	if (!p)
		return false;
	p++;
	if (!digits_take(&p, end, 2, &day) || !char_take(&p, end, ' ') || end - p < 4)
		return false;
	for (int i = 0; i < 12; i++)
		if (memcmp(p, months + i * 3, 3) == 0)
			month = i + 1;
	p += 3;
	if (!month || !char_take(&p, end, ' ') || !digits_take(&p, end, 4, &year) ||
		!char_take(&p, end, ' ') || !time_take(&p, end, &seconds))
		return false;
	*utc = days_from_civil(year, month, day) * 86400 + seconds;
	return slice_is((struct slice){ p, (size_t)(end - p) }, " GMT");
}

bool wallclock_parse(struct slice text, int64_t *wall)
{
	const char *p = text.p, *end = text.p + text.n;
	int y, m, d, seconds = 0;

	if (!digits_take(&p, end, 4, &y) || !char_take(&p, end, '-') ||
		!digits_take(&p, end, 2, &m) || !char_take(&p, end, '-') ||
		!digits_take(&p, end, 2, &d) || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	if (p < end) {
		if (*p != ' ' && *p != 'T')
			return false;
		p++;
		if (!time_take(&p, end, &seconds) || p != end)
			return false;
	}
	*wall = days_from_civil(y, m, d) * 86400 + seconds;
	return true;
}

static void put2(char *at, int n)
{
	at[0] = (char)('0' + n / 10 % 10);
	at[1] = (char)('0' + n % 10);
}

void wallclock_format(int64_t wall, char out[20])
{
	int64_t days = wall >= 0 ? wall / 86400 : (wall - 86399) / 86400;
	int rest = (int)(wall - days * 86400), y, m, d;

	civil_from_days(days, &y, &m, &d);
	memcpy(out, "0000-00-00 00:00:00", 20);
	put2(out, y / 100);
	put2(out + 2, y % 100);
	put2(out + 5, m);
	put2(out + 8, d);
	put2(out + 11, rest / 3600);
	put2(out + 14, rest / 60 % 60);
	put2(out + 17, rest % 60);
}

uint32_t wallclock_stamp(int64_t wall)
{
	int64_t days = wall >= 0 ? wall / 86400 : (wall - 86399) / 86400;
	int y, m, d;

	civil_from_days(days, &y, &m, &d);
	return (uint32_t)((((int64_t)(y - 2000) * 12 + m - 1) * 31 + d - 1) * 86400 +
			  (wall - days * 86400));
}

long wallclock_zone(long timezone)
{
	return timezone > 60 || timezone < -60 ? timezone * 60 : timezone * 3600;
}
