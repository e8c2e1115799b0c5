/* Words of files, and dates. */
#include "import_words.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fatal.h"
#include "punch_row.h"

/* --- words ------------------------------------------------------------------------------------ */

/* The next byte that counts; bytes of other letters than a to z all do. */
static char letter_next(const char **text)
{
	for (; **text; ++*text) {
		char c = **text;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80) {
			++*text;
			return c;
		}
	}
	return '\0';
}

bool import_word_same(const char *a, const char *b)
{
	char c, first = '\0';

	do {
		c = letter_next(&a);
		if (c != letter_next(&b))
			return false;
		if (!first)
			first = c;
	} while (c);
	return first != '\0';
}

const char *import_word_find(const struct import_word *table, const char *said)
{
	for (; table && table->said; table++)
		if (import_word_same(table->said, said))
			return table->means;
	return NULL;
}

/* --- headers ---------------------------------------------------------------------------------- */

/* What all lists call somebody's code. Not "ID" and "Emp ID": those are numbers of rows. */
#define EMPLOYEE_WORDS                                                                             \
	{ "employee id", "emp_code" }, { "employee code", "emp_code" },                            \
		{ "employee no", "emp_code" }, { "employee number", "emp_code" },                  \
		{ "personnel id", "emp_code" }, { "personnel no", "emp_code" },                    \
		{ "person id", "emp_code" }, { "user id", "emp_code" },                            \
		{ "enroll no", "emp_code" }, { "enroll number", "emp_code" },                      \
		{ "ac no", "emp_code" }, { "pin", "emp_code" },

#define DEPARTMENT_WORDS                                                                           \
	{ "department code", "dept_code" }, { "department number", "dept_code" },                  \
		{ "department no", "dept_code" }, { "department name", "dept_name" },              \
		{ "dept", "department" },

const struct import_word import_words_people[] = {
	EMPLOYEE_WORDS DEPARTMENT_WORDS{ "name", "first_name" },
	{ "employee name", "first_name" },
	{ "surname", "last_name" },
	{ "family name", "last_name" },
	{ "given name", "first_name" },
	{ "card", "card_no" },
	{ "card number", "card_no" },
	{ "hired date", "hire_date" },
	{ "hire day", "hire_date" },
	{ "hired day", "hire_date" },
	{ "date of joining", "hire_date" },
	{ "joining date", "hire_date" },
	{ "employment date", "hire_date" },
	{ "date of birth", "birthday" },
	{ "birth date", "birthday" },
	{ "sex", "gender" },
	{ "contact no", "contact_tel" },
	{ "contact number", "contact_tel" },
	{ "telephone", "contact_tel" },
	{ "phone", "contact_tel" },
	{ "office phone", "office_tel" },
	{ "office telephone", "office_tel" },
	{ "mobile no", "mobile" },
	{ "mobile number", "mobile" },
	{ "mobile phone", "mobile" },
	{ "cell phone", "mobile" },
	{ "nationality", "national" },
	{ "zip code", "postcode" },
	{ "postal code", "postcode" },
	{ "email address", "email" },
	{ "device privilege", "dev_privilege" },
	{ "privilege", "dev_privilege" },
	{ "verification mode", "verify_mode" },
	{ "employment type", "emp_type" },
	{ "employee type", "emp_type" },
	{ "enable attendance", "enable_att" },
	{ "location", "area" },
	{ 0 },
};

const struct import_word import_words_organisation[] = {
	DEPARTMENT_WORDS{ "parent department", "parent_dept" },
	{ "parent department code", "parent_dept_code" },
	{ "parent department number", "parent_dept_code" },
	{ "parent department name", "parent_dept_name" },
	{ "superior department", "parent_dept" },
	{ "superior area", "parent_area" },
	{ "superior position", "parent_position" },
	{ "area number", "area_code" },
	{ "position number", "position_code" },
	{ 0 },
};

/* date and clock are the two columns that make punch_time. */
const struct import_word import_words_punches[] = {
	EMPLOYEE_WORDS{ "date", "date" },
	{ "att date", "date" },
	{ "attendance date", "date" },
	{ "punch date", "date" },
	{ "time", "punch_time" },
	{ "date time", "punch_time" },
	{ "date and time", "punch_time" },
	{ "punch date time", "punch_time" },
	{ "check time", "punch_time" },
	{ "clock time", "punch_time" },
	{ "timestamp", "punch_time" },
	{ "state", "punch_state" },
	{ "status", "punch_state" },
	{ "attendance state", "punch_state" },
	{ "attendance status", "punch_state" },
	{ "punch type", "punch_state" },
	{ "check type", "punch_state" },
	{ "in out", "punch_state" },
	{ "verify mode", "verify_type" },
	{ "verify code", "verify_type" },
	{ "verification mode", "verify_type" },
	{ "verification type", "verify_type" },
	{ "verification", "verify_type" },
	{ "serial number", "terminal_sn" },
	{ "device serial number", "terminal_sn" },
	{ "device sn", "terminal_sn" },
	{ "sn", "terminal_sn" },
	{ 0 },
};

/* --- values ----------------------------------------------------------------------------------- */

static const struct import_word genders[] = {
	{ "male", "M" },
	{ "female", "F" },
	{ 0 },
};

/* Of terminals' users, as ZKBio Time shows them. */
static const struct import_word privileges[] = {
	{ "employee", "0" },
	{ "normal user", "0" },
	{ "registrar", "2" },
	{ "system administrator", "6" },
	{ "user defined", "10" },
	{ "super administrator", "14" },
	{ 0 },
};

/* ZKBio Time's, those of its predecessors (C/In), and the letters of their databases. */
static const struct import_word states[] = {
	{ "check in", "0" },
	{ "check out", "1" },
	{ "break out", "2" },
	{ "break in", "3" },
	{ "overtime in", "4" },
	{ "overtime out", "5" },
	{ "ot in", "4" },
	{ "ot out", "5" },
	{ "clock in", "0" },
	{ "clock out", "1" },
	{ "c in", "0" },
	{ "c out", "1" },
	{ "in", "0" },
	{ "out", "1" },
	{ "i", "0" },
	{ "o", "1" },
	{ "unknown", "255" },
	{ 0 },
};

static bool verify_read(const char *said, char out[static IMPORT_VALUE])
{
	for (int i = 0; strcmp(punch_verify_word(i), "Unknown") != 0; i++)
		if (import_word_same(punch_verify_word(i), said)) {
			snprintf(out, IMPORT_VALUE, "%d", i);
			return true;
		}
	return false;
}

bool import_value_read(const char *member, const char *said, char out[static IMPORT_VALUE])
{
	static const struct {
		const char *member;
		const struct import_word *words;
	} members[] = { { "gender", genders }, { "dev_privilege", privileges },
		{ "punch_state", states } };
	const char *value = NULL;

	if (strcmp(member, "verify_type") == 0)
		return verify_read(said, out);
	for (size_t i = 0; i < LEN(members); i++)
		if (strcmp(members[i].member, member) == 0)
			value = import_word_find(members[i].words, said);
	if (value)
		snprintf(out, IMPORT_VALUE, "%s", value);
	return value != NULL;
}

/* --- times of day ----------------------------------------------------------------------------- */

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Up to four digits; false: there are none, or more. */
static bool number_read(const char **text, int *number, int *digits)
{
	*number = 0;
	for (*digits = 0; digit((*text)[*digits]) && *digits < 5; ++*digits)
		*number = *number * 10 + ((*text)[*digits] - '0');
	*text += *digits;
	return *digits >= 1 && *digits <= 4;
}

/* "am", "P.M.", also behind blanks of any kind: 12 hours, or 0; -1: nothing of the sort. */
static int half_read(const char **text)
{
	const char *c = *text + strspn(*text, " ");
	int half;

	if (strncmp(c, "\u00a0", 2) == 0)
		c += 2;
	else if (strncmp(c, "\u202f", 3) == 0)
		c += 3;
	half = *c == 'a' || *c == 'A' ? 0 : *c == 'p' || *c == 'P' ? 12 : -1;
	if (half < 0)
		return -1;
	c++;
	c += strspn(c, ". ");
	if (*c != 'm' && *c != 'M')
		return -1;
	c++;
	*text = c + (*c == '.');
	return half;
}

/* Hours, minutes, seconds if there are any. */
static bool clock_read(const char **text, int *hour, int *minute, int *second)
{
	const char *c = *text;
	int digits, half;

	*second = 0;
	if (!number_read(&c, hour, &digits) || digits > 2 || *c++ != ':' ||
		!number_read(&c, minute, &digits) || digits != 2)
		return false;
	if (*c == ':') {
		c++;
		if (!number_read(&c, second, &digits) || digits != 2)
			return false;
	}
	half = half_read(&c);
	if (half >= 0 && (*hour < 1 || *hour > 12))
		return false;
	if (half >= 0)
		*hour = *hour % 12 + half;
	*text = c;
	return *hour <= 23 && *minute <= 59 && *second <= 59;
}

bool import_clock_read(const char *text, char out[static IMPORT_TIME])
{
	int hour, minute, second;

	if (!clock_read(&text, &hour, &minute, &second) || strlen(text) > 16)
		return false;
	snprintf(out, IMPORT_TIME, "%02d:%02d:%02d%s", hour, minute, second, text);
	return true;
}

/* --- dates ------------------------------------------------------------------------------------ */

struct date {
	int year, month, day;
};

/* "Nov", "november": 11; 0: no month's. */
static int month_read(const char **text)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	size_t n = 0;

	while (((*text)[n] | 0x20) >= 'a' && ((*text)[n] | 0x20) <= 'z')
		n++;
	for (int i = 0; n >= 3 && i < 12; i++)
		if (strncasecmp(names + 3 * i, *text, 3) == 0) {
			*text += n;
			return i + 1;
		}
	return 0;
}

static bool separator_read(const char **text)
{
	return **text && strchr("-/. ", **text) && (*text)++;
}

static int year_of(int number, int digits)
{
	return digits > 2 ? number : number + (number < 70 ? 2000 : 1900);
}

/* Three numbers; the month may be a word. */
static bool date_read(const char **text, enum import_order order, struct date *d)
{
	int a, b, c, na, nb = 2, nc;

	if (!number_read(text, &a, &na) || !separator_read(text))
		return false;
	b = month_read(text);
	bool word = b > 0;
	if ((!word && !number_read(text, &b, &nb)) || !separator_read(text) ||
		!number_read(text, &c, &nc) || nb > 2)
		return false;
	if (na == 4 && nc <= 2)
		*d = (struct date){ a, b, c };
	else if (na > 2 || nc == 3 || nc == 1 || (order == IMPORT_YMD && !word))
		return false;
	else if (order == IMPORT_MDY && !word)
		*d = (struct date){ year_of(c, nc), a, b };
	else
		*d = (struct date){ year_of(c, nc), b, a };
	return d->month >= 1 && d->month <= 12 && d->day >= 1 && d->day <= 31;
}

bool import_time_read(const char *text, enum import_order order, char out[static IMPORT_TIME])
{
	int hour, minute, second;
	struct date d;

	if (!date_read(&text, order, &d))
		return false;
	int n = snprintf(out, IMPORT_TIME, "%04d-%02d-%02d", d.year, d.month, d.day);
	if (*text == '\0')
		return true;
	char between = *text++;
	text += strspn(text, " ");
	if (!strchr(" Tt", between) || !clock_read(&text, &hour, &minute, &second) ||
		strlen(text) > 16)
		return false;
	snprintf(out + n, IMPORT_TIME - (size_t)n, "%c%02d:%02d:%02d%s", between, hour, minute,
		second, text);
	return true;
}
