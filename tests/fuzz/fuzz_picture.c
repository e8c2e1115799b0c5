/* Pictures in bodies: the first byte chooses the content type. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char *const types[] = { "multipart/form-data; boundary=cut", "application/json",
	"application/x-www-form-urlencoded", "image/jpeg", "text/plain", NULL };

static void read_again(struct arena *a, const struct picture *p)
{
	struct picture back;
	size_t n;

	if (picture_problem(p))
		return;
	assert(p->n <= PICTURE_MAX);
	assert(picture_decode(a, picture_text(a, p, &n), &back));
	assert(back.n == p->n && memcmp(back.bytes, p->bytes, p->n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct picture p;

	if (n == 0)
		return 0;
	struct arena *a = arena_new();
	const char *type = types[bytes[0] % (sizeof(types) / sizeof(*types))];
	struct picture_error error =
		picture_read(a, type, (const char *)bytes + 1, n - 1, "photo", &p);
	assert(!error.text == (p.members != NULL));
	if (error.text)
		assert(*error.text && (error.status == 400 || error.status == 415) && !p.bytes);
	else
		read_again(a, &p);
	json_decref(p.members);
	arena_free(a);
	return 0;
}
