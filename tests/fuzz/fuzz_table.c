/* Files to be imported. The first byte says what the rest is: a file; the XML of a sheet, which is
 * packed into a workbook here because nobody guesses a zip; a multipart form. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "form.h"
#include "import_words.h"
#include "table.h"

/* The longer the first row, the less it is a header. */
static enum table_first row_judge(void *arg, const char *const *cells, int n, const char **names)
{
	names[0] = "emp_code";
	return n < 3 ? TABLE_HEADER : n < 5 ? TABLE_TITLE : TABLE_DATA;
}

static void words_check(const char *cell)
{
	char value[IMPORT_VALUE], time[IMPORT_TIME];

	if (import_value_read("punch_state", cell, value) && strlen(value) > 3)
		abort();
	import_value_read("verify_type", cell, value);
	import_word_find(import_words_people, cell);
	for (enum import_order order = IMPORT_YMD; order <= IMPORT_MDY; order++)
		if (import_time_read(cell, order, time) && strlen(time) < 10)
			abort();
	if (import_clock_read(cell, time) && strlen(time) < 8)
		abort();
}

static void check(const char *bytes, size_t n)
{
	static const struct table_judge judge = { row_judge, NULL };
	struct arena *a = arena_new();
	struct table t;
	const char *problem = table_read(&t, a, bytes, n, n % 2 ? &judge : NULL);
	char date[20];

	if (!problem && (t.ncolumns < 1 || t.ncolumns > TABLE_COLUMNS))
		abort();
	for (int i = 0; !problem && i < t.nrows; i++)
		for (int c = 0; c < t.ncolumns; c++) {
			words_check(t.rows[i][c]);
			if (strlen(t.rows[i][c]) > TABLE_CELL ||
				(table_date(&t, t.rows[i][c], true, date) && strlen(date) != 19))
				abort();
		}
	arena_free(a);
}

static void part_add(zip_t *zip, const char *name, const void *bytes, size_t n)
{
	zip_source_t *source = zip_source_buffer(zip, bytes, n, 0);

	if (!source || zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) < 0)
		abort();
}

/* Stored, not packed: deflate would take most of the time. */
static void sheet_check(const void *sheet, size_t n)
{
	static const char workbook[] = "<workbook xmlns:r='r'><sheets><sheet r:id='a'/></sheets>"
				       "</workbook>",
			  rels[] = "<Relationships><Relationship Id='a' Target='s.xml'/>"
				   "</Relationships>",
			  strings[] = "<sst><si><t>emp_code</t></si><si><t>b</t></si></sst>";
	zip_error_t error;
	zip_stat_t stat;
	zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_t *zip = zip_open_from_source(out, ZIP_TRUNCATE, &error);

	if (!zip)
		abort();
	zip_source_keep(out);
	part_add(zip, "xl/workbook.xml", workbook, sizeof(workbook) - 1);
	part_add(zip, "xl/_rels/workbook.xml.rels", rels, sizeof(rels) - 1);
	part_add(zip, "xl/sharedStrings.xml", strings, sizeof(strings) - 1);
	part_add(zip, "xl/s.xml", sheet, n);
	for (zip_uint64_t i = 0; i < 4; i++)
		zip_set_file_compression(zip, i, ZIP_CM_STORE, 0);
	if (zip_close(zip) != 0 || zip_source_open(out) != 0 || zip_source_stat(out, &stat) != 0)
		abort();
	char *bytes = malloc(stat.size);
	if (zip_source_read(out, bytes, stat.size) != (zip_int64_t)stat.size)
		abort();
	zip_source_close(out);
	zip_source_free(out);
	check(bytes, stat.size);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const char *text = (const char *)bytes + 1;
	struct form_file file;

	if (n < 1)
		return 0;
	if (bytes[0] == 'm') {
		if (form_first_file("multipart/form-data; boundary=b", text, n - 1, &file) &&
			(file.bytes < text || file.bytes + file.n > text + n - 1))
			abort();
	} else if (bytes[0] == 'x') {
		sheet_check(text, n - 1);
	} else {
		check(text, n - 1);
	}
	return 0;
}
