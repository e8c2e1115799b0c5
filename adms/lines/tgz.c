/*
 * zlib unpacks in pieces; a small state machine reads the tar as it comes, so that only the text of
 * files is kept: never the tar.
 */
#include "tgz.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define BLOCK 512
#define PIECE 65536
#define GZIP_ONLY (15 + 16) /* windowBits: no zlib stream, no raw one */

struct unpack {
	char *text;
	size_t len, room;
	size_t seen, max; /* bytes of tar */
	unsigned char head[BLOCK];
	size_t head_n;
	uint64_t left; /* of the file at work */
	size_t padding;
	bool keep; /* it is a regular file */
	size_t begin; /* of it in the text */
	bool ended; /* a block of zeros */
	int files;
	const char *reason;
};

static void text_add(struct unpack *u, const void *bytes, size_t n)
{
	if (!u->text || u->len + n > u->room) {
		size_t room = u->room ? u->room : PIECE;
		while (room < u->len + n)
			room *= 2;
		char *more = realloc(u->text, room);
		if (!more) {
			u->reason = "out of memory";
			return;
		}
		u->text = more;
		u->room = room;
	}
	memcpy(u->text + u->len, bytes, n);
	u->len += n;
}

/* ---- tar ---- */

/* Octal digits, blanks and NULs around them; false on anything else. */
static bool octal_read(const unsigned char *p, size_t n, uint64_t *value)
{
	size_t i = 0;
	*value = 0;
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		*value = *value << 3 | (uint64_t)(p[i] - '0');
	for (; i < n; i++)
		if (p[i] != ' ' && p[i] != 0)
			return false;
	return true;
}

static bool head_is_zero(const unsigned char *head)
{
	for (int i = 0; i < BLOCK; i++)
		if (head[i])
			return false;
	return true;
}

/* The sum of all bytes, the sum's own eight taken as blanks. */
static bool head_sum_fits(const unsigned char *head)
{
	uint64_t said, sum = 0;
	for (int i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : head[i];
	return octal_read(head + 148, 8, &said) && said == sum;
}

static void head_done(struct unpack *u)
{
	u->head_n = 0;
	if (head_is_zero(u->head)) {
		u->ended = true;
		return;
	}
	if (!head_sum_fits(u->head) || !octal_read(u->head + 124, 12, &u->left)) {
		u->reason = "no tar";
		return;
	}
	if (u->left > u->max) {
		u->reason = "too large";
		return;
	}
	if (++u->files > TGZ_MAX_FILES) {
		u->reason = "too many files";
		return;
	}
	unsigned char type = u->head[156];
	u->keep = type == '0' || type == 0 || type == '7';
	u->begin = u->len;
	u->padding = (BLOCK - u->left % BLOCK) % BLOCK;
}

static size_t smaller(size_t a, uint64_t b)
{
	return b < a ? (size_t)b : a;
}

/* Each is a body of its own, which may begin with a byte order mark. */
static void file_end(struct unpack *u)
{
	if (!u->reason && u->len - u->begin >= 3 &&
		memcmp(u->text + u->begin, "\xef\xbb\xbf", 3) == 0) {
		u->len -= 3;
		memmove(u->text + u->begin, u->text + u->begin + 3, u->len - u->begin);
	}
	text_add(u, "\n", 1);
}

/* Takes some of the bytes; how many. */
static size_t tar_take(struct unpack *u, const unsigned char *p, size_t n)
{
	if (u->left > 0) {
		size_t take = smaller(n, u->left);
		if (u->keep)
			text_add(u, p, take);
		u->left -= take;
		if (u->left == 0 && u->keep)
			file_end(u);
		return take;
	}
	if (u->padding > 0) {
		size_t take = smaller(n, u->padding);
		u->padding -= take;
		return take;
	}
	size_t take = smaller(n, BLOCK - u->head_n);
	memcpy(u->head + u->head_n, p, take);
	u->head_n += take;
	if (u->head_n == BLOCK)
		head_done(u);
	return take;
}

static void tar_read(struct unpack *u, const unsigned char *p, size_t n)
{
	u->seen += n;
	if (u->seen > u->max)
		u->reason = "too large";
	while (n > 0 && !u->reason && !u->ended) {
		size_t took = tar_take(u, p, n);
		p += took;
		n -= took;
	}
}

/* ---- gzip ---- */

static void gzip_read(struct unpack *u, z_stream *z)
{
	static _Thread_local unsigned char piece[PIECE];
	int state = Z_OK;
	while (!u->reason && !u->ended && state == Z_OK) {
		z->next_out = piece;
		z->avail_out = sizeof(piece);
		state = inflate(z, Z_NO_FLUSH);
		if (state != Z_OK && state != Z_STREAM_END) {
			u->reason = u->seen ? "cut off" : "no gzip";
			return;
		}
		tar_read(u, piece, sizeof(piece) - z->avail_out);
	}
	if (!u->reason && !u->ended && (u->left > 0 || u->head_n > 0 || u->files == 0))
		u->reason = u->files ? "cut off" : "no tar";
}

const char *tgz_unpack(const void *package, size_t n, size_t max, char **text, size_t *len)
{
	struct unpack u = { .max = max };
	z_stream z = { .next_in = (unsigned char *)package, .avail_in = (unsigned)n };
	*text = NULL;
	*len = 0;
	if (n > UINT32_MAX / 2 || inflateInit2(&z, GZIP_ONLY) != Z_OK)
		return "no gzip";
	gzip_read(&u, &z);
	inflateEnd(&z);
	if (!u.reason && !u.text)
		text_add(&u, "\n", 1); /* nothing in it */
	if (u.reason) {
		free(u.text);
		return u.reason;
	}
	*text = u.text;
	*len = u.len;
	return NULL;
}
