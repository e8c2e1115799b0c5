/* Dumps of other databases. The first two bytes choose the separator and the size of the pieces that
 * come: pieces must make no difference. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

struct input {
	const uint8_t *bytes;
	size_t n, at, piece;
};

static ssize_t input_read(void *arg, char *to, size_t room)
{
	struct input *in = arg;
	size_t n = in->n - in->at;
	n = n < room ? n : room;
	n = n < in->piece ? n : in->piece;
	memcpy(to, in->bytes + in->at, n);
	in->at += n;
	return (ssize_t)n;
}

/* A sum over all that was read. */
static uint64_t walk(const uint8_t *bytes, size_t n, char separator, size_t piece)
{
	struct input in = { .bytes = bytes, .n = n, .piece = piece };
	struct csv *c = csv_new(input_read, &in, separator);
	const struct csv_field *f;
	uint64_t sum = 0;
	size_t read = 0;
	int count;
	enum csv_status s;
	while ((s = csv_next(c, &f, &count)) == CSV_RECORD) {
		if (count < 1 || count > CSV_MAX_FIELDS)
			abort();
		for (int i = 0; i < count; i++) {
			if (strlen(f[i].text) != f[i].len)
				abort();
			for (size_t k = 0; k <= f[i].len; k++)
				sum = sum * 31 + (unsigned char)f[i].text[k] + f[i].quoted;
			read += f[i].len;
		}
		sum = sum * 31 + (uint64_t)csv_line(c);
	}
	if (read > n || (s == CSV_BAD) != (csv_error(c) != NULL) || csv_next(c, &f, &count) != s)
		abort();
	csv_free(c);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char separators[] = { 0, ',', ';', '\t' };
	if (n < 2)
		return 0;
	char separator = separators[bytes[0] % 4];
	size_t piece = 1 + bytes[1];
	if (walk(bytes + 2, n - 2, separator, SIZE_MAX) != walk(bytes + 2, n - 2, separator, piece))
		abort();
	return 0;
}
