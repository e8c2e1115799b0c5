/* Names as old firmware writes them. */
#include "encoding.h"

#include <errno.h>
#include <iconv.h>

void encoding_convert(struct buf *out, const char *to, const char *from, struct slice text)
{
	iconv_t cd = iconv_open(to, from);
	char *in = (char *)(uintptr_t)text.p; /* iconv does not write there */
	size_t left = text.n;

	if (cd == (iconv_t)-1)
		die(2, "--encoding: nobody knows %s", to);
	while (left) {
		char piece[512], *at = piece;
		size_t room = sizeof(piece);
		size_t done = iconv(cd, &in, &left, &at, &room);
		buf_add(out, piece, (size_t)(at - piece));
		if (done == (size_t)-1 && errno != E2BIG && left) {
			in++;
			left--;
			/* one mark for all bytes of a character */
			while (left && ((unsigned char)*in & 0xc0) == 0x80) {
				in++;
				left--;
			}
			buf_text(out, "?");
		}
	}
	iconv_close(cd);
}
