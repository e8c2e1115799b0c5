/*
 * What the headers and cells of files are called by ZKBio Time, by terminals and by spreadsheets, and
 * how dates are written. Pure; fuzzed.
 */
#ifndef IMPORT_WORDS_H
#define IMPORT_WORDS_H

#include <stdbool.h>

/* In letters and digits alone, without regard to case; tables end with said NULL. */
struct import_word {
	const char *said;
	const char *means;
};

/* "Card No." is card_no. */
bool import_word_same(const char *a, const char *b);

/* NULL: not in the table, or the table is NULL. */
const char *import_word_find(const struct import_word *, const char *said);

/* Headers beside the members' own names. */
extern const struct import_word import_words_people[], import_words_organisation[],
	import_words_punches[];

/* A word that stands for a value of the member, as that value; false: it stands for none. */
enum { IMPORT_VALUE = 16 };
bool import_value_read(const char *member, const char *said, char out[static IMPORT_VALUE]);

/* Which number comes first where the year does not. */
enum import_order { IMPORT_YMD, IMPORT_DMY, IMPORT_MDY };

enum { IMPORT_TIME = 64 };

/* "2/11/2026 8:12 AM" by IMPORT_DMY is "2026-11-02 08:12:00"; what stands behind the time stays. False:
 * it is no such date, or nobody can tell which number is the day. */
bool import_time_read(const char *text, enum import_order, char out[static IMPORT_TIME]);

/* A time of day alone: "8:12 AM" is "08:12:00". */
bool import_clock_read(const char *text, char out[static IMPORT_TIME]);

#endif
