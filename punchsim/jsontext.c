/* JSON wants UTF-8, terminals and tests send whatever they like. */
#include "jsontext.h"

json_t *text_json(struct slice s)
{
	json_t *j = json_stringn(s.p, s.n);
	struct buf b = { 0 };

	if (j)
		return j;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char two[2] = { (char)(0xc0 | c >> 6), (char)(0x80 | (c & 63)) };
		buf_add(&b, c < 128 ? (const char *)&s.p[i] : two, c < 128 ? 1 : 2);
	}
	j = json_stringn(b.data, b.len);
	buf_free(&b);
	return j;
}
