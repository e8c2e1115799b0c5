/* CSV and tab-separated text. */
#include "report_file.h"

#include <string.h>

#include "errors.h"
#include "fatal.h"

static const struct report_file files[] = {
	{ "text/csv", "csv", ',' },
	{ "text/plain", "txt", '\t' },
};

const struct report_file *report_file_read(struct req *r)
{
	const char *type = req_param(r, "export_type");

	if (!type || !*type) {
		error_field(r, "export_type", "This field is required.");
		return NULL;
	}
	for (size_t i = 0; i < LEN(files); i++)
		if (str_same_word(type, files[i].ending))
			return &files[i];
	if (!str_is_utf8(type, strlen(type)) || strlen(type) > 100)
		type = "";
	error_field(r, "export_type",
		arena_printf(req_arena(r), "\"%s\" is not a valid choice.", type));
	return NULL;
}

void report_file_named(struct req *r, const struct report_file *f, const char *name)
{
	req_add_header(r, "Content-Disposition",
		arena_printf(req_arena(r), "attachment; filename=\"%s.%s\"", name, f->ending));
}

void report_file_text(struct out *o, const struct report_file *f, bool first, const char *text)
{
	csv_text(o, f->separator, first, text);
}

void report_file_number(struct out *o, const struct report_file *f, bool first, int64_t n)
{
	csv_raw(o, f->separator, first, "", 0);
	out_int(o, n);
}

void report_file_end_row(struct out *o)
{
	csv_end(o);
}

bool report_file_word(const char **list, const char **word, size_t *n)
{
	if (!*list || !**list)
		return false;
	*word = *list + strspn(*list, " ");
	size_t len = strcspn(*word, ",");
	for (*n = len; *n > 0 && (*word)[*n - 1] == ' ';)
		--*n;
	*list = *word + len + ((*word)[len] == ',');
	return true;
}

static bool param_given(struct req *r, const char *name)
{
	const char *value = req_param(r, name);
	return value && *value;
}

bool report_file_is_whole(struct req *r)
{
	return !param_given(r, "page_size") && !param_given(r, "limit");
}
