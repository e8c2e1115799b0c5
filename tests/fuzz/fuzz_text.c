/* Text of terminals: what is decoded is clean UTF-8; what is encoded keeps its bound. The first
 * byte chooses the encoding. */
#include <stdlib.h>

#include "str.h"
#include "text.h"

static const struct text_encoding encodings[] = {
	{ .language = 69 },
	{ .language = 83 },
	{ .language = 83, .old = true },
	{ .code_page = "CP1251" },
	{ .code_page = "BIG5-HKSCS" },
	{ .code_page = "CP932" },
	{ .code_page = "TCVN" },
	{ .code_page = "GB18030" },
};

static void check_clean(const char *text)
{
	if (!str_is_utf8(text, strlen(text)))
		abort();
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (!n)
		return 0;
	const struct text_encoding *e =
		&encodings[bytes[0] % (sizeof(encodings) / sizeof(*encodings))];
	size_t max = bytes[0] / 8;
	struct arena *a = arena_new();
	const char *text = text_decode(a, (struct span){ (const char *)bytes + 1, n - 1 }, e);
	if (text) {
		check_clean(text);
		size_t encoded, bytes_cut = text_cut_bytes(text, max);
		const char *out = text_encode(a, text, e, max, &encoded);
		if (encoded > max || out[encoded] || bytes_cut > max)
			abort();
		if (!str_is_utf8(text, bytes_cut) || !str_is_utf8(text, text_cut_chars(text, max)))
			abort();
		for (size_t i = 0; i < encoded; i++)
			if ((unsigned char)out[i] < 0x20)
				abort();
	}
	arena_free(a);
	return 0;
}
