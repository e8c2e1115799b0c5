#include "table.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "form.h"

static struct arena *arena;
static struct table table;

static const char *read_text(const char *text)
{
	return table_read(&table, arena, text, strlen(text), NULL);
}

static void test_csv(void)
{
	assert(!read_text("\xef\xbb\xbf"
			  "emp_code, first_name ,x\r\n"
			  "1001,\"Ann, \"\"B\"\"\",\r\n"
			  "\r\n,,\n"
			  "0002,'=1+1,'\uff1d1\n"
			  "3,\"two\nlines\",'quoted"));
	assert(table.ncolumns == 3 && strcmp(table.names[1], "first_name") == 0);
	assert(table.nrows == 3);
	assert(strcmp(table.rows[0][1], "Ann, \"B\"") == 0 && strcmp(table.rows[0][2], "") == 0);
	assert(strcmp(table.rows[1][0], "0002") == 0 && strcmp(table.rows[1][1], "=1+1") == 0);
	assert(strcmp(table.rows[1][2], "\uff1d1") == 0);
	assert(strcmp(table.rows[2][1], "two\nlines") == 0);
	assert(strcmp(table.rows[2][2], "'quoted") == 0);
	assert(table.lines[0] == 2 && table.lines[1] == 5 && table.lines[2] == 6);
}

static void test_separators(void)
{
	assert(!read_text("a;b,c;d\n1;2;3") && table.ncolumns == 3);
	assert(!read_text("a\tb\n1\t2,3,4") && strcmp(table.rows[0][1], "2,3,4") == 0);
	assert(!read_text("\"a,a,a\";b\n") && table.ncolumns == 2 && table.nrows == 0);
}

static enum table_first row_judge(void *arg, const char *const *cells, int n, const char **names)
{
	if (strcmp(cells[0], arg) == 0)
		return TABLE_HEADER;
	if (n < 3)
		return TABLE_TITLE;
	names[0] = "a";
	return TABLE_DATA;
}

static void test_titles_and_no_header(void)
{
	const struct table_judge judge = { row_judge, "key" };
	static const char titled[] = "Punches\n\nof,today\nkey,b,c\n1,2,3\n", bare[] = "1,2,3\n4\n",
			  neither[] = "x,y\n1,2\n", far[] = "1\n2\n3\n4\n5\n6\nkey\n";

	assert(!table_read(&table, arena, titled, sizeof(titled) - 1, &judge));
	assert(table.ncolumns == 3 && table.nrows == 1 && table.lines[0] == 5);
	assert(!table_read(&table, arena, bare, sizeof(bare) - 1, &judge));
	assert(table.ncolumns == 3 && table.nrows == 2 && !*table.names[2]);
	assert(strcmp(table.names[0], "a") == 0 && strcmp(table.rows[1][0], "4") == 0);
	assert(!table_read(&table, arena, neither, sizeof(neither) - 1, &judge));
	assert(table.nrows == 1 && strcmp(table.names[1], "y") == 0);
	assert(!table_read(&table, arena, far, sizeof(far) - 1, &judge) && table.nrows == 6);
}

static void test_what_spreadsheets_write(void)
{
	assert(!table_read(&table, arena,
		"\xff\xfe"
		"a\0\t\0\xfc\0\n\0"
		"1\0",
		12, NULL));
	assert(table.ncolumns == 2 && strcmp(table.names[1], "\u00fc") == 0 && table.nrows == 1);
	assert(!table_read(&table, arena,
		       "\xfe\xff\0a\0\n\0"
		       "1",
		       8, NULL) &&
		table.nrows == 1);
	assert(table_read(&table, arena,
		"\xff\xfe"
		"a\0\0\xd8",
		6, NULL));
	assert(!read_text("\xef\xbb\xbfsep=;\r\na;b\n1;2,5") && table.ncolumns == 2);
	assert(!read_text("sep=x\n1") && strcmp(table.names[0], "sep=x") == 0);
	assert(strstr(read_text("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ".xlsx"));
	assert(strstr(read_text(" \n<table>"), ".xlsx"));
}

static void test_what_is_no_table(void)
{
	static char cell[TABLE_CELL + 16];

	assert(table_read(&table, arena, "", 0, NULL));
	assert(read_text("\n\n"));
	assert(read_text("a\n\"open"));
	assert(read_text("a,b\n\"x\"y,2"));
	assert(read_text("a\n1,2"));
	assert(!read_text("a\n1,,"));
	assert(read_text("a\n\xff"));
	assert(table_read(&table, arena, "a\0b", 3, NULL));
	assert(read_text("PK\3\4 and no more"));
	memset(cell, 'x', sizeof(cell) - 1);
	memcpy(cell, "a\n", 2);
	assert(read_text(cell));
	memcpy(cell, "a\n\"", 3);
	assert(read_text(cell));
}

static void test_dates(void)
{
	const struct table text = { 0 }, book = { .workbook = true },
			   mac = { .workbook = true, .from_1904 = true };
	char date[20];

	assert(!table_date(&text, "45414", false, date));
	assert(table_date(&book, "45414", false, date) && strcmp(date, "2024-05-02") == 0);
	assert(table_date(&book, "45414.374976852", true, date));
	assert(strcmp(date, "2024-05-02 08:59:58") == 0);
	assert(table_date(&mac, "43952", false, date) && strcmp(date, "2024-05-02") == 0);
	assert(!table_date(&book, "2024-05-02", false, date));
	assert(!table_date(&book, "", false, date) && !table_date(&book, ".", false, date));
	assert(!table_date(&book, "1", false, date) && !table_date(&book, "99999999", false, date));
	assert(!table_date(&mac, "2958465", false, date));
}

static void test_file_of_a_form(void)
{
	static const char form[] =
		"--b\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\ngood\r\n"
		"--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"x.csv\"\r\n"
		"Content-Type: text/csv\r\n\r\na\r\n1\r\n\r\n--b--\r\n";
	struct form_file f;
	size_t n = sizeof(form) - 1;

	assert(form_first_file("multipart/form-data; boundary=b", form, n, &f));
	assert(f.n == 6 && memcmp(f.bytes, "a\r\n1\r\n", 6) == 0);
	assert(!form_first_file("multipart/form-data; boundary=c", form, n, &f));
	assert(!form_first_file("multipart/form-data", form, n, &f));
}

int main(void)
{
	arena = arena_new();
	test_csv();
	test_separators();
	test_titles_and_no_header();
	test_what_spreadsheets_write();
	test_what_is_no_table();
	test_dates();
	test_file_of_a_form();
	arena_free(arena);
	return 0;
}
