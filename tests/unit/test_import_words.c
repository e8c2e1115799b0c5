#include "import_words.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static void test_words_in_letters_and_digits_alone(void)
{
	assert(import_word_same("Card No.", "card_no") && import_word_same("C/In", "c in"));
	assert(import_word_same(" EMP-CODE * ", "emp_code"));
	assert(!import_word_same("emp_code2", "emp_code") && !import_word_same("emp", "emp_code"));
	assert(!import_word_same("", "") && !import_word_same("--", "_"));
	assert(import_word_same("Stra\u00dfe", "stra\u00dfe") &&
		!import_word_same("\u5de5\u53f7", ""));
	assert(strcmp(import_word_find(import_words_people, "Employee ID"), "emp_code") == 0);
	assert(!import_word_find(import_words_people, "id") && !import_word_find(NULL, "id"));
	assert(!import_word_find(import_words_people, "emp_id"));
}

static void value_is(const char *member, const char *said, const char *value)
{
	char out[IMPORT_VALUE];

	assert(import_value_read(member, said, out) ? strcmp(out, value) == 0 : !*value);
}

static void test_values(void)
{
	value_is("punch_state", "Overtime Out", "5");
	value_is("punch_state", "C/Out", "1");
	value_is("punch_state", "I", "0");
	value_is("punch_state", "0", "");
	value_is("verify_type", "Face", "15");
	value_is("verify_type", "palm and face and fingerprint", "29");
	value_is("verify_type", "Unknown", "");
	value_is("gender", "female", "F");
	value_is("first_name", "in", "");
}

static void time_is(const char *text, enum import_order order, const char *time)
{
	char out[IMPORT_TIME];

	assert(import_time_read(text, order, out) ? time && strcmp(out, time) == 0 : !time);
}

static void test_times(void)
{
	time_is("2026-11-02", IMPORT_YMD, "2026-11-02");
	time_is("2026/11/2 8:12", IMPORT_YMD, "2026-11-02 08:12:00");
	time_is("2026-11-02T03:00:00Z", IMPORT_DMY, "2026-11-02T03:00:00Z");
	time_is("2026-11-02 03:00:00.123+05:30", IMPORT_MDY, "2026-11-02 03:00:00.123+05:30");
	time_is("02/11/2026", IMPORT_YMD, NULL);
	time_is("02/11/2026", IMPORT_DMY, "2026-11-02");
	time_is("02/11/2026", IMPORT_MDY, "2026-02-11");
	time_is("2.11.26 20:12", IMPORT_DMY, "2026-11-02 20:12:00");
	time_is("2.11.85", IMPORT_DMY, "1985-11-02");
	time_is("2 November 2026 12:05 am", IMPORT_YMD, "2026-11-02 00:05:00");
	time_is("2-nov-26 12:05:59 P.M.", IMPORT_MDY, "2026-11-02 12:05:59");
	time_is("11/2/2026 8:12:00\u202fPM", IMPORT_MDY, "2026-11-02 20:12:00");
	time_is("13/11/2026", IMPORT_MDY, NULL);
	time_is("2026-11-02 13:00 PM", IMPORT_YMD, NULL);
	time_is("2026-11-02 24:00", IMPORT_YMD, NULL);
	time_is("2026-11-02,08:00", IMPORT_YMD, NULL);
	time_is("2026-11-02 8", IMPORT_YMD, NULL);
	time_is("45414.375", IMPORT_DMY, NULL);
	time_is("20261102", IMPORT_YMD, NULL);
	time_is("", IMPORT_DMY, NULL);
	time_is("2026-11-02 08:00:00 and very much more", IMPORT_YMD, NULL);
}

static void test_clocks(void)
{
	char out[IMPORT_TIME];

	assert(import_clock_read("8:05", out) && strcmp(out, "08:05:00") == 0);
	assert(import_clock_read("12:05:07 AM", out) && strcmp(out, "00:05:07") == 0);
	assert(!import_clock_read("2026-11-02 08:00", out) && !import_clock_read("8:5", out));
}

int main(void)
{
	test_words_in_letters_and_digits_alone();
	test_values();
	test_times();
	test_clocks();
	return 0;
}
