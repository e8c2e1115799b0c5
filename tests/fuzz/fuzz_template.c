/* Addresses of photos, and template lines of any content: what is built is one line with exactly
 * the columns of its form. */
#include <stdlib.h>
#include <string.h>

#include "dialect_template.h"
#include "photo.h"

static const struct {
	const char *form;
	enum template_variant variant;
	int columns; /* TABs */
} forms[] = {
	{ "FP", TEMPLATE_AS_GIVEN, 4 },
	{ "FINGERTMP", TEMPLATE_BYTES, 4 },
	{ "FACE", TEMPLATE_TEXT, 4 },
	{ "FVEIN", TEMPLATE_AS_GIVEN, 5 },
	{ "BIODATA", TEMPLATE_AS_GIVEN, 9 },
	{ "BIOPHOTO", TEMPLATE_URL, 3 },
	{ "BIOPHOTO", TEMPLATE_TEXT, 6 }, /* or 7, with a file name */
	{ "USERPIC", TEMPLATE_BYTES, 2 },
};

static void check_line(const struct str *s, int columns)
{
	int tabs = 0;
	for (size_t i = 0; i < s->len; i++) {
		unsigned char c = (unsigned char)s->text[i];
		if (c == '\t')
			tabs++;
		else if (c < 0x20 || c == 0x7f)
			abort();
	}
	if (tabs != columns && !(columns == 6 && tabs == 7))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *a = arena_new();
	char *text = arena_memdup(a, bytes, n);
	struct photo_token token;
	if (photo_token_read(text, &token) &&
		(token.photo < 0 || token.terminal < 0 || strlen(token.hash) != 68))
		abort();
	size_t half = strnlen(text, n);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct str s = str_new(a);
		struct dialect_template t = { .form = forms[i].form,
			.variant = forms[i].variant,
			.pin = text,
			.size = text,
			.url = text,
			.content = { text + half, n - half } };
		if (!dialect_template_write(&s, &t))
			abort();
		check_line(&s, forms[i].columns);
	}
	arena_free(a);
	return 0;
}
