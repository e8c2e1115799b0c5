/* Dates against the C library's own, and the texts made of them. */
#include <assert.h>
#include <string.h>
#include <time.h>

#include "clock.h"

static void test_days_and_back(void)
{
	assert(clock_days(1970, 1, 1) == 0);
	assert(clock_days(2000, 2, 29) == 11016);
	assert(clock_days(1969, 12, 31) == -1);
	int before = 0;
	for (int64_t days = -800000; days < 3000000; days += 13) {
		int year, month, day;
		clock_date(days, &year, &month, &day);
		assert(clock_days(year, month, day) == days);
		assert(month >= 1 && month <= 12 && day >= 1 && day <= 31);
		assert(days == -800000 || year >= before);
		before = year;
		time_t seconds = (time_t)days * 86400;
		struct tm tm;
		gmtime_r(&seconds, &tm);
		assert(tm.tm_year + 1900 == year && tm.tm_mon + 1 == month && tm.tm_mday == day);
	}
}

static void test_format(void)
{
	char text[20];
	clock_format(0, text);
	assert(strcmp(text, "1970-01-01 00:00:00") == 0);
	clock_format(-1, text);
	assert(strcmp(text, "1969-12-31 23:59:59") == 0);
	clock_format(1424361130LL * 1000000 + 999999, text);
	assert(strcmp(text, "2015-02-19 15:52:10") == 0);
	clock_format(INT64_MAX, text);
	assert(strcmp(text, "9999-12-31 23:59:59") == 0);
	clock_format(INT64_MIN, text);
	assert(strcmp(text, "0000-01-01 00:00:00") == 0);
}

static void test_http_date(void)
{
	clock_fix(1424361130LL * 1000000 + 5);
	assert(clock_now() == 1424361130000005LL);
	assert(strcmp(clock_http_date(), "Thu, 19 Feb 2015 15:52:10 GMT") == 0);
	clock_fix(1425168000LL * 1000000);
	assert(strcmp(clock_http_date(), "Sun, 01 Mar 2015 00:00:00 GMT") == 0);
	clock_fix(0);
	assert(clock_now() > 1500000000LL * 1000000);
	int64_t ticks = clock_ticks();
	assert(clock_ticks() >= ticks);
}

int main(void)
{
	test_days_and_back();
	test_format();
	test_http_date();
	return 0;
}
