/* Punch photos: bodies, base64, file names. */
#include <stdlib.h>

#include "attphoto.h"
#include "pin.h"

static void check_within(struct span s, const void *bytes, size_t n)
{
	const char *start = bytes;
	if (s.text && (s.text < start || s.text + s.len > start + n))
		abort();
}

static void name_fuzz(struct span name, bool person_id)
{
	struct attphoto_name out;
	attphoto_name(name, person_id, &out);
	check_within(out.whole, name.text, name.len);
	check_within(out.pin, name.text, name.len);
	if (out.pin.text && pin_check_bytes(out.pin.text, out.pin.len))
		abort();
	if (out.whole.len > ATTPHOTO_MAX_NAME || !attphoto_kind_word(out.kind))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct attphoto photo;
	struct span all = { .text = (const char *)bytes, .len = n };
	if (!n)
		return 0;
	name_fuzz(all, false);
	name_fuzz(all, true);
	if (attphoto_read(bytes, n, &photo))
		return 0;
	check_within(photo.picture, bytes, n);
	check_within(photo.name, bytes, n);
	if (!photo.picture.len)
		abort();
	if (photo.name.text)
		name_fuzz(photo.name, false);
	unsigned char *out = malloc(photo.picture.len / 4 * 3 + 3);
	size_t len;
	if (attphoto_decode(photo.picture, out, &len) && len > photo.picture.len / 4 * 3 + 3)
		abort();
	free(out);
	return 0;
}
