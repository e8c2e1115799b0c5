/* Cookie headers, and words that permissions are. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rights.h"
#include "session.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void cookie(const char *text)
{
	static const char name[] = "punchd_session";
	size_t n = 0;
	const char *value = session_cookie_find(text, name, &n);

	if (!value)
		return;
	must(value > text + strlen(name) && value + n <= text + strlen(text));
	must(!memchr(value, ';', n) && value[-1] == '=');
}

static void words(const char *text)
{
	struct rights some = { { 0 } }, all = rights_all();

	rights_add(&some, text);
	must(rights_cover(&all, &some));
	if (!strchr(text, ' ') && rights_known(text)) {
		struct rights none = { { 0 } };
		must(!rights_cover(&none, &some));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);

	if (n)
		memcpy(text, data, n);
	text[n] = '\0';
	cookie(text);
	words(text);
	free(text);
	return 0;
}
