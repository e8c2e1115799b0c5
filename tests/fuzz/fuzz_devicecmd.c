/* Command results: spans lie within the body, and reading it ends. */
#include <stdlib.h>

#include "devicecmd.h"

static void check_within(struct span s, const char *body, size_t n)
{
	if (s.text && (s.text < body || s.text + s.len > body + n))
		abort();
}

static void result_check(const struct devicecmd_result *r, const char *body, size_t n)
{
	check_within(r->id, body, n);
	check_within(r->cmd, body, n);
	check_within(r->sn, body, n);
	check_within(r->content, body, n);
	check_within(r->head, body, n);
	check_within(devicecmd_field(r, "FILENAME"), body, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const char *body = (const char *)bytes;
	struct devicecmd d = devicecmd_start(body, n);
	struct devicecmd_result r;
	size_t count = 0;
	while (devicecmd_next(&d, &r)) {
		if (++count > n)
			abort();
		result_check(&r, body, n);
	}
	if (n && devicecmd_query((struct span){ body, n }, &r))
		result_check(&r, body, n);
	return 0;
}
