/* Time and dates without the C library's time zones. */
#include "clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static _Atomic int64_t fixed_now;

int64_t clock_now(void)
{
	int64_t now = atomic_load_explicit(&fixed_now, memory_order_relaxed);
	if (now)
		return now;
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_ticks(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void clock_fix(int64_t now)
{
	atomic_store_explicit(&fixed_now, now, memory_order_relaxed);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

const char *clock_http_date(void)
{
	static const char weekdays[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	static char text[64];
	static int64_t made_at = INT64_MIN;
	int64_t now = floor_div(clock_now(), 1000000);
	if (now == made_at)
		return text;
	int64_t days = floor_div(now, 86400);
	int second = (int)(now - days * 86400);
	int year, month, day;
	clock_date(days, &year, &month, &day);
	snprintf(text, sizeof(text), "%s, %02d %s %04d %02d:%02d:%02d GMT",
		weekdays[days - floor_div(days, 7) * 7], day, months[month - 1], year,
		second / 3600, second / 60 % 60, second % 60);
	made_at = now;
	return text;
}

/* Years are counted from March, so that the leap day is the last one of its year; an era is the
 * 400 years after which the calendar repeats. 719468 days lie between 0000-03-01 and 1970. */
int64_t clock_days(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

void clock_date(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t m = (5 * day_of_year + 2) / 153;
	*day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static char *digits(char *out, int n, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		out[i] = (char)('0' + n % 10);
		n /= 10;
	}
	return out + width;
}

void clock_format(int64_t us, char out[static 20])
{
	int64_t first = clock_days(0, 1, 1) * 86400, last = clock_days(10000, 1, 1) * 86400 - 1;
	int64_t seconds = floor_div(us, 1000000);
	seconds = seconds < first ? first : seconds > last ? last : seconds;
	int64_t days = floor_div(seconds, 86400);
	int second = (int)(seconds - days * 86400);
	int year, month, day;
	clock_date(days, &year, &month, &day);
	char *c = digits(out, year, 4);
	*c++ = '-';
	c = digits(c, month, 2);
	*c++ = '-';
	c = digits(c, day, 2);
	*c++ = ' ';
	c = digits(c, second / 3600, 2);
	*c++ = ':';
	c = digits(c, second / 60 % 60, 2);
	*c++ = ':';
	c = digits(c, second % 60, 2);
	*c = '\0';
}
