/* CSV as RFC 4180 has it, and as other programs write it. */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "fatal.h"

struct input {
	const char *text;
	size_t n, at, piece; /* bytes at a time */
};

static ssize_t input_read(void *arg, char *to, size_t room)
{
	struct input *in = arg;
	size_t n = in->n - in->at;
	n = n < room ? n : room;
	n = in->piece && n > in->piece ? in->piece : n;
	memcpy(to, in->text + in->at, n);
	in->at += n;
	return (ssize_t)n;
}

/* "a|b;c;!error": fields with | behind, records with ; behind; quoted fields in brackets. */
static void shows(const char *text, size_t n, char separator, const char *wanted)
{
	for (size_t piece = 0; piece < 3; piece++) {
		struct input in = { .text = text, .n = n, .piece = piece };
		struct csv *c = csv_new(input_read, &in, separator);
		const struct csv_field *f;
		char got[512] = "";
		int count;
		enum csv_status s;
		while ((s = csv_next(c, &f, &count)) == CSV_RECORD) {
			for (int i = 0; i < count; i++) {
				assert(strlen(f[i].text) == f[i].len);
				snprintf(got + strlen(got), sizeof(got) - strlen(got),
					f[i].quoted ? "[%s]|" : "%s|", f[i].text);
			}
			strcat(got, ";");
		}
		if (s == CSV_BAD)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "!%lld %s",
				(long long)csv_line(c), csv_error(c));
		assert(csv_next(c, &f, &count) == s);
		if (strcmp(got, wanted) != 0) {
			fprintf(stderr, "%s\ngave   %s\nwanted %s\n", text, got, wanted);
			abort();
		}
		csv_free(c);
	}
}

static void test_records(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "", "" },
		{ "a", "a|;" },
		{ "a,b\nc,d\n", "a|b|;c|d|;" },
		{ "a,b\r\nc,d", "a|b|;c|d|;" },
		{ "a\rb\r", "a|;b|;" },
		{ "\n\r\na\n\n\nb\n", "a|;b|;" },
		{ ",\n", "||;" },
		{ "\"\"\n", "[]|;" },
		{ "a,\"\",,x\n", "a|[]||x|;" },
		{ "\"a,b\",\"c\r\nd\"\n", "[a,b]|[c\r\nd]|;" },
		{ "\"he said \"\"no\"\"\"\n", "[he said \"no\"]|;" },
		{ "5\" pipe,x\n", "5\" pipe|x|;" },
		{ "\xef\xbb\xbfid,n\n1,2", "id|n|;1|2|;" },
		{ "\xef\xbb\xbf", "" },
		{ "a\n\"b", "a|;!2 a quote is not closed" },
		{ "\"a\nb\"\n\"x\"y\n", "[a\nb]|;!3 something stands behind a closing quote" },
	};
	for (size_t i = 0; i < LEN(cases); i++)
		shows(cases[i].text, strlen(cases[i].text), ',', cases[i].wanted);
	shows("a\0b\n", 4, ',', "!1 NUL byte (UTF-16? save it as UTF-8)");
}

static void test_the_separator_is_guessed_by_the_first_line(void)
{
	shows("a;b\n1,5;2\n", 10, 0, "a|b|;1,5|2|;");
	shows("a\tb\n", 4, 0, "a|b|;");
	shows("a,b;c,d\n", 8, 0, "a|b;c|d|;");
	shows("\"a,b,c\";d\n", 10, 0, "[a,b,c]|d|;");
	shows("alone\n", 6, 0, "alone|;");
	shows("\r\nTitle\r\n\r\na;b,c;d\r\n", 20, 0, "Title|;a|b,c|d|;");
	shows("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk;l\n", 24, 0, "a|;b|;c|;d|;e|;f|;g|;h|;i|;j|;k;l|;");
}

static void test_too_many_fields(void)
{
	char text[CSV_MAX_FIELDS + 2];
	memset(text, ',', sizeof(text));
	struct input in = { .text = text, .n = CSV_MAX_FIELDS - 1 };
	struct csv *c = csv_new(input_read, &in, ',');
	const struct csv_field *f;
	int n;
	assert(csv_next(c, &f, &n) == CSV_RECORD && n == CSV_MAX_FIELDS);
	csv_free(c);
	in = (struct input){ .text = text, .n = sizeof(text) };
	c = csv_new(input_read, &in, ',');
	assert(csv_next(c, &f, &n) == CSV_BAD && strcmp(csv_error(c), "too many fields") == 0);
	csv_free(c);
}

static void test_a_record_has_an_end(void)
{
	size_t n = CSV_MAX_RECORD + 2;
	char *text = malloc(n);
	memset(text, 'x', n);
	struct input in = { .text = text, .n = n };
	struct csv *c = csv_new(input_read, &in, ',');
	const struct csv_field *f;
	int count;
	assert(csv_next(c, &f, &count) == CSV_BAD);
	assert(strcmp(csv_error(c), "record too long") == 0);
	csv_free(c);
	free(text);
}

static ssize_t broken(void *arg, char *to, size_t room)
{
	return -1;
}

static void test_what_cannot_be_read(void)
{
	const struct csv_field *f;
	int n;
	struct csv *c = csv_new(broken, NULL, ',');
	assert(csv_next(c, &f, &n) == CSV_BAD && strcmp(csv_error(c), "cannot be read") == 0);
	csv_free(c);
}

int main(void)
{
	test_records();
	test_the_separator_is_guessed_by_the_first_line();
	test_too_many_fields();
	test_a_record_has_an_end();
	test_what_cannot_be_read();
	return 0;
}
