#include "book.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "table.h"
#include "unzip.h"

static bool xml_take(void *xml, const char *bytes, size_t n)
{
	str_addn(xml, bytes, n);
	return true;
}

/* What is written as cells is read back as such. */
static void test_rows_come_back(void)
{
	struct book *b = book_new("/tmp");
	struct arena *a = arena_new();
	struct table t;
	struct out o;
	char *file;

	out_init(&o);
	cells_text(&o, CELLS_BOOK, true, "emp_code");
	cells_text(&o, CELLS_BOOK, false, "n");
	cells_text(&o, CELLS_BOOK, false, "x");
	cells_end(&o, CELLS_BOOK);
	assert(book_write(b, o.bytes, o.len));
	out_reset(&o);
	cells_text(&o, CELLS_BOOK, true, "=1+1");
	cells_number(&o, CELLS_BOOK, false, 42);
	cells_text(&o, CELLS_BOOK, false, "a<b>&\"\xef\xbf\xbf");
	cells_end(&o, CELLS_BOOK);
	cells_text(&o, CELLS_BOOK, true, NULL);
	cells_raw(&o, CELLS_BOOK, false, "36.5", 4);
	cells_text(&o, CELLS_BOOK, false, "");
	cells_end(&o, CELLS_BOOK);
	assert(book_write(b, o.bytes, o.len));
	int64_t size = book_close(b);
	assert(size > 0 && !book_is_full(b));
	file = malloc((size_t)size);
	assert(book_read(b, file, (size_t)size) == size && book_read(b, file, 0) == 0);
	assert(!table_read(&t, a, file, (size_t)size, NULL));
	assert(t.workbook && t.ncolumns == 3 && t.nrows == 2);
	assert(strcmp(t.rows[0][0], "=1+1") == 0 && strcmp(t.rows[0][1], "42") == 0);
	assert(strcmp(t.rows[0][2], "a<b>&\"\xef\xbf\xbd") == 0);
	assert(strcmp(t.rows[1][0], "") == 0 && strcmp(t.rows[1][1], "36.5") == 0);
	free(file);
	out_free(&o);
	book_free(b);
	arena_free(a);
}

/* One row more than a sheet holds: the second sheet has the header again, and that row. */
static void test_second_sheet(void)
{
	struct book *b = book_new("/tmp");
	struct arena *a = arena_new();
	struct out o;
	char *file;
	const char *why;

	out_init(&o);
	for (int i = 0; i <= BOOK_ROWS; i++) {
		cells_number(&o, CELLS_BOOK, true, i);
		cells_end(&o, CELLS_BOOK);
		if (o.len > 1 << 20) {
			assert(book_write(b, o.bytes, o.len));
			out_reset(&o);
		}
	}
	assert(book_write(b, o.bytes, o.len));
	int64_t size = book_close(b);
	assert(size > 0);
	file = malloc((size_t)size);
	assert(book_read(b, file, (size_t)size) == size);
	struct unzip *zip = unzip_open(file, (size_t)size, 1 << 30, &why);
	assert(zip && unzip_find(zip, "xl/worksheets/sheet1.xml") >= 0);
	assert(unzip_find(zip, "xl/worksheets/sheet3.xml") < 0);
	int64_t second = unzip_find(zip, "xl/worksheets/sheet2.xml");
	struct str xml = str_new(a);
	assert(second >= 0 && unzip_read(zip, second, xml_take, &xml, &why));
	assert(strstr(str_text(&xml), "<c r=\"A1\"><v>0</v></c>"));
	assert(strstr(str_text(&xml), "<c r=\"A2\"><v>1048576</v></c>"));
	assert(!strstr(str_text(&xml), "<c r=\"A3\""));
	unzip_close(zip);
	free(file);
	out_free(&o);
	book_free(b);
	arena_free(a);
}

static void test_no_room(void)
{
	struct book *b = book_new("/nowhere/at/all");
	struct out o;

	out_init(&o);
	cells_end(&o, CELLS_BOOK);
	assert(!book_write(b, o.bytes, o.len));
	assert(book_close(b) == -1);
	out_free(&o);
	book_free(b);
}

int main(void)
{
	test_rows_come_back();
	test_second_sheet();
	test_no_room();
	return 0;
}
